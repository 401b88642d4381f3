using System.Net;
using System.Text.RegularExpressions;
using Notify.Contracts;
using Notify.Runs;
using Notify.Testing;
using Notify.Web.Page;

namespace Notify.Tests.Page;

/// <summary>The list of scripts, and the page of one: what runs, when, how well; all of it works without the page's scripts.</summary>
public sealed partial class ScriptPagesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task What_fails_comes_first_and_a_filter_of_the_address_counts_and_finds()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.AddRange([
            ScriptsScene.Script("a_fine"),
            ScriptsScene.Script("b_muted") with
            {
                MutedUntil = TimeProvider.System.GetUtcNow().AddHours(1),
            },
            ScriptsScene.Script("c_broken", ScriptOutcome.Error, "exit status 1"),
        ]);

        var all = await scene.GetAsync("/scripts");
        Assert.Equal(["c_broken.py", "a_fine.py", "b_muted.py"], Names(all.Body));
        Assert.Matches("Failing <span class=\"count\">1</span>", all.Body);
        Assert.Matches("Muted <span class=\"count\">1</span>", all.Body);
        Assert.Matches("All <span class=\"count\">3</span>", all.Body);

        Assert.Equal(["c_broken.py"], Names((await scene.GetAsync("/scripts?only=failing")).Body));
        Assert.Equal(["b_muted.py"], Names((await scene.GetAsync("/scripts?only=muted")).Body));
        Assert.Equal(["a_fine.py"], Names((await scene.GetAsync("/scripts?q=FINE")).Body));
        Assert.Equal(["a_fine.py"], Names((await scene.GetAsync("/fragments/scripts?q=FINE")).Body));

        var none = await scene.GetAsync("/scripts?q=%3Cb%3E&only=muted");
        Assert.Empty(Names(none.Body));
        Assert.Contains("No script’s name has “<bdi>&lt;b&gt;</bdi>”", none.Body, StringComparison.Ordinal);
        Assert.Contains("Show all scripts", none.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_has_a_strip_of_the_last_runs_that_is_read_in_words_too()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(ScriptsScene.Script("sales") with { LastRuns = "nnddcmee" });
        scene.Scripts.Add(ScriptsScene.Script("without"));

        var page = await scene.GetAsync("/scripts");

        Assert.Contains(scene.Bot.Calls, call => call.Contains("last_runs=1", StringComparison.Ordinal));
        Assert.Single(page.Body.Split("<svg class=\"strip\"")[1..]);
        Assert.Contains(
            "aria-label=\"Last 8 runs: 2 failed, 3 with an alert, 3 without; the last 2 failed\"",
            page.Body,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "<path class=\"bad\" d=\"M190 20v-20h4v20zM195 20v-20h4v20z\"",
            page.Body,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_long_list_has_pages_and_asks_the_bot_once_for_each()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.AddRange(Enumerable.Range(100, 120).Select(n => ScriptsScene.Script($"s{n}")));

        var first = await scene.GetAsync("/scripts");
        Assert.Single(scene.Bot.Calls, call => call.Contains("/scripts", StringComparison.Ordinal));
        Assert.Equal(50, Names(first.Body).Count);
        Assert.Contains("Page 1 of 3", first.Body, StringComparison.Ordinal);
        Assert.Contains("href=\"/scripts?page=2\"", first.Body, StringComparison.Ordinal);

        var last = await scene.GetAsync("/scripts?page=99");
        Assert.Equal(20, Names(last.Body).Count);
        Assert.Equal("s219.py", Names(last.Body)[^1]);
        Assert.Contains("href=\"/scripts?page=2\"", last.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_says_since_when_it_fails_and_a_failed_run_has_its_last_lines()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(ScriptsScene.Script("stock", ScriptOutcome.Error, "exit status 1\nKeyError: '<sku>'"));
        scene.Runs.AddRange([
            ScriptsScene.Run(Noon, RecordedOutcome.Error, "exit status 1", "KeyError: '<sku>'"),
            ScriptsScene.Run(Noon.AddMinutes(-5), RecordedOutcome.TimedOut, "It ran longer than 60 s."),
            ScriptsScene.Run(Noon.AddMinutes(-10)) with
            {
                PeakMb = 1200,
                Trigger = RunTrigger.Dashboard,
                Notification = "abc1",
            },
        ]);

        var page = await scene.GetAsync("/scripts/stock.py");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Matches("Failing</span>\\s+<span>since <time datetime=\"2026-11-24T11:55:00Z\"", page.Body);
        Assert.Contains("for 2 runs", page.Body, StringComparison.Ordinal);
        Assert.Contains("KeyError: &#x27;&lt;sku&gt;&#x27;", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("<sku>", page.Body, StringComparison.Ordinal);
        Assert.Contains("Stopped at its time limit", page.Body, StringComparison.Ordinal);
        Assert.Contains("by you, on the dashboard", page.Body, StringComparison.Ordinal);
        Assert.Contains("1,200 MB", page.Body, StringComparison.Ordinal);
        Assert.Contains("href=\"/notifications/abc1\"", page.Body, StringComparison.Ordinal);
        Assert.Contains("Time taken by the last 3 runs", page.Body, StringComparison.Ordinal);
        Assert.Contains("2 failed, marked below the axis", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("style=", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_says_in_words_how_it_is_set()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(
            ScriptsScene.Script("weekly") with
            {
                Schedule = "Mondays 09:00",
                NextAt = Noon,
                Settings = new ScriptSettingsAnswer(
                    "6h",
                    600,
                    512L << 20,
                    2,
                    true,
                    "Europe/Prague",
                    [Noon, Noon.AddDays(7), Noon.AddDays(14)]
                ),
            }
        );

        var page = await scene.GetAsync("/scripts/weekly.py");

        Assert.Contains("<dt>Runs</dt><dd>Mondays 09:00</dd>", page.Body, StringComparison.Ordinal);
        foreach (var day in (string[])["2026-11-24", "2026-12-01", "2026-12-08"])
        {
            Assert.Contains($"datetime=\"{day}T12:00:00Z\"", page.Body, StringComparison.Ordinal);
        }

        Assert.Contains("by the clock of Europe/Prague", page.Body, StringComparison.Ordinal);
        Assert.Contains("<dt>Cooldown</dt><dd>6h</dd>", page.Body, StringComparison.Ordinal);
        Assert.Contains("<dt>Time limit</dt><dd>10 min</dd>", page.Body, StringComparison.Ordinal);
        Assert.Contains("<dt>Memory limit</dt><dd>512 MB</dd>", page.Body, StringComparison.Ordinal);
        Assert.Contains("tried again up to 2 times in a row", page.Body, StringComparison.Ordinal);
        Assert.Contains("one message for as long as it fires", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_shows_its_own_notifications_alone()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(ScriptsScene.Script("sales"));
        scene.Sent.AddRange([
            HistoryAnswers.Notification("one", "Of sales", Noon),
            HistoryAnswers.Notification("two", "Of churn", Noon, script: "churn.py"),
        ]);

        var page = await scene.GetAsync("/scripts/sales.py");

        Assert.Contains("Of sales", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Of churn", page.Body, StringComparison.Ordinal);
        Assert.Contains("href=\"/notifications?script=sales\"", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Older_runs_have_an_address_of_their_own()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(ScriptsScene.Script("sales"));
        scene.Runs.AddRange(Enumerable.Range(0, 60).Select(n => ScriptsScene.Run(Noon.AddMinutes(-n))));

        var newest = await scene.GetAsync("/scripts/sales.py");
        var older = OlderRuns().Match(newest.Body).Groups["address"].Value;
        Assert.Equal(50, newest.Body.Split("<li id=\"run-").Length - 1);

        var rest = await scene.GetAsync(older);
        Assert.Equal(10, rest.Body.Split("<li id=\"run-").Length - 1);
        Assert.DoesNotMatch(OlderRuns(), rest.Body);
        Assert.Contains("id=\"runs-newest\"", rest.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_is_gone_keeps_its_runs_and_one_that_never_was_is_not_found()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await scene.GetAsync("/scripts/never.py")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.GetAsync("/scripts/no-script")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.GetAsync("/fragments/script?name=never.py")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await scene.GetAsync("/fragments/script")).Status);

        scene.Runs.Add(ScriptsScene.Run(Noon));
        var gone = await scene.GetAsync("/scripts/never.py");
        Assert.Equal(HttpStatusCode.OK, gone.Status);
        Assert.Contains("Its runs are still here", gone.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("data-run=", gone.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_that_can_t_be_read_leave_the_rest_of_the_page()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(ScriptsScene.Script("sales"));
        scene.RunsRefusal = (503, "The helper did not end.");

        var page = await scene.GetAsync("/scripts/sales.py");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("The helper did not end.", page.Body, StringComparison.Ordinal);
        Assert.Contains("data-run=\"sales.py\"", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_scripts_of_the_page_a_form_runs_and_mutes()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(ScriptsScene.Script("sales"));
        var page = await scene.GetAsync("/scripts");
        Assert.Contains("formaction=\"/scripts/sales.py/run\"", page.Body, StringComparison.Ordinal);
        Assert.Contains("formaction=\"/scripts/sales.py/mute\"", page.Body, StringComparison.Ordinal);

        foreach (var (path, length) in new[] { ("run", null), ("mute", "1h"), ("mute", "9:00"), ("mute", "") })
        {
            var answer = await scene.PostFormAsync(
                $"/scripts/sales.py/{path}",
                null,
                length is null ? [] : [("for", length)]
            );
            Assert.Equal(HttpStatusCode.Found, answer.Status);
            Assert.Equal("/scripts/sales.py", answer["Location"]);
        }

        var posted = scene.Posted.ToArray();
        Assert.Equal(4, posted.Length);
        Assert.Contains("/scripts/sales.py/run?", posted[0], StringComparison.Ordinal);
        Assert.Contains("{\"for\":\"1h\"}", posted[1], StringComparison.Ordinal);
        Assert.Matches("""\{"for":"[0-9]+m"\}""", posted[2]);
        Assert.Contains("{\"for\":null}", posted[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cooldown_that_runs_can_be_reset_by_a_form()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(
            ScriptsScene.Script("sales") with
            {
                CooldownEnds = TimeProvider.System.GetUtcNow().AddHours(1),
            }
        );
        scene.Scripts.Add(ScriptsScene.Script("without"));
        Assert.Contains("Reset cooldown", (await scene.GetAsync("/scripts/sales.py")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "Reset cooldown",
            (await scene.GetAsync("/scripts/without.py")).Body,
            StringComparison.Ordinal
        );

        var answer = await scene.PostFormAsync("/scripts/sales.py/reset");

        Assert.Equal(HttpStatusCode.Found, answer.Status);
        Assert.Equal("/scripts/sales.py", answer["Location"]);
        Assert.Contains("/scripts/sales.py/reset?", Assert.Single(scene.Posted), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_of_another_page_or_with_other_fields_does_nothing()
    {
        await using var scene = await ScriptsScene.BeginAsync();
        scene.Scripts.Add(ScriptsScene.Script("sales"));
        await scene.GetAsync("/scripts");

        var foreign = await scene.PostFormAsync(
            "/scripts/sales.py/run",
            request =>
            {
                request.Headers.Remove("Origin");
                request.Headers.Add("Origin", "https://elsewhere.example");
            }
        );
        var tokenless = await scene.PostFormAsync(
            "/scripts/sales.py/run",
            request => request.Content = new FormUrlEncodedContent([])
        );
        var wrong = await scene.PostFormAsync("/scripts/sales.py/mute", null, ("for", "5000d"));
        var nameless = await scene.PostFormAsync("/scripts/no-script/run");

        Assert.Equal(HttpStatusCode.Forbidden, foreign.Status);
        Assert.Equal(HttpStatusCode.BadRequest, tokenless.Status);
        Assert.Equal(HttpStatusCode.NotFound, wrong.Status);
        Assert.Equal(HttpStatusCode.NotFound, nameless.Status);
        Assert.Empty(scene.Posted);
        Assert.Equal(HttpStatusCode.Found, (await scene.GetAsync("/scripts/sales.py/run")).Status);
        Assert.Empty(scene.Posted);
    }

    [Theory]
    [InlineData("2026-11-24T07:30:00Z", "Europe/Prague", "30m")]
    [InlineData("2026-11-24T08:00:00Z", "Europe/Prague", "1440m")]
    [InlineData("2026-03-28T20:00:00Z", "Europe/Prague", "660m")]
    [InlineData("2026-11-24T23:30:30Z", "Asia/Tokyo", "30m")]
    public void Until_nine_counts_on_the_readers_clock(string now, string zone, string length) =>
        Assert.Equal(
            length,
            ScriptMuteModel.ToNine(
                DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture),
                ReaderZone.Of(zone, null, TimeZoneInfo.Utc)
            )
        );

    [Theory]
    [InlineData(0, "100 ms")]
    [InlineData(180, "200 ms")]
    [InlineData(1200, "2 s")]
    [InlineData(45_000, "1 min")]
    [InlineData(61_000, "2 min")]
    [InlineData(3_700_000, "2 h")]
    public void The_plot_s_scale_ends_at_a_round_time(long longest, string top)
    {
        var runs = new[]
        {
            ScriptsScene.Run(Noon) with
            {
                TookMs = 0,
            },
            ScriptsScene.Run(Noon) with
            {
                TookMs = longest,
            },
        };

        var plot = new RunsPlot([.. runs.Select(run => new RunView(run))]);

        Assert.Equal(top, plot.Top);
        Assert.All(plot.Runs, run => Assert.InRange(plot.HeightOf(run), 1, RunsPlot.Height));
    }

    private static List<string> Names(string body) => [.. Rows().Matches(body).Select(row => row.Groups["name"].Value)];

    [GeneratedRegex("<li class=\"script\"[^>]* data-script=\"(?<name>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rows();

    [GeneratedRegex("id=\"runs-older\" rel=\"next\" href=\"(?<address>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OlderRuns();
}
