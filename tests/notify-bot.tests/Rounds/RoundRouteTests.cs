using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Contracts;
using Notify.Testing;
using Notify.Tests.Callers;
using Notify.Tests.SendApi;

namespace Notify.Tests.Rounds;

/// <summary>What the bot takes at <c>/rounds</c>, from whom, and what it costs.</summary>
public sealed class RoundRouteTests(People people) : IClassFixture<People>
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly string Started = WireJson.Time(Now);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_round_counts_for_its_caller_and_the_answer_says_whether_the_bot_watches()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        await using var dana = scene.As(people.Dana);

        var first = await alice.PostAsync("/rounds", new { started = Started, took_ms = 5 }, Cancellation);
        var second = await alice.PostAsync(
            "/rounds",
            JsonSerializer.SerializeToElement(
                new RoundCall
                {
                    Started = Now,
                    TookMs = 2140,
                    EveryS = 300,
                    NextRound = Now.AddMinutes(5),
                    Scripts =
                    [
                        new RoundScript("a.py", "no_alert"),
                        new RoundScript("b.py", "memory", DateTimeOffset.UnixEpoch),
                        new RoundScript("c.py"),
                    ],
                },
                RoundsContract.Json.RoundCall
            ),
            Cancellation
        );
        var unlinked = await dana.PostAsync(
            "/rounds",
            new
            {
                started = Started,
                took_ms = 5,
                every_s = 60,
            },
            Cancellation
        );

        // Without a distance of rounds there is no telling when one is missing.
        Assert.Equal("""{"ok":true,"linked":true,"watched":false}""", first.Body);
        Assert.Equal("""{"ok":true,"linked":true,"watched":true}""", second.Body);
        Assert.Equal("""{"ok":true,"linked":false,"watched":false}""", unlinked.Body);
    }

    [Fact]
    public async Task The_watch_is_read_and_switched_for_oneself_alone()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        await using var bob = scene.As(people.Bob);
        Assert.Equal("""{"on":true,"stopped":false}""", (await alice.GetAsync("/watch", Cancellation)).Body);
        await alice.PostAsync(
            "/rounds",
            new
            {
                started = Started,
                took_ms = 0,
                every_s = 3600,
            },
            Cancellation
        );

        var off = await PutAsync(alice, new { on = false });
        Assert.Equal(
            (false, 10800.0, false),
            (
                off.GetProperty("on").GetBoolean(),
                off.GetProperty("silence_s").GetDouble(),
                off.GetProperty("stopped").GetBoolean()
            )
        );
        Assert.Equal(Started, off.GetProperty("last_round").GetString());
        Assert.True((await PutAsync(bob, new { on = true })).GetProperty("on").GetBoolean());
        Assert.False((await alice.GetAsync("/watch", Cancellation)).Json.GetProperty("on").GetBoolean());
        Assert.Equal(
            403,
            (await alice.PutAsync("/watch", new { user = people.Bob.Name, on = false }, Cancellation)).Status
        );
        Assert.Equal(400, (await alice.PutAsync("/watch", new { }, Cancellation)).Status);

        async Task<JsonElement> PutAsync(AccountCaller caller, object body)
        {
            var answer = await caller.PutAsync("/watch", body, Cancellation);
            Assert.True(answer.Status == 200, answer.ToString());
            return answer.Json;
        }
    }

    [Fact]
    public async Task Nobody_reports_or_ends_the_rounds_of_another_user()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        await using var dana = scene.As(people.Dana);
        var bob = people.Bob.Name;

        foreach (var caller in new[] { alice, dana })
        {
            var named = await caller.PostAsync(
                "/rounds",
                new
                {
                    user = bob,
                    started = Started,
                    took_ms = 5,
                },
                Cancellation
            );
            var asked = await caller.PostAsync(
                $"/rounds?user={bob}",
                new { started = Started, took_ms = 5 },
                Cancellation
            );
            Assert.Equal((403, 403), (named.Status, asked.Status));
            Assert.Contains(bob, named.Error, StringComparison.Ordinal);
        }

        var own = await alice.PostAsync(
            "/rounds",
            new
            {
                user = people.Alice.Name,
                started = Started,
                took_ms = 5,
            },
            Cancellation
        );
        Assert.Equal(200, own.Status);
    }

    [Fact]
    public async Task A_wrong_field_is_named()
    {
        await using var scene = await ApiScene.BeginAsync();
        (string Body, string Words)[] cases =
        [
            ("[]", "not a JSON object"),
            ("{", "not JSON"),
            ("{}", "'started' is missing"),
            ("""{"started":7}""", "'started' is not a string"),
            ("""{"started":"yesterday"}""", "'started' is not a time"),
            ("""{"started":"2026-02-03T07:15:00"}""", "'started' is not a time"),
            ("""{"started":"2026-02-30T07:15:00Z"}""", "'started' is not a time"),
            ("""{"started":"0001-01-01T00:00:00Z"}""", "'started' is over 8 days from the bot's time"),
            ("""{"started":"9999-12-31T23:59:59Z"}""", "'started' is over 8 days from the bot's time"),
            ("""{"started":"0001-01-01T00:00:00+14:00"}""", "'started' is not a time"),
            ("""{"started":"2026-02-03T07:15:00Z","took_ms":"1"}""", "'took_ms' is not a number"),
            ("""{"started":"2026-02-03T07:15:00Z","took_ms":-1}""", "'took_ms' is not a whole number from 0"),
            ("""{"started":"2026-02-03T07:15:00Z","took_ms":1.5}""", "'took_ms' is not a whole number"),
            ("""{"started":"2026-02-03T07:15:00Z","took_ms":1e400}""", "'took_ms' is not a whole number"),
            ("""{"started":"2026-02-03T07:15:00Z","every_s":0}""", "'every_s' is not a whole number from 1 to 2678400"),
            ("""{"started":"2026-02-03T07:15:00Z","every_s":2678401}""", "'every_s' is not a whole number"),
            ("""{"started":"2026-02-03T07:15:00Z","next_round":"soon"}""", "'next_round' is not a time"),
            (
                """{"started":"2026-02-03T07:15:00Z","next_round":"9999-12-31T23:59:59Z"}""",
                "'next_round' is over 400 days from 'started'"
            ),
            (
                """{"started":"2026-02-03T07:15:00Z","next_round":"0001-01-01T00:00:00Z"}""",
                "'next_round' is over 400 days from 'started'"
            ),
            ("""{"started":"2026-02-03T07:15:00Z","scripts":{}}""", "'scripts' is not a list"),
            ("""{"started":"2026-02-03T07:15:00Z","scripts":["a.py"]}""", "'scripts' holds something else"),
            ("""{"started":"2026-02-03T07:15:00Z","scripts":[{}]}""", "'name' is not the file name"),
            ("""{"started":"2026-02-03T07:15:00Z","scripts":[{"name":"../a.py"}]}""", "'name' is not the file name"),
            (
                """{"started":"2026-02-03T07:15:00Z","scripts":[{"name":"a.py","outcome":"No alert"}]}""",
                "'outcome' is not a word"
            ),
            (
                """{"started":"2026-02-03T07:15:00Z","scripts":[{"name":"a.py","next_due":"x"}]}""",
                "'next_due' is not a time"
            ),
        ];

        foreach (var (body, words) in cases)
        {
            var sent = body.Replace("2026-02-03T07:15:00Z", Started, StringComparison.Ordinal);
            (await scene.SendJsonAsync(sent, "/rounds")).AssertRefused(400, words, sent);
        }
    }

    [Fact]
    public async Task Times_with_an_offset_whole_numbers_of_any_form_and_unknown_fields_are_taken()
    {
        await using var scene = await ApiScene.BeginAsync();
        var offset = Now.ToOffset(TimeSpan.FromHours(1))
            .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture);

        foreach (
            var body in new[]
            {
                $$"""{"started":"{{offset}}","took_ms":null,"later":[{"version":2}]}""",
                $$"""{"started":"{{Started}}","took_ms":2.0e3,"every_s":60,"scripts":[]}""",
                $$"""{"started":"{{Started}}","took_ms":604800000,"next_round":"{{WireJson.Time(Now.AddDays(399))}}"}""",
                $$"""{"started":"{{WireJson.Time(Now.AddDays(-7))}}","took_ms":604800000,"every_s":2678400}""",
            }
        )
        {
            Assert.Equal(200, (await scene.SendJsonAsync(body, "/rounds")).Status);
        }
    }

    [Fact]
    public async Task A_round_has_at_most_500_scripts_and_256_kB()
    {
        await using var scene = await ApiScene.BeginAsync();
        static string Round(int scripts, int pad) =>
            JsonSerializer.Serialize(
                new
                {
                    started = Started,
                    scripts = Enumerable.Range(0, scripts).Select(i => new { name = $"s{i}.py" }),
                    pad = new string('x', pad),
                }
            );

        Assert.Equal(200, (await scene.SendJsonAsync(Round(500, 200_000), "/rounds")).Status);
        (await scene.SendJsonAsync(Round(501, 0), "/rounds")).AssertRefused(400, "over 500 scripts");
        (await scene.SendJsonAsync(Round(1, 256_000), "/rounds")).AssertRefused(413, "over 256000 bytes");
    }

    [Fact]
    public async Task A_flood_of_rounds_is_counted_and_written_once_a_minute_at_most()
    {
        await using var scene = await ApiScene.BeginAsync();
        var body = Encoding.UTF8.GetBytes($$"""{"started":"{{Started}}","took_ms":40,"every_s":60}""");
        var file = Path.Combine(scene.Bot.Data, "private", "rounds.json");
        var inodes = new HashSet<ulong>();

        for (var i = 0; i < 50; i++)
        {
            var answers = await Task.WhenAll(
                Enumerable.Range(0, 20).Select(_ => scene.SendBytesAsync(body, "/rounds"))
            );
            Assert.All(answers, answer => Assert.Equal(200, answer.Status));
            if (File.Exists(file))
            {
                inodes.Add(Posix.FileStatus.OfPath(file)!.Value.Inode);
            }
        }

        Assert.InRange(inodes.Count, 0, 3);
        var metrics = (await scene.AskAsync(HttpMethod.Get, "/metrics")).Body;
        Assert.Contains("notify_rounds_total 1000\n", metrics, StringComparison.Ordinal);
        Assert.Contains("notify_round_seconds_bucket{le=\"1\"} 1000\n", metrics, StringComparison.Ordinal);
        Assert.Contains("notify_round_seconds_sum 40\n", metrics, StringComparison.Ordinal);
        Assert.Contains("notify_users_overdue 0\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DELETE_ends_the_watch_until_the_next_round()
    {
        await using var scene = await CallerScene.BeginAsync(people);
        await using var alice = scene.As(people.Alice);
        var round = new
        {
            started = Started,
            took_ms = 5,
            every_s = 60,
        };

        var nothing = await alice.AskAsync("DELETE", "/rounds", null, null, Cancellation);
        await alice.PostAsync("/rounds", round, Cancellation);
        var ended = await alice.AskAsync("DELETE", "/rounds", null, null, Cancellation);
        var again = await alice.PostAsync("/rounds", round, Cancellation);

        Assert.Equal("""{"ok":true,"linked":true,"watched":false}""", nothing.Body);
        Assert.Equal("""{"ok":true,"linked":true,"watched":false}""", ended.Body);
        Assert.Equal("""{"ok":true,"linked":true,"watched":true}""", again.Body);
    }
}
