using System.Text.Json;
using Notify.Contracts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary><c>notify-scripts</c>, as the bot calls it.</summary>
public sealed class HelperTests
{
    [Fact]
    public async Task List_tells_what_rounds_did()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("a_new.py", "");
        Assert.Equal("[]\n", (await RunAsync(alice, "list", remove: "a_new.py")).Output);
        alice.WriteScript("b_sent.py", """print('{"notify": true, "message": "m", "cooldown": "1d"}')""");
        alice.WriteScript("c_broken.py", "raise SystemExit('no data')");
        await alice.RoundAsync();
        alice.WriteScript("a_new.py", "");

        var listed = JsonSerializer.Deserialize(
            (await alice.RunAsync("notify-scripts", ["list"])).Output,
            HelperContract.Default.ListListedScript
        )!;

        Assert.Equal(["a_new.py", "b_sent.py", "c_broken.py"], listed.Select(script => script.Name));
        Assert.Equal(
            new ListedScript
            {
                Name = "a_new.py",
                Stem = "a_new",
                Next = "with the next round",
            },
            listed[0]
        );
        Assert.Equal("just now", listed[1].LastRun);
        Assert.Equal(ScriptOutcome.Delivered, listed[1].LastOutcome);
        Assert.NotNull(listed[1].LastSent);
        Assert.Equal(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(60), listed[1].CooldownEnds - listed[1].LastSent);
        Assert.Equal(ScriptOutcome.Error, listed[2].LastOutcome);
        Assert.Contains("exit status 1", listed[2].Error, StringComparison.Ordinal);
        Assert.Contains("no data", listed[2].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_runs_it_lists_the_settings_as_they_count_with_the_next_three_times()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "report.py",
            """
            # notify: at weekdays 09:00
            # notify: timezone Asia/Kolkata
            # notify: retry 2
            # notify: timeout 30s
            # notify: memory 512M
            # notify: incident
            """
        );
        alice.WriteScript("plain.py", "");

        var listed = JsonSerializer.Deserialize(
            (await alice.RunAsync("notify-scripts", ["list", "--runs"])).Output,
            HelperContract.Default.ListListedScript
        )!;

