using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Scripts with <c># notify: incident</c>: what rounds post, and what they keep.</summary>
public sealed class IncidentTests
{
    /// <summary>Prints what the file <c>say</c> holds, or fails.</summary>
    private const string Script = """
        # notify: incident
        import pathlib, sys
        said = (pathlib.Path.home() / "say").read_text()
        if said == "fail": sys.exit("no data")
        print(said)
        """;

    private const string Ok = """{"notify": false}""";

    private static string Firing(string text, string more = "") =>
        $$"""{"notify": true, "title": "Revenue", "message": "{{text}}", "cooldown": "6h"{{more}}}""";

    private static IncidentBot BotOf(Analyst analyst)
    {
        var bot = new IncidentBot(TimeProvider.System.GetUtcNow);
        analyst.Bot.Answer = bot.Answer;
        return bot;
    }

    /// <summary>A bot that refuses each end for good, as one of another version may.</summary>
    private static Func<Sent, (int, string)> Refusing(IncidentBot bot) =>
        sent => sent["state"] == "ok" ? (400, """{"error":"Field 'state' is wrong."}""") : bot.Answer(sent);

    private static async Task<int> SayAsync(Analyst analyst, string said)
    {
        analyst.Account.Write("say", said);
        return (await analyst.RoundAsync()).Status;
    }

    [Fact]
    public async Task A_round_posts_what_is_new_and_the_end_twice_and_nothing_else()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        foreach (var said in (string[])[Ok, Firing("-20 %"), Firing("-20 %"), Firing("-30 %"), Ok, Ok, Ok])
        {
            Assert.Equal(0, await SayAsync(alice, said));
        }

        Assert.Equal(["firing -20 %", "firing -30 %", "ok", "ok, confirmed"], bot.Asked);
        Assert.Equal(["message -20 %", "edit -30 %", "edit over", "over"], bot.Seen);
        var first = alice.Bot.All[0];
        Assert.Equal(
            ("POST /send", "revenue.py", "revenue.py", "firing", "21540", "Revenue"),
            (first.Call, first["script"], first["incident"], first["state"], first["cooldown"], first["title"])
        );
        Assert.Null(first["confirmed"]);
        var end = alice.Bot.All[2];
        Assert.Equal(
            ("revenue.py", "ok", "21540", null),
            (end["incident"], end["state"], end["cooldown"], end["message"])
        );
        Assert.False(alice.State("revenue")!.Value.TryGetProperty("incident", out _));
        Assert.Equal("no_alert", alice.State("revenue")!.Value.GetProperty("last_outcome").GetString());
        Assert.Contains("incident opened.", alice.Log, StringComparison.Ordinal);
        Assert.Contains("nothing is new.", alice.Log, StringComparison.Ordinal);
        Assert.Contains("no alert. Incident over, open since", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_quiet_run_and_a_firing_one_are_one_incident_without_its_end_told()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        foreach (var said in (string[])[Firing("a"), Ok, Firing("a"), Ok, Firing("a")])
        {
            Assert.Equal(0, await SayAsync(alice, said));
        }

        Assert.Equal(["firing a", "ok", "firing a", "ok", "firing a"], bot.Asked);
        Assert.Equal(["message a", "edit over", "again a", "edit over", "again a"], bot.Seen);
    }

    [Fact]
    public async Task A_failing_run_leaves_the_incident_alone()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        foreach (var (said, status) in ((string, int)[])[(Firing("a"), 0), ("fail", 1), (Ok, 0), ("fail", 1), (Ok, 0)])
        {
            alice.Account.Write("say", said);
            Assert.Equal(status, (await alice.RoundAsync(("NOTIFY_FAILURE_ALERTS", "off"))).Status);
        }

