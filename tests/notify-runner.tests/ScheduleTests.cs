using System.Globalization;
using System.Text.Json;
using Notify.Contracts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Rounds run a script when its <c># notify:</c> lines say so, and lose no time of it.</summary>
public sealed class ScheduleTests
{
    private const string Alert = """print('{"notify": true, "message": "report", "cooldown": "0m"}')""";

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_new_script_begins_with_its_next_time_and_costs_no_line_in_the_log()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddHours(-1)) + Alert);

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Empty(alice.Bot.All);
        Assert.Equal("", alice.Log);
        Assert.InRange(DealtWith(alice), Now.AddMinutes(-5), Now);
    }

    [Fact]
    public async Task A_time_that_passed_while_nothing_ran_is_caught_up_once_and_says_how_late()
    {
        await using var alice = await Analyst.CreateAsync();
        var due = Minute(Now.AddHours(-2));
        alice.WriteScript("report.py", At(due) + Alert);
        await SetDealtWithAsync(alice, Now.AddDays(-3));

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(alice.Bot.All);
        Assert.Contains("report.py: caught up: it was due 2h ago. Delivered.", alice.Log, StringComparison.Ordinal);
        Assert.Equal(due, DealtWith(alice));
        var run = Assert.Single(History(alice));
        Assert.Equal("schedule", run.GetProperty("trigger").GetString());
        Assert.Equal(due, run.GetProperty("due").GetDateTimeOffset());
        Assert.InRange(run.GetProperty("late_s").GetInt64(), 7_000, 8_000);
    }

    [Theory]
    [InlineData(".report.py")]
    [InlineData("later/report.py")]
    public async Task A_script_that_was_not_there_at_its_time_did_not_miss_it(string away)
    {
        await using var alice = await Analyst.CreateAsync();
        var path = alice.WriteScript("report.py", At(Now.AddHours(-1)) + Alert);
        alice.WriteScript("other.py", """print('{"notify": false}')""");
        await SetDealtWithAsync(alice, Now.AddMinutes(-30));
        Directory.CreateDirectory(Path.Combine(alice.ScriptsFolder, "later"));
        File.Move(path, Path.Combine(alice.ScriptsFolder, away));
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        // Weeks later, with a run that was to be tried again.
        Change(alice, "report", "dealt_with", Now.AddDays(-20));
        Add(alice, "report", "retry_at", Now.AddDays(-20));
        File.Move(Path.Combine(alice.ScriptsFolder, away), path);
        Assert.Matches(
            @"report\.py .* [0-2][0-9]:[0-5][0-9], in \d+ (h|min) ",
            (await alice.RunAsync("notify-runner", ["status"])).Output
        );
        alice.Bot.Take();
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Empty(alice.Bot.All);
        Assert.DoesNotContain("report.py", alice.Log, StringComparison.Ordinal);
        Assert.InRange(DealtWith(alice), Now.AddMinutes(-10), Now);
        Assert.False(alice.State("report")!.Value.TryGetProperty("retry_at", out _));

        // A time after that counts.
        Change(alice, "report", "dealt_with", Now.AddHours(-2));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.All);
    }

    [Fact]
    public async Task A_time_between_two_rounds_counts_for_a_script_that_came_back_between_them()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddMinutes(-5)) + Alert);
        await SetDealtWithAsync(alice, Now.AddDays(-20));
        var rounds = string.Join(", ", new[] { 45, 30, 15 }.Select(ago => Now.AddMinutes(-ago).ToUnixTimeSeconds()));
        alice.Account.Write(".notifications/rounds.json", $$"""{"started": [{{rounds}}], "scripts": ["other.py"]}""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(alice.Bot.All);
    }

    [Fact]
    public async Task Scripts_that_are_gone_with_their_folder_have_missed_their_times()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddHours(-1)) + Alert);
        await SetDealtWithAsync(alice, Now.AddMinutes(-30));
        Directory.Move(alice.ScriptsFolder, alice.ScriptsFolder + ".away");
        Assert.Equal(75, (await alice.RoundAsync()).Status);
        Change(alice, "report", "dealt_with", Now.AddHours(-3));
        Directory.Move(alice.ScriptsFolder + ".away", alice.ScriptsFolder);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Contains("report.py: caught up", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_round_that_is_killed_in_a_run_leaves_its_time_to_the_next()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "report.py",
            At(Now.AddHours(-1))
                + """
                import pathlib, time
                (pathlib.Path.home() / "running").touch()
                while not (pathlib.Path.home() / "go").exists(): time.sleep(0.01)

                """
                + Alert
        );
        await SetDealtWithAsync(alice, Now.AddHours(-3));
        using (var killed = alice.Start("notify-runner", []))
        {
            await Eventually.TrueAsync(
                () => File.Exists(Path.Combine(alice.Home, "running")),
                () => "the script has not started",
                Analyst.Cancellation
            );
            killed.Kill();
            await killed.WaitForExitAsync(Analyst.Cancellation);
        }

        alice.Account.Write("go", "");
        MakeRetryDue(alice);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(alice.Bot.All);
    }

    [Fact]
    public async Task A_result_that_the_bot_did_not_take_is_made_again_although_the_time_is_over()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddHours(-1)) + Alert);
        await SetDealtWithAsync(alice, Now.AddHours(-3));

        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Empty(alice.Bot.All);
        MakeRetryDue(alice);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(alice.Bot.All);
        Assert.Null(alice.State("report")!.Value.TryGetProperty("retry_at", out _) ? "a retry is left" : null);
    }

    [Fact]
    public async Task A_failing_run_is_tried_again_and_its_owner_is_told_after_the_last_try()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", "# notify: retry 2\n" + At(Now.AddHours(-1)) + "raise SystemExit('no data')");
        await SetDealtWithAsync(alice, Now.AddHours(-3));

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Contains("Tried again in ", alice.Log, StringComparison.Ordinal);
        MakeRetryDue(alice);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Empty(alice.Bot.All);
        MakeRetryDue(alice);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains("report.py is failing", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
        Assert.False(alice.State("report")!.Value.TryGetProperty("retry_at", out _));
        Assert.Equal(3, History(alice).Count);
    }

    [Fact]
    public async Task A_script_without_times_is_told_of_after_as_many_failed_rounds()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("check.py", "# notify: retry 1\nraise SystemExit('no data')");

        await alice.RoundAsync();
        Assert.Empty(alice.Bot.All);
        await alice.RoundAsync();

        Assert.Single(alice.Bot.All);
    }

    [Fact]
    public async Task Every_counts_from_the_last_start_and_the_crontab_says_it_for_scripts_without_a_schedule()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("check.py", "# notify: every 15m\n" + Alert);
        alice.WriteScript("plain.py", Alert);

        await alice.RoundAsync(("NOTIFY_DEFAULT_EVERY", "5m"));
        await alice.RoundAsync(("NOTIFY_DEFAULT_EVERY", "5m"));
        Assert.Equal(2, alice.Bot.Take().Count);

        // Without the variable each round runs it, as ever.
        await alice.RoundAsync();
        Assert.Equal("plain.py", Assert.Single(alice.Bot.Take())["script"]);

        SetLastRun(alice, "check", Now.AddMinutes(-15).AddSeconds(30));
        SetLastRun(alice, "plain", Now.AddMinutes(-4));
        await alice.RoundAsync(("NOTIFY_DEFAULT_EVERY", "5m"));
        Assert.Equal("check.py", Assert.Single(alice.Bot.Take())["script"]);
    }

    [Fact]
    public async Task A_manual_script_runs_on_request_only()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("asked.py", "# notify: manual\n" + Alert);

        await alice.RoundAsync();
        Assert.Empty(alice.Bot.All);

        var ran = await alice.RunAsync("notify-runner", ["run", "asked"]);

        Assert.Equal((0, ""), (ran.Status, ran.Errors));
        Assert.StartsWith("delivered. It ran for ", ran.Output, StringComparison.Ordinal);
        Assert.Equal("report", Assert.Single(alice.Bot.All)["message"]);
        Assert.Equal("terminal", Assert.Single(History(alice, "asked")).GetProperty("trigger").GetString());
        Assert.Contains(
            "on request only",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_line_that_cannot_be_read_is_told_once_with_the_right_form_and_the_script_does_not_run()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", "# A report\n# notify: at weekday 9am\n" + Alert);

        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        Assert.False(alice.State("report")!.Value.TryGetProperty("last_run", out _));
        File.Delete(Path.Combine(alice.Home, ".notifications/logs/runner.log"));
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var told = Assert.Single(alice.Bot.Take())["text"]!;
        Assert.Contains("report.py does not run", told, StringComparison.Ordinal);
        Assert.Contains("Line 2", told, StringComparison.Ordinal);
        Assert.Contains("at weekdays 09:00", told, StringComparison.Ordinal);
        Assert.Single(
            alice.Log.Split('\n'),
            line =>
                line.Contains("report.py", StringComparison.Ordinal)
                && line.Contains("not run", StringComparison.Ordinal)
        );
        Assert.Contains(
            "at weekdays 09:00",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
        var dry = await alice.RunAsync("notify-runner", ["--dry-run"]);
        Assert.Equal(1, dry.Status);
        Assert.Contains("at weekdays 09:00", dry.Output, StringComparison.Ordinal);
        var helper = await alice.RunAsync("notify-scripts", ["run", "report.py"]);
        Assert.Contains("\"reason\":\"wrong_settings\"", helper.Output, StringComparison.Ordinal);

        alice.WriteScript("report.py", "# notify: every 1h\n" + Alert);
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal("report", alice.Bot.All[^1]["message"]);
    }

    [Fact]
    public async Task A_script_sets_its_own_time_limit_up_to_the_admins()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("slow.py", "# notify: timeout 1s\nimport time\ntime.sleep(300)");
        alice.WriteScript("long.py", "# notify: timeout 20m\n" + Alert);

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains("It ran longer than 1 s and was stopped.", alice.Log, StringComparison.Ordinal);
        Assert.Contains(
            "Its time limit is 60 s, the most that the admin allows (NOTIFY_SCRIPT_TIMEOUT_MAX), not 1200 s.",
            alice.Log,
            StringComparison.Ordinal
        );
        Assert.Equal("timeout", Assert.Single(History(alice, "slow")).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_script_sets_its_own_memory_limit()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("greedy.py", "# notify: memory 64M\nimport time\nmine = b'x' * (200 << 20)\ntime.sleep(300)");

        Assert.Equal(1, (await alice.RoundAsync(("NOTIFY_SCRIPT_MEMORY_MAX", "4G"))).Status);

        Assert.Contains("more than its limit of 64 MB", alice.Log, StringComparison.Ordinal);
        var run = Assert.Single(History(alice, "greedy"));
        Assert.Equal("memory", run.GetProperty("outcome").GetString());
        Assert.InRange(run.GetProperty("peak_mb").GetInt64(), 64, 400);
    }

    [Fact]
    public async Task Each_round_is_posted_with_its_distance_and_what_ran()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("plain.py", Alert);
        alice.WriteScript("report.py", At(Now.AddHours(3)) + Alert);
        SetRounds(alice);

        await alice.RoundAsync();

        var posted = JsonSerializer.Deserialize(Assert.Single(alice.Bot.Rounds).Body, RoundsContract.Json.RoundCall)!;
        Assert.InRange(posted.EveryS!.Value, 295, 330);
        Assert.InRange(posted.TookMs!.Value, 0, 60_000);
        Assert.Equal(
            [("plain.py", "delivered"), ("report.py", null)],
            posted.Scripts!.Select(script => (script.Name, script.Outcome))
        );
        Assert.Null(posted.Scripts![0].NextDue);
        Assert.Equal(Minute(Now.AddHours(3)), posted.Scripts![1].NextDue);
    }

    [Fact]
    public async Task A_state_that_cannot_be_saved_costs_no_time()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddMinutes(-1)) + Alert);
        await SetDealtWithAsync(alice, Now.AddHours(-3));
        SetRounds(alice);
        File.SetUnixFileMode(
            Path.Combine(alice.Home, ".notifications/state"),
            UnixFileMode.UserRead | UnixFileMode.UserExecute
        );

        await alice.RoundAsync();

        Assert.StartsWith("report", Assert.Single(alice.Bot.All)["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scheduled_script_that_is_passed_over_is_told_of_once_although_it_never_ran()
    {
        await using var alice = await Analyst.CreateAsync();
        var path = alice.WriteScript("report.py", At(Now.AddHours(1)) + Alert);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);

        await alice.RoundAsync();
        await alice.RoundAsync();

        Assert.Contains("chmod", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_is_sent_once_whether_or_not_the_state_could_be_saved()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddMinutes(-1)) + Alert);
        await SetDealtWithAsync(alice, Now.AddHours(-3));
        SetRounds(alice);
        var state = Path.Combine(alice.Home, ".notifications/state");
        File.SetUnixFileMode(state, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await alice.RoundAsync();
        File.SetUnixFileMode(state, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await alice.RoundAsync();

        // The bot takes one of them.
        Assert.Equal(2, alice.Bot.All.Count);
        Assert.NotNull(alice.Bot.All[0]["key"]);
        Assert.Equal(alice.Bot.All[0]["key"], alice.Bot.All[1]["key"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{bad")]
    public async Task A_state_that_cannot_be_read_costs_no_time(string content)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddMinutes(-1)) + Alert);
        alice.WriteState("report", content);
        SetRounds(alice);

        await alice.RoundAsync();

        Assert.Equal("report", Assert.Single(alice.Bot.All)["message"]);
    }

    [Fact]
    public async Task A_result_that_the_cooldown_holds_is_made_again_when_it_ends()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "report.py",
            At(Now.AddMinutes(-1)) + """print('{"notify": true, "message": "report", "cooldown": "1d"}')"""
        );
        await SetDealtWithAsync(alice, Now.AddHours(-3));
        Add(alice, "report", "last_sent", Now.AddHours(-20));

        await alice.RoundAsync();

        Assert.Empty(alice.Bot.All);
        Assert.InRange(
            DateTimeOffset.UnixEpoch.AddSeconds(alice.State("report")!.Value.GetProperty("retry_at").GetDouble()),
            Now.AddHours(3.9),
            Now.AddHours(4)
        );
        MakeRetryDue(alice);
        Add(alice, "report", "last_sent", Now.AddHours(-24));
        await alice.RoundAsync();
        Assert.Equal("report", Assert.Single(alice.Bot.All)["message"]);
    }

    [Fact]
    public async Task A_changed_schedule_begins_with_its_next_time()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddHours(-2)) + Alert);
        await SetDealtWithAsync(alice, Now.AddHours(-3));
        await alice.RoundAsync();
        Assert.Single(alice.Bot.Take());

        alice.WriteScript("report.py", At(Now.AddMinutes(-10)) + Alert);
        await alice.RoundAsync();
        await alice.RoundAsync();

        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task A_time_whose_runs_are_cut_off_again_and_again_is_told_once()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", At(Now.AddHours(-1)) + Alert);
        await SetDealtWithAsync(alice, Now.AddHours(-3));
        Change(alice, "report", "dealt_with", Minute(Now.AddHours(-1)));
        Add(alice, "report", "retry_at", Now.AddSeconds(-1));
        Set(alice, "report", "retries", "3");

        await alice.RoundAsync();

        Assert.Contains("report.py is overdue", alice.Bot.All[0]["text"], StringComparison.Ordinal);
        Assert.Equal("report", alice.Bot.All[1]["message"]);
    }

    [Theory]
    [InlineData("rounds.json")]
    [InlineData("folder.json")]
    [InlineData("locks/report.lock")]
    [InlineData("history/report.jsonl")]
    [InlineData("state/report.json")]
    public async Task A_pipe_in_the_place_of_a_file_hangs_nothing(string file)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("report.py", Alert);
        await alice.RoundAsync();
        alice.Bot.Take();
        var path = Path.Combine(alice.Home, ".notifications", file);
        File.Delete(path);
        Assert.Equal(0, (await alice.RunAsync("/usr/bin/mkfifo", [path])).Status);

        await alice.RoundAsync();
        await alice.RunAsync("notify-runner", ["status"]);
        await alice.RunAsync("notify-runner", ["history"]);
        await alice.RunAsync("notify-scripts", ["list"]);

        Assert.Contains(alice.Bot.All, sent => sent.Call == "POST /send");
    }

    private static void SetRounds(Analyst alice)
    {
        alice.Account.Write(
            ".notifications/rounds.json",
            $$"""{"started":[{{Now.AddMinutes(-10).ToUnixTimeSeconds()}},{{Now.AddMinutes(-5).ToUnixTimeSeconds()}}]}"""
        );
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
    }

    private static string At(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"# notify: timezone UTC\n# notify: at daily {time:HH:mm}\n");

    private static DateTimeOffset Minute(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMinute));

    private static DateTimeOffset DealtWith(Analyst alice) =>
        DateTimeOffset.UnixEpoch.AddSeconds(alice.State("report")!.Value.GetProperty("dealt_with").GetDouble());

    private static async Task SetDealtWithAsync(Analyst alice, DateTimeOffset time)
    {
        // Its first round.
        await alice.RoundAsync();
        Change(alice, "report", "dealt_with", time);
    }

    private static void MakeRetryDue(Analyst alice) => Change(alice, "report", "retry_at", Now.AddSeconds(-1));

    private static void SetLastRun(Analyst alice, string stem, DateTimeOffset time) =>
        Change(alice, stem, "last_run", time);

    private static void Change(Analyst alice, string stem, string member, DateTimeOffset time)
    {
        Assert.True(alice.State(stem)!.Value.TryGetProperty(member, out _), member);
        Add(alice, stem, member, time);
    }

    private static void Add(Analyst alice, string stem, string member, DateTimeOffset time) =>
        Set(alice, stem, member, time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    private static void Set(Analyst alice, string stem, string member, string json)
    {
        var state = alice
            .State(stem)!
            .Value.EnumerateObject()
            .ToDictionary(one => one.Name, one => one.Value.GetRawText(), StringComparer.Ordinal);
        state[member] = json;
        alice.WriteState(stem, $"{{{string.Join(',', state.Select(one => $"\"{one.Key}\":{one.Value}"))}}}");
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
    }

    private static List<JsonElement> History(Analyst alice, string stem = "report") =>
        [
            .. alice
                .Read($".notifications/history/{stem}.jsonl")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement),
        ];
}