        var plain = listed[0].Settings!;
        Assert.Equal(("1h", 0, false), (plain.Cooldown, plain.Retries, plain.Incident));
        Assert.Null(plain.Times);
        var report = listed[1].Settings!;
        Assert.Equal(
            (30.0, 512L << 20, 2, true, "Asia/Kolkata"),
            (report.TimeLimitS, report.MemoryLimit, report.Retries, report.Incident, report.Timezone)
        );
        Assert.Equal(3, report.Times!.Count);
        Assert.All(report.Times, time => Assert.Equal(new TimeSpan(3, 30, 0), time.UtcDateTime.TimeOfDay));
        Assert.DoesNotContain(
            report.Times,
            time => time.UtcDateTime.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday
        );
        Assert.Equal(report.Times.Distinct().Order(), report.Times);
    }

    [Fact]
    public async Task Run_prints_the_result_with_the_charts_bytes_and_leaves_the_cooldown_alone()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart.png", Pictures.Png);
        alice.WriteScript(
            "chart.py",
            """
            import json, os
            print("noise")
            print(json.dumps({"notify": True, "title": "T", "message": "M", "cooldown": "2h", "data": {"x": float("nan")}, "image_path": os.path.expanduser("~/chart.png")}))
            """
        );
        alice.WriteState("chart", """{"last_sent": 5}""");
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));

        var ended = await alice.RunAsync("notify-scripts", ["run", "chart.py"]);

        Assert.Equal((0, ""), (ended.Status, ended.Errors));
        var json = JsonDocument.Parse(ended.Output).RootElement;
        Assert.True(json.GetProperty("notify").GetBoolean());
        Assert.Equal("png", json.GetProperty("image").GetProperty("type").GetString());
        Assert.Equal(Pictures.Png, json.GetProperty("image").GetProperty("base64").GetBytesFromBase64());
        Assert.False(json.TryGetProperty("error", out _));
        var ran = JsonSerializer.Deserialize(ended.Output, HelperContract.Default.RanScript)!;
        Assert.Equal(("T", "M", "2h"), (ran.Title, ran.Message, ran.Cooldown));
        Assert.Equal("""{"x":null}""", ran.Data!.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal));
        Assert.Single(ran.Warnings!);
        var state = alice.State("chart")!.Value;
        Assert.Equal(
            ["last_sent", "requested_run", "requested_outcome", "requested_took_ms", "warnings"],
            state.EnumerateObject().Select(member => member.Name)
        );
        Assert.Equal(
            (5, "handed_over"),
            (state.GetProperty("last_sent").GetInt32(), state.GetProperty("requested_outcome").GetString())
        );
        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task The_list_shows_every_last_run_and_a_run_on_request_changes_no_failure_notice()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", "raise SystemExit('no data')");
        Assert.Equal(1, (await alice.RunAsync("notify-scripts", ["run", "it.py"])).Status);
        var broken = await ListedAsync(alice);
        Assert.Equal(
            (ScriptOutcome.Error, "just now", true),
            (broken.LastOutcome, broken.LastRun, broken.LastRoundAt is null)
        );
        Assert.Contains("no data", broken.Error, StringComparison.Ordinal);

        // The phone is told by the round, as if nobody had run it before; and once more when a round finds it repaired.
        await alice.RoundAsync();
        Assert.Single(alice.Bot.All);
        alice.WriteScript("it.py", """print('{"notify": false}')""");
        await alice.RunAsync("notify-scripts", ["run", "it.py"]);
        var repaired = await ListedAsync(alice);
        Assert.Equal((ScriptOutcome.NoAlert, null), (repaired.LastOutcome, repaired.Error));
        Assert.True(repaired.LastRunAt >= repaired.LastRoundAt);
        await alice.RoundAsync();
        Assert.Equal(2, alice.Bot.All.Count);
        Assert.Equal(ScriptOutcome.NoAlert, (await ListedAsync(alice)).LastOutcome);
    }

    [Fact]
    public async Task A_state_that_can_t_be_read_is_left_to_the_rounds_and_a_home_that_can_t_be_written_costs_no_list()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("it.py", """print('{"notify": false}')""");
        alice.WriteState("it", "{");
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
        Assert.Equal(0, (await alice.RunAsync("notify-scripts", ["run", "it.py"])).Status);
        Assert.Equal("{", alice.Read(".notifications/state/it.json"));

        Directory.Delete(Path.Combine(alice.Home, ".notifications"), recursive: true);
        await File.WriteAllTextAsync(
            Path.Combine(alice.Home, ".notifications"),
            "no folder",
            TestContext.Current.CancellationToken
        );
        Assert.Equal("it.py", (await ListedAsync(alice)).Name);
    }

    [Fact]
    public async Task Who_has_listed_the_scripts_can_write_the_log_that_the_crontab_line_names()
    {
        await using var alice = await Analyst.CreateAsync();
        Assert.False(Directory.Exists(Path.Combine(alice.Home, ".notifications")));

        Assert.Equal(0, (await alice.RunAsync("notify-scripts", ["list"])).Status);

        Assert.True(Directory.Exists(Path.Combine(alice.Home, ".notifications", "logs")));
    }

    private static async Task<ListedScript> ListedAsync(Analyst alice) =>
        Assert.Single(
            JsonSerializer.Deserialize(
                (await alice.RunAsync("notify-scripts", ["list"])).Output,
                HelperContract.Default.ListListedScript
            )!
        );

    [Fact]
    public async Task What_is_printed_and_kept_reads_as_the_script_wrote_it()
    {
        const string Message = "Alice's <b> & 5 €: \"müde\"";
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("said.py", $"import json\nprint(json.dumps(dict(notify=True, message='''{Message}''')))");
        alice.WriteScript("broken.py", $"raise SystemExit('''{Message}''')");

        var run = await alice.RunAsync("notify-scripts", ["run", "said.py"]);
        await alice.RoundAsync();
        var listed = await alice.RunAsync("notify-scripts", ["list"]);

        var shown = Message.Replace("\"", "\\\"", StringComparison.Ordinal);
        Assert.Contains(shown, run.Output, StringComparison.Ordinal);
        Assert.Contains(shown, listed.Output, StringComparison.Ordinal);
        Assert.Contains(shown, alice.Read(".notifications/state/broken.json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_says_why_there_is_no_chart_and_gives_the_text()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("chart.py", """print('{"notify": true, "message": "M", "image_path": "/nowhere.png"}')""");

        var ran = JsonSerializer.Deserialize(
            (await alice.RunAsync("notify-scripts", ["run", "chart.py"])).Output,
            HelperContract.Default.RanScript
        )!;

        Assert.Null(ran.Image);
        Assert.Equal("M\n\nNo chart: `there is no file \"/nowhere.png\"`", ran.Message);
        Assert.Contains(ran.Warnings!, warning => warning.Contains("/nowhere.png", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("missing.py")]
    [InlineData("../escape.py")]
    [InlineData("/etc/passwd")]
    [InlineData("user/notifications/good.py")]
    [InlineData("..")]
    [InlineData("-x.py")]
    [InlineData("--version.py")]
    [InlineData(".hidden.py")]
    [InlineData("notes.txt")]
    [InlineData("folder.py")]
    [InlineData("")]
    public async Task Run_refuses_what_is_no_script(string name)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("good.py", """print('{"notify": false}')""");
        alice.WriteScript(".hidden.py", """print('{"notify": false}')""");
        alice.WriteScript("notes.txt", """print('{"notify": false}')""");
        alice.Account.Write("user/notifications/folder.py/x", "");
        alice.Account.Write("user/escape.py", """print('{"notify": false}')""");

        var ended = await alice.RunAsync("notify-scripts", ["run", name]);

        Assert.Equal(1, ended.Status);
        Assert.Equal("not_found", JsonDocument.Parse(ended.Output).RootElement.GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("raise SystemExit(3)", "failed", "exit status 3")]
    [InlineData("import time; time.sleep(300)", "timeout", "ran longer than 1 s")]
    [InlineData("print('hm')", "unreadable_output", "It printed: \"hm\"")]
    [InlineData("import sys\nwhile True: sys.stdout.write('x' * 65536)", "too_much_output", "64 MiB")]
    public async Task Run_says_how_it_broke(string python, string reason, string words)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("odd.py", "import sys; print('the last line', file=sys.stderr)\n" + python);

        var ended = await alice.RunAsync("notify-scripts", ["run", "odd.py"], ("NOTIFY_SCRIPT_TIMEOUT", "1"));

        Assert.Equal(1, ended.Status);
        var json = JsonDocument.Parse(ended.Output).RootElement;
        Assert.Equal(reason, json.GetProperty("reason").GetString());
        Assert.Contains(words, json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("\nthe last line", json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sync_status_is_the_age_of_the_folder()
    {
        await using var alice = await Analyst.CreateAsync();
        Assert.Equal(
            """{"synced":false,"elapsed_seconds":null,"elapsed_display":null}""" + "\n",
            (await alice.RunAsync("notify-scripts", ["sync-status"])).Output
        );

        alice.Account.Write("server/file", "");
        Directory.SetLastWriteTimeUtc(
            Path.Combine(alice.Home, "server"),
            TimeProvider.System.GetUtcNow().UtcDateTime - TimeSpan.FromMinutes(190)
        );

        var status = JsonSerializer.Deserialize(
            (await alice.RunAsync("notify-scripts", ["sync-status"])).Output,
            HelperContract.Default.SyncStatus
        )!;
        Assert.True(status.Synced);
        Assert.InRange(status.ElapsedSeconds!.Value, 190 * 60, (190 * 60) + 60);
        Assert.Equal("3h ago", status.ElapsedDisplay);
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("run")]
    [InlineData("run", "a.py", "b.py")]
    [InlineData("list", "extra")]
    [InlineData("--bogus")]
    [InlineData]
    public async Task What_is_no_command_is_status_64_and_a_sentence(params string[] arguments)
    {
        await using var alice = await Analyst.CreateAsync();

        var ended = await alice.RunAsync("notify-scripts", arguments);

        Assert.Equal(64, ended.Status);
        Assert.Equal("", ended.Output.Trim());
        Assert.NotEqual("", ended.Errors.Trim());
    }

    [Fact]
    public async Task Help_and_version_are_there()
    {
        await using var alice = await Analyst.CreateAsync();

        var help = await alice.RunAsync("notify-scripts", ["--help"]);
        Assert.Equal(0, help.Status);
        foreach (var command in new[] { "list", "run", "sync-status" })
        {
            Assert.Contains(command, help.Output, StringComparison.Ordinal);
        }

        Assert.Matches(Programs.Version, (await alice.RunAsync("notify-scripts", ["--version"])).Output);
        Assert.Matches(Programs.Version, (await alice.RunAsync("notify-runner", ["--version"])).Output);
        Assert.Contains(
            "--dry-run",
            (await alice.RunAsync("notify-runner", ["--help"])).Output,
            StringComparison.Ordinal
        );
    }

    private static async Task<Ended> RunAsync(Analyst alice, string command, string remove)
    {
        File.Delete(Path.Combine(alice.ScriptsFolder, remove));
        return await alice.RunAsync("notify-scripts", [command]);
    }
}