        Assert.Equal(
            ["firing a", "ok", "ok, confirmed"],
            bot.Asked.Where(asked => !asked.StartsWith("message", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Data_alone_is_nothing_new_and_each_thing_that_is_shown_is()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("revenue.py", Script);
        var chart = alice.Account.Write("chart.png", Pictures.Png);
        var file = alice.Account.Write("rows.csv", "1");
        string With(string more) => Firing("a", more);
        async Task<int> PostsAsync(string said)
        {
            alice.Bot.Take();
            Assert.Equal(0, await SayAsync(alice, said));
            return alice.Bot.Take().Count;
        }

        Assert.Equal(1, await PostsAsync(With(""","data": {"n": 1}""")));
        Assert.Equal(0, await PostsAsync(With(""","data": {"n": 2}""")));
        Assert.Equal(1, await PostsAsync(With(""","table": {"columns": ["n"], "rows": [[1]]}""")));
        Assert.Equal(1, await PostsAsync(With(""","table": {"columns": ["n"], "rows": [[2]]}""")));
        Assert.Equal(1, await PostsAsync(With(""","buttons": [{"text": "Open", "url": "https://example.com/"}]""")));
        Assert.Equal(1, await PostsAsync(With($",\"image_path\": \"{chart}\"")));
        Assert.Equal(0, await PostsAsync(With($",\"image_path\": \"{chart}\"")));
        alice.Account.Write("chart.png", TestPictures.Png(2, 2));
        Assert.Equal(1, await PostsAsync(With($",\"image_path\": \"{chart}\"")));
        Assert.Equal(1, await PostsAsync(With($",\"files\": [\"{file}\"]")));
        Assert.Equal(0, await PostsAsync(With($",\"files\": [\"{file}\"]")));
        alice.Account.Write("rows.csv", "2");
        alice.Account.Write("say", With($",\"files\": [\"{file}\"]"));
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var form = Assert.Single(alice.Bot.Take());
        Assert.Contains("name=\"incident\"\r\n\r\nrevenue.py\r\n", form.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"state\"\r\n\r\nfiring\r\n", form.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"cooldown\"\r\n\r\n21540\r\n", form.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reminder_is_posted_once_the_cooldown_is_over_and_once_only()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        Age(alice, bot, TimeSpan.FromHours(5));
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        Assert.Single(bot.Asked);
        Age(alice, bot, TimeSpan.FromMinutes(59.5));
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        Assert.Equal(0, await SayAsync(alice, Firing("a")));

        Assert.Equal(["firing a", "firing a"], bot.Asked);
        Assert.Equal(["message a", "still"], bot.Seen);
        Assert.Contains("so the bot reminds of it", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_cooldown_there_is_no_reminder()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        var said = """{"notify": true, "message": "a", "cooldown": "0m"}""";
        Assert.Equal(0, await SayAsync(alice, said));
        Age(alice, bot, TimeSpan.FromDays(3));
        Assert.Equal(0, await SayAsync(alice, said));

        Assert.Equal("0", Assert.Single(alice.Bot.All)["cooldown"]);
    }

    [Fact]
    public async Task A_muted_incident_goes_on_and_is_not_asked_about_in_each_round()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        bot.IsMuted = true;
        alice.WriteScript("revenue.py", Script);
        foreach (var said in (string[])[Firing("a"), Firing("a"), Firing("b"), Firing("b"), Ok, Ok])
        {
            Assert.Equal(0, await SayAsync(alice, said));
        }

        Assert.Equal(["firing a", "firing b", "ok", "ok, confirmed"], bot.Asked);
        Assert.Contains("incident opened; muted until", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_that_the_bot_could_not_hear_is_posted_later()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        alice.Account.Write("say", Ok);
        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        alice.Bot.Answer = _ => (503, """{"error":"The disk is full."}""");
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        alice.Bot.Answer = bot.Answer;
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(["firing a", "ok, confirmed"], bot.Asked);
        Assert.Equal(["message a", "edit over", "over"], bot.Seen);
    }

    [Fact]
    public async Task An_end_that_the_bot_refuses_is_told_and_posted_again_until_the_bot_takes_it()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        alice.Bot.Answer = Refusing(bot);
        Assert.Equal(1, await SayAsync(alice, Ok));

        var notice = Assert.Single(bot.Seen, seen => seen.Contains("is failing", StringComparison.Ordinal));
        Assert.Contains("The bot refused its notification: Field 'state' is wrong.", notice, StringComparison.Ordinal);
        var status = await alice.RunAsync("notify-runner", ["status"]);
        Assert.Contains("Field 'state' is wrong.", status.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Single(bot.Seen, seen => seen.Contains("is failing", StringComparison.Ordinal));

        alice.Bot.Answer = bot.Answer;
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("over", bot.Seen);
        Assert.Contains("works again", bot.Seen[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_that_the_bot_refuses_of_a_script_that_is_gone_is_told_once()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("other.py", """print('{"notify": false}')""");
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        File.Delete(Path.Combine(alice.ScriptsFolder, "revenue.py"));
        alice.Bot.Answer = Refusing(bot);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(bot.Seen, seen => seen.Contains("Field 'state' is wrong.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_end_costs_a_script_without_its_line_no_alert()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        Age(alice, bot, TimeSpan.FromHours(7));
        alice.Bot.Answer = Refusing(bot);
        alice.WriteScript("revenue.py", Script.Replace("# notify: incident", "", StringComparison.Ordinal));
        Assert.Equal(0, await SayAsync(alice, Firing("b")));

        Assert.Contains("message b", bot.Seen);
        Assert.Contains(
            "Field 'state' is wrong.",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_change_that_the_bot_could_not_hear_is_posted_later_and_one_that_came_back_is_not()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        alice.Bot.Answer = _ => (503, """{"error":"The disk is full."}""");
        Assert.Equal(1, await SayAsync(alice, Firing("b")));
        alice.Bot.Answer = bot.Answer;
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        Assert.Equal(["firing a"], bot.Asked);
        Assert.Equal(0, await SayAsync(alice, Firing("b")));

        Assert.Equal(["firing a", "firing b"], bot.Asked);
    }

    [Fact]
    public async Task A_first_alert_that_the_bot_refused_opens_nothing()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        alice.Bot.Answer = _ => (503, """{"error":"The disk is full."}""");
        Assert.Equal(1, await SayAsync(alice, Firing("a")));
        alice.Bot.Answer = bot.Answer;
        Assert.Equal(0, await SayAsync(alice, Ok));

        Assert.Empty(bot.Asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_round_that_is_killed_before_the_answer_is_followed_by_one_that_asks_again(bool isOverMeanwhile)
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        alice.Account.Write("say", Firing("a"));
        using var answering = new ManualResetEventSlim();
        alice.Bot.Answer = sent =>
        {
            var answer = bot.Answer(sent);
            answering.Wait(Analyst.Cancellation);
            return answer;
        };
        using (var killed = alice.Start("notify-runner", []))
        {
            await Eventually.TrueAsync(() => bot.Asked.Count == 1, () => "nothing is sent", Analyst.Cancellation);
            killed.Kill(entireProcessTree: true);
            await killed.WaitForExitAsync(Analyst.Cancellation);
        }

        answering.Set();
        alice.Bot.Answer = bot.Answer;
        if (isOverMeanwhile)
        {
            Assert.Equal(0, await SayAsync(alice, Ok));
            Assert.Equal(["message a", "edit over"], bot.Seen);
            return;
        }

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(["firing a", "firing a"], bot.Asked);
        Assert.Equal(["message a"], bot.Seen);
        Assert.Single(alice.Bot.All.Select(sent => sent["key"]).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_asked_for_again_with_the_same_key()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        var calls = 0;
        alice.Bot.Answer = sent =>
        {
            var answer = bot.Answer(sent);
            return Interlocked.Increment(ref calls) < 3 ? (0, "") : answer;
        };
        Assert.Equal(0, await SayAsync(alice, Firing("a")));

        Assert.Equal(3, bot.Asked.Count);
        Assert.Equal(["message a"], bot.Seen);
        Assert.Single(alice.Bot.All.Select(sent => sent["key"]).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_state_that_can_not_be_saved_loses_neither_an_alert_nor_its_end()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        alice.Account.Write(".notifications", "");
        foreach (var said in (string[])[Firing("a"), Firing("a"), Ok, Firing("a"), Ok])
        {
            Assert.Equal(1, await SayAsync(alice, said));
        }

        // The bot knows what is new, so each run is posted and seen once, with the reason.
        Assert.Equal(5, bot.Asked.Count);
        Assert.Equal(5, bot.Seen.Count(seen => !seen.StartsWith("edit over", StringComparison.Ordinal)) + 1);
        Assert.StartsWith("message a\n\n⚠️ The runner can't save", bot.Seen[0], StringComparison.Ordinal);
        Assert.Equal(["edit over", "over"], bot.Seen.Skip(1).Take(2));
        Assert.StartsWith("again a", bot.Seen[3], StringComparison.Ordinal);
        Assert.Equal(["edit over", "over"], bot.Seen.Skip(4));
    }

    [Fact]
    public async Task Two_rounds_at_once_post_once()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        alice.Account.Write("say", Firing("a"));
        await Task.WhenAll(alice.RoundAsync(), alice.RoundAsync(), alice.RoundAsync());

        Assert.Equal(["firing a"], bot.Asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_script_without_its_line_ends_its_incident_and_is_a_usual_one(bool isFiring)
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, """{"notify": true, "message": "a", "cooldown": "0m"}"""));
        alice.WriteScript("revenue.py", Script.Replace("# notify: incident", "#", StringComparison.Ordinal));
        var said = isFiring ? """{"notify": true, "message": "b", "cooldown": "0m"}""" : Ok;
        Assert.Equal(0, await SayAsync(alice, said));
        Assert.Equal(0, await SayAsync(alice, Ok));

        Assert.Equal(isFiring ? ["firing a", "ok", "message b"] : ["firing a", "ok, confirmed"], bot.Asked);
        Assert.Contains(
            "its incident is over, since its line \"# notify: incident\" is gone",
            alice.Log,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_incident_of_a_script_that_is_gone_ends_in_the_second_round_without_it()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("other.py", """print('{"notify": false}')""");
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        File.Delete(Path.Combine(alice.ScriptsFolder, "revenue.py"));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(["firing a"], bot.Asked);
        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(["firing a", "ok, confirmed"], bot.Asked);
        Assert.Contains(
            "revenue.py: its incident is over, since the script is gone.",
            alice.Log,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_incident_of_a_script_that_no_round_runs_any_more_ends()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        alice.WriteScript("revenue.py", "# notify: manual\n" + Script);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(["firing a", "ok, confirmed"], bot.Asked);
    }

    [Fact]
    public async Task An_incident_that_quiet_hours_hold_counts_as_sent()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("revenue.py", Script);
        alice.Bot.Answer = _ =>
            (
                200,
                """{"ok":true,"status":"held","id":"1","held_until":"2999-01-01T07:00:00Z","incident":{"id":"i1","state":"open","since":"2026-03-02T09:05:00Z"}}"""
            );
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        Assert.Equal(0, await SayAsync(alice, Firing("a")));

        Assert.Single(alice.Bot.All);
        Assert.Contains("incident opened; held until", alice.Log, StringComparison.Ordinal);
        Assert.Equal("held_by_cooldown", alice.State("revenue")!.Value.GetProperty("last_outcome").GetString());
    }

    [Fact]
    public async Task A_run_on_request_sends_a_message_of_its_own_and_leaves_the_incident_alone()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        var before = alice.State("revenue")!.Value.GetProperty("incident").GetRawText();
        foreach (var said in (string[])[Firing("b"), Ok])
        {
            alice.Account.Write("say", said);
            Assert.Equal(0, (await alice.RunAsync("notify-runner", ["run", "revenue"])).Status);
        }

        Assert.Equal(["firing a", "message b"], bot.Asked);
        Assert.Equal(before, alice.State("revenue")!.Value.GetProperty("incident").GetRawText());
    }

    [Theory]
    [InlineData(
        """{"incident": {"since": "soon", "content_hash": 7, "cooldown": [], "quiet": -3, "told_run": 1e99}}"""
    )]
    [InlineData("""{"incident": {}}""")]
    public async Task A_damaged_incident_is_one_that_nothing_is_known_of(string state)
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        alice.WriteState("revenue", state);
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
        alice.Account.Own(Path.Combine(alice.Home, ".notifications/state"));
        Assert.Equal(0, await SayAsync(alice, Ok));
        Assert.Equal(0, await SayAsync(alice, Ok));
        Assert.Equal(0, await SayAsync(alice, Ok));

        Assert.Equal(["ok", "ok, confirmed"], bot.Asked);
    }

    [Fact]
    public async Task Members_of_a_later_version_are_kept()
    {
        await using var alice = await Analyst.CreateAsync();
        BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        alice.WriteState("revenue", """{"incident": {"since": 1700000000, "by_a_later_version": [1]}}""");
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
        alice.Account.Own(Path.Combine(alice.Home, ".notifications/state"));
        Assert.Equal(0, await SayAsync(alice, Firing("a")));

        var incident = alice.State("revenue")!.Value.GetProperty("incident");
        Assert.Equal("[1]", incident.GetProperty("by_a_later_version").GetRawText());
        Assert.Equal(16, incident.GetProperty("content_hash").GetString()!.Length);
    }

    [Fact]
    public async Task The_incident_has_the_scripts_name_or_one_that_the_bot_takes()
    {
        await using var alice = await Analyst.CreateAsync();
        BotOf(alice);
        alice.WriteScript("Umsatz fällt.py", Script);
        alice.WriteScript(new string('n', 120) + ".py", Script);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));

        Assert.Equal(2, alice.Bot.All.Count);
        Assert.Equal(2, alice.Bot.All.Select(sent => sent["incident"]).Distinct(StringComparer.Ordinal).Count());
        Assert.All(alice.Bot.All, sent => Assert.Matches("^script-[0-9a-f]{16}$", sent["incident"]));
    }

    [Fact]
    public async Task A_dry_run_says_what_a_round_would_do_and_does_nothing()
    {
        await using var alice = await Analyst.CreateAsync();
        var bot = BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        async Task<string> DryAsync(string said)
        {
            alice.Account.Write("say", said);
            return (await alice.RunAsync("notify-runner", ["--dry-run"])).Output;
        }

        Assert.Contains("A round would not send it: notify is false.", await DryAsync(Ok), StringComparison.Ordinal);
        Assert.Contains("A round would open an incident.", await DryAsync(Firing("a")), StringComparison.Ordinal);
        Assert.Equal(0, await SayAsync(alice, Firing("a")));
        Assert.Matches(
            @"Incident open since \d\d:\d\d\. A round would send nothing: nothing is new, and the next reminder is due in 5h 5\dm\.",
            await DryAsync(Firing("a"))
        );
        Assert.Matches(
            @"Incident open since \d\d:\d\d\. A round would change its message",
            await DryAsync(Firing("b"))
        );
        Assert.Matches(@"Incident open since \d\d:\d\d\. A round would end it\.", await DryAsync(Ok));
        Age(alice, bot, TimeSpan.FromHours(6));
        Assert.Contains("A round would remind you of it.", await DryAsync(Firing("a")), StringComparison.Ordinal);
        Assert.Equal(0, await SayAsync(alice, Ok));
        Assert.Contains("A round would tell you so.", await DryAsync(Ok), StringComparison.Ordinal);
        Assert.Contains("A round would open it again.", await DryAsync(Firing("a")), StringComparison.Ordinal);
        alice.WriteScript("revenue.py", Script.Replace("# notify: incident", "#", StringComparison.Ordinal));
        Assert.Contains("Its line \"# notify: incident\" is gone.", await DryAsync(Ok), StringComparison.Ordinal);
        Assert.Equal(["firing a", "ok"], bot.Asked);
    }

    [Fact]
    public async Task Status_and_list_show_an_open_incident()
    {
        await using var alice = await Analyst.CreateAsync();
        BotOf(alice);
        alice.WriteScript("revenue.py", Script);
        async Task<JsonElement> ListedAsync() =>
            JsonDocument.Parse((await alice.RunAsync("notify-scripts", ["list"])).Output).RootElement[0];

        Assert.Equal(0, await SayAsync(alice, Ok));
        Assert.False((await ListedAsync()).TryGetProperty("incident", out _));
        Assert.Equal(0, await SayAsync(alice, Firing("a")));

        Assert.Equal(JsonValueKind.String, (await ListedAsync()).GetProperty("incident").ValueKind);
        var status = await alice.RunAsync("notify-runner", ["status"], ("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"));
        Assert.Matches(@"revenue\.py: incident open since \d\d:\d\d\n", status.Output);
        Assert.Equal(0, await SayAsync(alice, Ok));
        Assert.False((await ListedAsync()).TryGetProperty("incident", out _));
    }

    /// <summary>Lets time pass: all that state and bot know moves into the past.</summary>
    private static void Age(Analyst analyst, IncidentBot bot, TimeSpan span)
    {
        bot.Age(span);
        var state = JsonNode.Parse(analyst.Read(".notifications/state/revenue.json"))!.AsObject();
        foreach (var owner in (JsonObject[])[state, state["incident"]!.AsObject()])
        {
            foreach (var name in (string[])["last_run", "last_sent", "since", "told_at", "told_run"])
            {
                if (owner[name] is { } time)
                {
                    owner[name] = Math.Round(
                        double.Parse(time.ToJsonString(), CultureInfo.InvariantCulture) - span.TotalSeconds,
                        3
                    );
                }
            }
        }

        analyst.WriteState("revenue", state.ToJsonString());
    }
}
