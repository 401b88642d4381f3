using Xunit;

namespace Notify.Tests;

public sealed class DryRunTests
{
    [Fact]
    public async Task It_shows_what_would_be_sent_and_why_and_sends_and_keeps_nothing()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart.png", Pictures.Png);
        alice.WriteScript(
            "a_now.py",
            """
            import json, os
            print(json.dumps({"notify": True, "title": "Sales *down*", "message": "by *5 %* in `daily_sales`", "cooldown": "soon", "image_path": os.path.expanduser("~/chart.png")}))
            """
        );
        alice.WriteScript("b_quiet.py", """print('{"notify": false}')""");
        alice.WriteScript(
            "c_held.py",
            """print('{"notify": true, "message": "\\u001b]0;title\\u0007 held", "cooldown": "1d"}')"""
        );
        alice.WriteScript("d_broken.py", "raise ValueError('no data')");
        alice.WriteState(
            "c_held",
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $$"""{"last_sent": {{Analyst.UnixNow - 7200}}}"""
            )
        );
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
        var before = alice.Read(".notifications/state/c_held.json");

        var run = await alice.RunAsync("notify-runner", ["--dry-run"]);

        Assert.Equal(1, run.Status);
        var shown = run.Output;
        Assert.Contains("A round would send it now.", shown, StringComparison.Ordinal);
        Assert.Contains("Sales *down*", shown, StringComparison.Ordinal);
        Assert.Contains("daily_sales", shown, StringComparison.Ordinal);
        Assert.Contains("Warning: cooldown must be a number", shown, StringComparison.Ordinal);
        Assert.Contains("PNG of 1 x 1 pixels", shown, StringComparison.Ordinal);
        Assert.Contains("A round would not send it: notify is false.", shown, StringComparison.Ordinal);
        Assert.Matches("A round would not send it: its cooldown lasts 21h \\d+m more; last sent 2h ago\\.", shown);
        Assert.Contains("ValueError: no data", shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', shown);
        Assert.Contains("Nothing was sent.", shown, StringComparison.Ordinal);
        Assert.Empty(alice.Bot.All);
        Assert.Equal(
            ["c_held.json"],
            Directory.GetFiles(Path.Combine(alice.Home, ".notifications/state")).Select(Path.GetFileName)
        );
        Assert.Equal(before, alice.Read(".notifications/state/c_held.json"));
        Assert.Equal("", alice.Log);
    }

    [Theory]
    [InlineData("notify-runner", "--dry-run", "@a.py")]
    [InlineData("notify-scripts", "run", "@a.py")]
    public async Task A_name_with_an_at_sign_is_a_name_and_no_file_of_arguments(
        string program,
        params string[] arguments
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("@a.py", """print('{"notify": true, "message": "from the script"}')""");

        var run = await alice.RunAsync(program, arguments);

        Assert.True(run.Status == 0, run.Output);
        Assert.Contains("from the script", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_shows_the_end_of_stderr_bounded_and_without_control_characters()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "a.py",
            """
            import sys
            for i in range(40): print(f"line {i}", file=sys.stderr)
            sys.stderr.buffer.write(b"\x1b[31mred\x07\xff" + b"y" * 5000 + b"\n")
            print('{"notify": true, "message": "from a"}')
            """
        );

        var run = await alice.RunAsync("notify-runner", ["--dry-run"]);

        Assert.Equal(0, run.Status);
        Assert.Contains("  | line 39\n  | ?[31mred?", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("line 25", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output, c => char.IsControl(c) && c != '\n');
        Assert.InRange(run.Output.Length, 1, 2000);
    }

    [Fact]
    public async Task It_says_what_a_round_would_do_where_a_script_ends_badly()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "a.py",
            """print('{"notify": true, "message": "from a"}', flush=True); raise SystemExit("at the end")"""
        );
        alice.WriteScript("b.py", "raise SystemExit('no data')");

        var run = await alice.RunAsync("notify-runner", ["--dry-run"]);

        Assert.Equal(1, run.Status);
        Assert.Contains(
            "A round would send it now.\nThe script failed after that: It ended with exit status 1. Its message would say so.\nIt printed on stderr:\n  | at the end\n",
            run.Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "The script failed after this: it ended with exit status 1.",
            run.Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Failed: It ended with exit status 1. Your phone would be told.\nIt printed on stderr:\n  | no data\n",
            run.Output,
            StringComparison.Ordinal
        );
        await alice.RoundAsync();
        Assert.Contains(
            "Failed: It ended with exit status 1. Your phone was told.",
            (await alice.RunAsync("notify-runner", ["--dry-run", "b"])).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task One_script_can_be_named_by_file_name_with_or_without_its_ending_or_by_path()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("a.py", """print('{"notify": true, "message": "from a"}')""");
        alice.WriteScript("b.py", """print('{"notify": true, "message": "from b"}')""");

        foreach (var name in new[] { "a.py", "a", Path.Combine(alice.ScriptsFolder, "a.py") })
        {
            var run = await alice.RunAsync("notify-runner", ["--dry-run", name]);
            Assert.Equal(0, run.Status);
            Assert.Contains("from a", run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("from b", run.Output, StringComparison.Ordinal);
        }

        foreach (
            var (name, sentence) in new[]
            {
                ("c.py", $"c.py can't be run from {alice.ScriptsFolder}: there is no such file."),
                ("c", $"c.py can't be run from {alice.ScriptsFolder}: there is no such file."),
                (".hidden", $".hidden can't be run from {alice.ScriptsFolder}: that is not a script's file name."),
            }
        )
        {
            var missing = await alice.RunAsync("notify-runner", ["--dry-run", name]);
            Assert.Equal(1, missing.Status);
            Assert.Equal(sentence + "\n", missing.Errors);
        }
    }

    [Fact]
    public async Task A_script_without_dry_run_is_a_mistake_and_nothing_runs()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("a.py", """print('{"notify": true, "message": "from a"}')""");

        var run = await alice.RunAsync("notify-runner", ["a.py"]);

        Assert.Equal(64, run.Status);
        Assert.Contains("notify-runner --dry-run a.py", run.Errors, StringComparison.Ordinal);
        Assert.Empty(alice.Bot.All);
    }
}
