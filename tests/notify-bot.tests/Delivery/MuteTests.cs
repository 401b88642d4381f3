using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>Mutes of everything by command, and of a script from the dashboard. The history keeps what is muted.</summary>
public sealed class MuteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_muted_user_gets_nothing_and_finds_it_in_history_and_status_until_unmute()
    {
        await using var scene = await ApiScene.BeginAsync();

        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(2);
        var said = (await scene.Bot.AskAsync(ApiScene.Dana, "/mute 2h")).Text;
        Assert.StartsWith("Muted until ", said, StringComparison.Ordinal);
        Assert.InRange(
            DateTimeOffset.ParseExact(
                said["Muted until ".Length..].Split(" UTC")[0],
                "yyyy-MM-dd HH:mm",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal
            ),
            until - TimeSpan.FromMinutes(2),
            until + TimeSpan.FromMinutes(2)
        );
        var before = await scene.DanasPhone();
        AssertMuted(
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "held back",
                    script = "revenue.py",
                }
            )
        );
        AssertMuted(
            await scene.SendPhotoAsync(
                TestPictures.Png(640, 360),
                ("user", "dana"),
                ("caption", "held back with its chart")
            )
        );
        (await scene.SendAsync(new { user = "omar", text = "for omar" })).AssertDelivered();

        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();
        AssertMuted(await scene.SendAsync(new { user = "dana", text = "held back after a restart" }));
        Assert.Equal(before.Count, (await scene.DanasPhone()).Count);
        var history = (await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana"))
            .Json.GetProperty("notifications")
            .EnumerateArray()
            .ToArray();
        Assert.Equal(3, history.Length);
        Assert.All(history, n => Assert.Equal("muted", n.GetProperty("state").GetString()));
        Assert.Equal(
            200,
            (
                await scene.AskAsync(
                    HttpMethod.Get,
                    $"/images/{history[1].GetProperty("image_id").GetString()}?user=dana"
                )
            ).Status
        );
        var status = (await scene.Bot.AskAsync(ApiScene.Dana, "/status")).Text;
        Assert.Contains(
            said.Split(". ")[0] + ". Send /unmute to end all mutes.\n3 muted in the last 24 hours.",
            status,
            StringComparison.Ordinal
        );

        Assert.StartsWith(
            "Nothing is muted any more.",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/unmute")).Text,
            StringComparison.Ordinal
        );
        (await scene.SendAsync(new { user = "dana", text = "heard again" })).AssertDelivered();
        Assert.DoesNotContain(await scene.DanasPhone(), m => m.Text.StartsWith("held back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Status_counts_all_that_was_muted_and_finds_failures_behind_it()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Bot.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = "Bad Request: TOPIC_CLOSED",
                Times = 5,
            },
            Cancellation
        );
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal(502, (await scene.SendAsync(new { user = "dana", text = $"refused {i}" })).Status);
        }

        await scene.Bot.AskAsync(ApiScene.Dana, "/mute");
        for (var i = 0; i < 230; i++)
        {
            AssertMuted(await scene.SendAsync(new { user = "dana", text = $"muted {i}" }));
        }

        var status = (await scene.Bot.AskAsync(ApiScene.Dana, "/status")).Text;
        Assert.Contains("\n230 muted in the last 24 hours.\nFailed: refused 5 (", status, StringComparison.Ordinal);
        Assert.Contains("Failed: refused 3 (", status, StringComparison.Ordinal);
        Assert.Contains("\n... and 2 more queued or failed", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mute_alone_lasts_until_unmute()
    {
        await using var scene = await ApiScene.BeginAsync();

        Assert.StartsWith(
            "Muted until you send /unmute.",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/mute")).Text,
            StringComparison.Ordinal
        );

        AssertMuted(await scene.SendAsync(new { user = "dana", text = "held back" }));
        Assert.StartsWith(
            "Muted until you send /unmute.\n1 muted",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/status")).Text,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("2")]
    [InlineData("0m")]
    [InlineData("-1h")]
    [InlineData("9999d")]
    public async Task A_length_that_is_none_mutes_nothing_and_is_answered_with_examples(string length)
    {
        await using var scene = await ApiScene.BeginAsync();

        Assert.Contains(
            "/mute 30m",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/mute " + length)).Text,
            StringComparison.Ordinal
        );

        (await scene.SendAsync(new { user = "dana", text = "heard" })).AssertDelivered();
    }

    [Fact]
    public async Task A_group_and_a_stranger_mute_nothing()
    {
        await using var scene = await ApiScene.BeginAsync();
        var group = await scene.Phone.AddGroupAsync("Team", [ApiScene.Dana], Cancellation);
        var stranger = await scene.Phone.AddStartedPersonAsync("Stranger", Cancellation);
        await scene.Bot.OperateAsync("link", "team", "--chat", group.ToString(CultureInfo.InvariantCulture));
        await scene.Phone.WaitForBotMessagesAsync(group, 1, Cancellation);

        Assert.Contains("private chat", (await scene.Bot.AskAsync(group, "/mute")).Text, StringComparison.Ordinal);
        Assert.Equal("Use /start to link your account.", (await scene.Bot.AskAsync(stranger, "/mute")).Text);

        (await scene.SendAsync(new { user = "team", text = "heard" })).AssertDelivered();
    }

    [Fact]
    public async Task A_muted_send_says_until_when_and_all_mutes_can_be_asked_for()
    {
        await using var scene = await ApiScene.BeginAsync();
        Assert.Equal("""{"scripts":[]}""", (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana")).Body);
        var until = (
            await scene.AskAsync(
                HttpMethod.Post,
                "/scripts/revenue.py/mute?user=dana",
                JsonContent.Create(new Dictionary<string, string>(StringComparer.Ordinal) { ["for"] = "2h" })
            )
        )
            .Json.GetProperty("muted_until")
            .GetString();

        var first = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "m",
                script = "revenue.py",
                key = "k",
            }
        );
        var again = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "m",
                script = "revenue.py",
                key = "k",
            }
        );
        var heard = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "m",
                script = "other.py",
            }
        );

        Assert.Equal(
            ("queued", until),
            (first.Json.GetProperty("status").GetString(), first.Json.GetProperty("muted_until").GetString())
        );
        Assert.False(first.Json.TryGetProperty("repeated", out _));
        Assert.Equal(
            (until, true),
            (again.Json.GetProperty("muted_until").GetString(), again.Json.GetProperty("repeated").GetBoolean())
        );
        heard.AssertDelivered();
        Assert.False(heard.Json.TryGetProperty("muted_until", out _));
        Assert.Equal(
            $$"""{"scripts":[{"stem":"revenue","muted_until":"{{until}}"}]}""",
            (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana")).Body
        );

        await scene.Bot.AskAsync(ApiScene.Dana, "/mute");
        Assert.Equal(
            "9999-12-31T23:59:59Z",
            (await scene.AskAsync(HttpMethod.Get, "/mutes?user=dana")).Json.GetProperty("muted_until").GetString()
        );
        Assert.Equal("""{"scripts":[]}""", (await scene.AskAsync(HttpMethod.Get, "/mutes?user=omar")).Body);
    }

    [Fact]
    public async Task The_dashboard_mutes_a_script_and_ends_it_and_a_restart_does_not()
    {
        await using var scene = await ApiScene.BeginAsync();

        var before = TimeProvider.System.GetUtcNow();
        var muted = await PostAsync(scene, "/scripts/revenue.py/mute?user=dana", new { @for = "1h" });
        Assert.True(muted.Status == 200, muted.ToString());
        Assert.InRange(
            muted.Json.GetProperty("muted_until").GetDateTimeOffset() - before,
            TimeSpan.FromMinutes(59),
            TimeSpan.FromMinutes(62)
        );
        AssertMuted(
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "held back",
                    script = "revenue.py",
                }
            )
        );
        await scene.Bot.Bot.StopAsync(Cancellation);
        await scene.Bot.StartBotAsync();
        AssertMuted(
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "held back",
                    script = "revenue.py",
                }
            )
        );

        var ended = await PostAsync(scene, "/scripts/revenue.py/mute?user=dana", new { @for = (string?)null });
        Assert.Equal("""{"ok":true}""", ended.Body);
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "heard",
                    script = "revenue.py",
                }
            )
        ).AssertDelivered();

        (await PostAsync(scene, "/scripts/revenue.py/mute?user=dana", new { @for = "soon" })).AssertRefused(
            400,
            "Field 'for'"
        );
        (await PostAsync(scene, "/scripts/revenue.py/mute?user=dana", new { @for = "0m" })).AssertRefused(
            400,
            "Field 'for'"
        );
        (await PostAsync(scene, "/scripts/revenue.py/mute?user=dana", new { @for = 1 })).AssertRefused(
            400,
            "Field 'for'"
        );
        (await PostAsync(scene, "/scripts/-x/mute?user=dana", new { @for = "1h" })).AssertRefused(
            400,
            "name of a script"
        );
    }

    private static async Task<ApiAnswer> PostAsync(ApiScene scene, string path, object body)
    {
        using var content = JsonContent.Create(body);
        return await scene.AskAsync(HttpMethod.Post, path, content);
    }

    private static void AssertMuted(ApiAnswer answer)
    {
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal("queued", answer.Json.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.String, answer.Json.GetProperty("id").ValueKind);
        Assert.Equal("""{"telegram":"muted"}""", answer.Json.GetProperty("channels").GetRawText());
    }
}
