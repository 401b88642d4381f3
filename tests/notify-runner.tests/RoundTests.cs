using System.Text;
using Xunit;

namespace Notify.Tests;

public sealed class RoundTests
{
    [Fact]
    public async Task A_notification_is_sent_with_its_title_message_script_and_data()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "sales.py",
            """print('{"notify": true, "title": "Sales *down*", "message": "by _5 %_", "cooldown": "6h", "data": {"rate": 5}}')"""
        );

        var round = await alice.RoundAsync();

        Assert.Equal(new Ended(0, "", ""), round);
        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send", sent.Call);
        Assert.Equal("Sales *down*", sent["title"]);
        Assert.Equal("by _5 %_", sent["message"]);
        Assert.Equal("sales.py", sent["script"]);
        Assert.Equal("""{"rate":5}""", sent["data"]!.Replace(" ", "", StringComparison.Ordinal));
        Assert.Null(sent["parse_mode"]);
        Assert.Null(sent["photo_path"]);
        Assert.Matches(@"^\S+ .*sales\.py: delivered\. It ran for \d+\.\d s\.\n$", alice.Log);
        Assert.InRange(
            alice.State("sales")!.Value.GetProperty("last_sent").GetDouble(),
            Analyst.UnixNow - 60,
            Analyst.UnixNow
        );
    }

    [Theory]
    [InlineData("/nowhere/at/all", "nothing is there")]
    [InlineData("/etc/passwd", "/etc/passwd is not a folder")]
    [InlineData("data", "NOTIFY_DATA_DIR holds \"data\"")]
    public async Task A_wrong_data_folder_is_a_setting_to_fix_with_its_name_and_no_script_is_run(
        string folder,
        string why
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);

        foreach (
            var arguments in (string[][])
                [
                    [],
                    ["status"],
                ]
        )
        {
            var ended = await alice.RunAsync(
                "notify-runner",
                arguments,
                ("NOTIFY_DATA_DIR", folder),
                ("NOTIFY_BOT_SOCKET", "")
            );

            Assert.Equal(78, ended.Status);
            Assert.Contains($"NOTIFY_DATA_DIR holds \"{folder}\"", ended.Errors, StringComparison.Ordinal);
            Assert.Contains(why, ended.Errors, StringComparison.Ordinal);
            Assert.Single(ended.Errors.TrimEnd().Split('\n'));
        }

        Assert.Empty(alice.Bot.All);
        Assert.Null(alice.State("sales"));
    }

    [Fact]
    public async Task Nothing_to_run_is_nothing_to_do()
    {
        await using var alice = await Analyst.CreateAsync();

        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());
        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task A_script_without_an_alert_sends_nothing_and_a_round_without_sending_needs_no_bot()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("quiet.py", """print('{"notify": false}')""");

        var round = await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"));

        Assert.Equal(0, round.Status);
        Assert.Equal("no_alert", alice.State("quiet")!.Value.GetProperty("last_outcome").GetString());
        Assert.False(alice.State("quiet")!.Value.TryGetProperty("last_sent", out _));
    }

    [Fact]
    public async Task C19_noise_around_the_json_does_not_cost_the_notification_and_is_said()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("refunds.py", Analyst.Case("C19-noise-before-json"));

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal(("Refunds", "Refund rate 9 %"), (sent["title"], sent["message"]));
        Assert.Contains(" s. Warning: stdout holds other lines", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C20_nan_and_infinity_become_null_in_data_and_stay_in_text()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "margin.py",
            Analyst
                .Case("C20-nan-in-json")
                .Replace("Margin unknown for 2 shops", "ratio: NaN", StringComparison.Ordinal)
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("ratio: NaN", sent["message"]);
        Assert.Equal(
            """{"margin":null,"limit":null,"low":null,"shops":2}""",
            sent["data"]!.Replace(" ", "", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Scripts_run_side_by_side_at_most_as_many_as_set()
    {
        await using var alice = await Analyst.CreateAsync();

        // Each waits until three are there: it works only if three run at once.
        const string Meeting = """
            import os, pathlib, time
            here = pathlib.Path.home() / "meeting"; here.mkdir(exist_ok=True)
            me = here / str(os.getpid()); me.touch()
            seen = 0
            for _ in range(500):
                seen = max(seen, len(list(here.iterdir())))
                if seen >= WANTED: break
                time.sleep(0.01)
            if WANTED == 99: me.unlink()
            print('{"notify": true, "message": "%d"}' % seen)
            """;
        for (var i = 0; i < 3; i++)
        {
            alice.WriteScript($"meet{i}.py", Meeting.Replace("WANTED", "3", StringComparison.Ordinal));
        }

        Assert.Equal(0, (await alice.RoundAsync(("NOTIFY_RUNNER_PARALLEL", "3"))).Status);
        Assert.Equal(["3", "3", "3"], alice.Bot.Take().Select(sent => sent["message"]));

        Directory.Delete(Path.Combine(alice.Home, "meeting"), recursive: true);
        Directory.Delete(Path.Combine(alice.Home, ".notifications", "state"), recursive: true);
        for (var i = 0; i < 3; i++)
        {
            alice.WriteScript(
                $"meet{i}.py",
                Meeting.Replace("WANTED", "99", StringComparison.Ordinal).Replace("500", "30", StringComparison.Ordinal)
            );
        }

        Assert.Equal(0, (await alice.RoundAsync(("NOTIFY_RUNNER_PARALLEL", "1"))).Status);
        Assert.Equal(["1", "1", "1"], alice.Bot.All.Select(sent => sent["message"]));
    }

    [Fact]
    public async Task One_failing_script_stops_no_other_and_makes_the_status_1()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("a_broken.py", "raise SystemExit(3)");
        alice.WriteScript("b_good.py", Analyst.Hello);

        Assert.Equal(1, (await alice.RoundAsync(("NOTIFY_RUNNER_PARALLEL", "1"))).Status);

        Assert.Contains(alice.Bot.All, sent => sent["title"] == "Hello");
        Assert.Contains("a_broken.py: failed after", alice.Log, StringComparison.Ordinal);
        Assert.Contains("exit status 3", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_settings_end_it_with_status_78_and_a_sentence_for_each()
    {
        await using var alice = await Analyst.CreateAsync();

        var round = await alice.RoundAsync(("NOTIFY_SCRIPT_TIMEOUT", "61"), ("NOTIFY_FAILURE_ALERTS", "no"));

        Assert.Equal(78, round.Status);
        Assert.Contains(
            "NOTIFY_SCRIPT_TIMEOUT holds \"61\": it should hold a whole number from 1 to 60.",
            round.Errors,
            StringComparison.Ordinal
        );
        Assert.Contains("NOTIFY_FAILURE_ALERTS holds \"no\"", round.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_stay_within_bounds_cron_log_too()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write(".notifications/logs/cron.log", new string('c', 1_100_000));
        alice.Account.Write(".notifications/logs/runner.log", new string('r', 1_100_000));
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
        alice.Account.Own(Path.Combine(alice.Home, ".notifications/logs"));
        alice.WriteScript("hello.py", Analyst.Hello);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(1_100_000, new FileInfo(Path.Combine(alice.Home, ".notifications/logs/cron.log.1")).Length);
        Assert.Equal(1_100_000, new FileInfo(Path.Combine(alice.Home, ".notifications/logs/runner.log.1")).Length);
        Assert.InRange(Encoding.UTF8.GetByteCount(alice.Log), 1, 1000);
    }

    [Fact]
    public async Task What_is_kept_is_for_the_user_alone()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        foreach (var folder in new[] { "", "/state", "/logs", "/locks" })
        {
            Assert.Equal(
                (UnixFileMode)0b111_000_000,
                File.GetUnixFileMode(Path.Combine(alice.Home, ".notifications" + folder))
            );
        }

        foreach (var file in new[] { "state/hello.json", "logs/runner.log", "locks/hello.lock" })
        {
            Assert.Equal(
                (UnixFileMode)0b110_000_000,
                File.GetUnixFileMode(Path.Combine(alice.Home, ".notifications", file))
            );
        }
    }
}
