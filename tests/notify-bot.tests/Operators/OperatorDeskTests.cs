using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Operators;

/// <summary>What operators see and do. The tests' own user is root, who is an operator.</summary>
public sealed class OperatorDeskTests
{
    private const string Mark = "quokka-4711";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_answer_holds_anything_of_a_text_a_chart_or_a_file()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                ChatId = ApiScene.Omar,
                Status = 400,
                Body = $$"""{"ok":false,"error_code":400,"description":"Bad Request: can't parse {{Mark}}"}""",
            }
        );
        await scene.FaultAsync(Faults.FloodWait(3000) with { ChatId = ApiScene.Dana, Method = null });
        foreach (var user in new[] { "dana", "omar" })
        {
            var sent = await scene.SendFormAsync(
                [($"{Mark}.csv", "a,b"u8.ToArray())],
                [TestPictures.Png(64, 48)],
                ("user", user),
                ("title", $"Title {Mark}"),
                ("text", $"Text {Mark}"),
                ("script", "stock_levels.py"),
                ("key", Mark),
                ("wait", "0")
            );
            Assert.True(sent.Status == 200, sent.ToString());
        }

        await UntilAsync(scene, "/operator/failed", failed => failed.GetProperty("failures").GetArrayLength() == 1);
        await UntilAsync(
            scene,
            "/operator/queue",
            queue => queue.GetProperty("users").EnumerateArray().Any(user => user.TryGetProperty("reason", out _))
        );
        var answers = new List<ApiAnswer>();
        foreach (var call in Bot.Operators.OperatorApi.Calls.OrderBy(call => call.Method, StringComparer.Ordinal))
        {
            answers.AddRange([
                await scene.AskAsync(
                    new HttpMethod(call.Method),
                    "/operator" + call.Path.Replace("{user}", "dana", StringComparison.Ordinal)
                ),
                await scene.AskAsync(
                    new HttpMethod(call.Method),
                    "/operator" + call.Path.Replace("{user}", "omar", StringComparison.Ordinal)
                ),
            ]);
        }

        answers.Add(await scene.AskAsync(HttpMethod.Get, "/operator/audit"));
        Assert.All(answers, answer => Assert.InRange(answer.Status, 200, 409));
        Assert.Contains(answers, answer => answer.Body.Contains("stock_levels.py", StringComparison.Ordinal));
        Assert.Contains(answers, answer => answer.Body.Contains("rate limited", StringComparison.Ordinal));
        Assert.All(answers, answer => Assert.DoesNotContain(Mark, answer.Body, StringComparison.Ordinal));
        Assert.All(answers, answer => Assert.DoesNotContain("Title", answer.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_list_of_users_says_who_is_linked_dead_waits_fails_and_what_scripts_fail()
    {
        await using var scene = await ApiScene.BeginAsync(
            links: $$$"""
            {
              "dana": {"chat_id": {{{ApiScene.Dana}}}, "linked_at": "2026-01-05T09:00:00Z"},
              "omar": {"chat_id": {{{ApiScene.Omar}}}, "linked_at": "2026-01-06T09:00:00Z", "dead": {"reason": "blocked", "since": "2026-02-01T08:00:00Z"}}
            }
            """
        );
        await scene.FaultAsync(Faults.FloodWait(3000) with { ChatId = ApiScene.Dana });
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = "waits",
                wait = 0,
            }
        );
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = "waits too",
                wait = 0,
            }
        );
        await PostRoundAsync(scene, ("stock_levels.py", "error"), ("fine.py", "no_alert"), ("weekly.py", null));

        var users = (await UsersAsync(scene, "")).ToDictionary(user => user.GetProperty("user").GetString()!);

        Assert.Equal("2026-01-05T09:00:00Z", users["dana"].GetProperty("linked_at").GetString());
        Assert.Equal(2, users["dana"].GetProperty("waiting").GetInt32());
        Assert.False(users["dana"].TryGetProperty("dead", out _));
        Assert.Equal("blocked", users["omar"].GetProperty("dead").GetString());
        Assert.Equal("2026-02-01T08:00:00Z", users["omar"].GetProperty("dead_since").GetString());
        Assert.Equal(3, users["root"].GetProperty("scripts").GetInt32());
        Assert.Equal("""["stock_levels.py"]""", users["root"].GetProperty("failing").GetRawText());
        Assert.True(users["root"].TryGetProperty("last_round", out _));
        Assert.Equal(["omar"], await NamesAsync(scene, "?only=dead"));
        Assert.Equal(["root"], await NamesAsync(scene, "?only=failing"));
        Assert.Contains("root", await NamesAsync(scene, "?only=unlinked"));
        Assert.DoesNotContain("dana", await NamesAsync(scene, "?only=unlinked"));
        Assert.Equal(["dana"], await NamesAsync(scene, "?q=DAN"));
        (await scene.AskAsync(HttpMethod.Get, "/operator/users?only=rich")).AssertRefused(400, "'only' is none of");

        // A script that was not due still fails; one that ran well does not.
        await PostRoundAsync(scene, ("stock_levels.py", null), ("fine.py", null));
        Assert.Equal(["root"], await NamesAsync(scene, "?only=failing"));
        await PostRoundAsync(scene, ("stock_levels.py", "no_alert"), ("fine.py", null));
        Assert.Empty(await NamesAsync(scene, "?only=failing"));
    }

    [Fact]
    public async Task The_queue_is_tried_at_once_when_an_operator_says_so()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(Faults.FloodWait(2) with { ChatId = ApiScene.Dana, Times = 1 });
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = "late",
                wait = 0,
            }
        );
        await UntilAsync(scene, "/operator/queue", queue => queue.GetProperty("users").GetArrayLength() == 1);

        var answer = await ActAsync(scene, "/operator/queue/dana/retry");

        Assert.Contains("1 waiting notification of dana", answer, StringComparison.Ordinal);
        await UntilAsync(scene, "/operator/queue", queue => queue.GetProperty("users").GetArrayLength() == 0);
        Assert.Equal(["late"], (await scene.DanasPhone()).Select(message => message.Text));
        (await scene.AskAsync(HttpMethod.Post, "/operator/queue/dana/retry")).AssertRefused(409, "waits");
    }

    [Theory]
    [InlineData("flood")]
    [InlineData("outage")]
    public async Task What_is_dropped_fails_with_its_reason_and_is_never_sent(string trouble)
    {
        await using var scene = await ApiScene.BeginAsync();
        if (trouble == "flood")
        {
            await scene.FaultAsync(Faults.FloodWait(3000) with { ChatId = ApiScene.Dana });
        }
        else
        {
            await scene.Phone.BeginOutageAsync(Cancellation);
            await scene.Bot.Bot.WaitForHealthAsync(health => BotScene.Telegram(health) != "ok", Cancellation);
        }

        for (var i = 0; i < 5; i++)
        {
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = $"dropped {i}",
                    wait = 0,
                }
            );
        }

        await scene.SendAsync(
            new
            {
                user = "omar",
                text = "stays",
                wait = 0,
            }
        );
        var said = await ActAsync(scene, "/operator/queue/dana/drop");

        Assert.Contains("Dropped 5 waiting notifications of dana", said, StringComparison.Ordinal);
        Assert.All(
            await scene.HistoryAsync("dana"),
            one =>
                Assert.Equal(
                    ("failed", "dropped by an operator"),
                    (one.GetProperty("state").GetString(), one.GetProperty("reason").GetString())
                )
        );
        await scene.Phone.ClearFaultsAsync(Cancellation);
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Omar, 1, Cancellation);
        await scene.SendAsync(new { user = "dana", text = "after" });
        Assert.Equal(["after"], (await scene.DanasPhone()).Select(message => message.Text));
        Assert.Equal(5, (await GetAsync(scene, "/operator/failed")).GetProperty("failures").GetArrayLength());
    }

    [Fact]
    public async Task A_test_message_arrives_and_its_fate_is_said()
    {
        await using var scene = await ApiScene.BeginAsync();

        Assert.Equal("The test message to dana was delivered.", await ActAsync(scene, "/operator/users/dana/test"));
        Assert.Contains("root sent this", Assert.Single(await scene.DanasPhone()).Text, StringComparison.Ordinal);

        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                ChatId = ApiScene.Omar,
                Status = 403,
                Body = """{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}""",
            }
        );
        Assert.Contains(
            "not delivered (blocked)",
            await ActAsync(scene, "/operator/users/omar/test"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "takes no messages (blocked)",
            await ActAsync(scene, "/operator/users/omar/test"),
            StringComparison.Ordinal
        );
        (await scene.AskAsync(HttpMethod.Post, "/operator/users/nobody-linked/test")).AssertRefused(404, "no linked");
    }

    [Fact]
    public async Task Each_act_is_in_the_audit_and_in_the_log_with_who_did_it()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(Faults.FloodWait(3000) with { ChatId = ApiScene.Omar });
        await scene.SendAsync(
            new
            {
                user = "omar",
                text = "waits",
                wait = 0,
            }
        );
        var expected = new List<(string Act, string? User, string Detail)>();
        foreach (
            var (act, user, path) in new[]
            {
                ("test", "dana", "/operator/users/dana/test"),
                ("retry", "omar", "/operator/queue/omar/retry"),
                ("drop", "omar", "/operator/queue/omar/drop"),
                ("unlink", "dana", "/operator/users/dana/unlink"),
            }
        )
        {
            expected.Insert(0, (act, user, await ActAsync(scene, path)));
        }

        // What there was nothing to do for is no act.
        (await scene.AskAsync(HttpMethod.Post, "/operator/users/dana/unlink")).AssertRefused(409, "dana has no link");

        var acts = (await GetAsync(scene, "/operator/audit")).GetProperty("acts").EnumerateArray().ToList();
        Assert.Equal(
            expected,
            acts.Select(act =>
                (
                    act.GetProperty("act").GetString()!,
                    act.GetProperty("user").GetString(),
                    act.GetProperty("detail").GetString()!
                )
            )
        );
        Assert.All(acts, act => Assert.Equal("root", act.GetProperty("by").GetString()));
        Assert.All(
            expected,
            act =>
                Assert.Contains(
                    $"Operator root: {act.Act} {act.User}. {act.Detail}",
                    scene.Bot.Log,
                    StringComparison.Ordinal
                )
        );
        var second = acts[1].GetProperty("number").GetInt64();
        Assert.Equal(
            acts[2].GetRawText(),
            (await GetAsync(scene, $"/operator/audit?limit=1&before={second}")).GetProperty("acts")[0].GetRawText()
        );

        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();
        Assert.Equal(4, (await GetAsync(scene, "/operator/audit")).GetProperty("acts").GetArrayLength());
    }

    [Fact]
    public async Task Health_says_what_doctor_says_and_how_full_the_disk_is()
    {
        await using var scene = await ApiScene.BeginAsync();

        var health = await GetAsync(scene, "/operator/health");

        Assert.Equal("ok", health.GetProperty("health").GetProperty("status").GetString());
        Assert.InRange(
            health.GetProperty("disk_free_bytes").GetInt64(),
            1,
            health.GetProperty("disk_bytes").GetInt64()
        );
        var checks = health
            .GetProperty("checks")
            .EnumerateArray()
            .ToLookup(check => check.GetProperty("name").GetString());
        foreach (var fine in new[] { "bot", "disk", "private folder", "links" })
        {
            Assert.True(Assert.Single(checks[fine]).GetProperty("ok").GetBoolean(), fine);
        }

        // The tests' folder has another mode than a server's.
        Assert.Contains(
            checks["folder"],
            check => check.GetProperty("advice").GetString()!.StartsWith("chmod 2770", StringComparison.Ordinal)
        );
    }

    /// <summary>The sentence of an act that is done.</summary>
    internal static async Task<string> ActAsync(ApiScene scene, string path)
    {
        var answer = await scene.AskAsync(HttpMethod.Post, path);
        Assert.True(answer.Status == 200, answer.ToString());
        return answer.Json.GetProperty("said").GetString()!;
    }

    internal static async Task<JsonElement> GetAsync(ApiScene scene, string path)
    {
        var answer = await scene.AskAsync(HttpMethod.Get, path);
        Assert.True(answer.Status == 200, answer.ToString());
        return answer.Json;
    }

    private static Task UntilAsync(ApiScene scene, string path, Func<JsonElement, bool> wanted) =>
        Eventually.TrueAsync(
            async () => wanted(await GetAsync(scene, path)),
            () => $"{path} is not as wanted; the log: {scene.Bot.Log}",
            Cancellation
        );

    private static async Task<IReadOnlyList<JsonElement>> UsersAsync(ApiScene scene, string query) =>
        [.. (await GetAsync(scene, $"/operator/users{query}")).GetProperty("users").EnumerateArray()];

    private static async Task<IEnumerable<string?>> NamesAsync(ApiScene scene, string query) =>
        (await UsersAsync(scene, query)).Select(user => user.GetProperty("user").GetString());

    private static async Task PostRoundAsync(ApiScene scene, params (string Name, string? Outcome)[] scripts)
    {
        var answer = await scene.SendJsonAsync(
            JsonSerializer.Serialize(
                new
                {
                    started = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
                    took_ms = 1200,
                    scripts = scripts.Select(script => new { name = script.Name, outcome = script.Outcome }),
                }
            ),
            "/rounds"
        );
        Assert.True(answer.Status == 200, answer.ToString());
    }
}
