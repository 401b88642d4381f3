using System.Text.Json;
using Notify.Contracts;
using Xunit;

namespace Notify.Tests;

/// <summary>A whole, valid result is delivered also where the script ends badly afterwards, and the run counts as failing.</summary>
public sealed class BadEndTests
{
    private const string Result =
        """print('{"notify": true, "title": "Stock", "message": "3 left", "cooldown": "0m"}', flush=True)""" + "\n";

    [Theory]
    [InlineData("crash.py", "it was ended by signal 11 (it crashed).")]
    [InlineData("status.py", "it ended with exit status 1.")]
    [InlineData("thread.py", "it ran longer than 6 s and was stopped.")]
    public async Task D04_what_it_said_reaches_the_phone_each_round_with_how_it_ended(string script, string end)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "stock.py",
            await File.ReadAllTextAsync(
                Path.Combine(AppContext.BaseDirectory, "cases", "D04-result-then-bad-end", script),
                Analyst.Cancellation
            )
        );

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(1, (await alice.RoundAsync(("NOTIFY_SCRIPT_TIMEOUT", "6"))).Status);

            // One message for one run: it says itself how the script ended.
            var sent = Assert.Single(alice.Bot.Take());
            Assert.Equal(
                ("Stock of SKU 4711", $"3 left\n\n⚠️ The script failed after this: {end}"),
                (sent["title"], sent["message"])
            );
        }

        var state = alice.State("stock")!.Value;
        Assert.Equal("delivered", state.GetProperty("last_outcome").GetString());
        Assert.True(state.GetProperty("failure_told").GetBoolean());
        Assert.Contains(end[3..], state.GetProperty("error").GetString(), StringComparison.Ordinal);

        alice.WriteScript("stock.py", """print('{"notify": false}')""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("stock.py works again", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import os; os._exit(3)", "exit status 3")]
    [InlineData("import os; os.abort()", "signal 6")]
    [InlineData("raise ValueError('after')", "exit status 1")]
    [InlineData("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9")]
    [InlineData("import atexit, os; atexit.register(os._exit, 9)", "exit status 9")]
    [InlineData("import sys\nwhile True: sys.stderr.write('x' * 65536)", "printed more than 64 MiB")]
    [InlineData("import os, time\nif os.fork() == 0: time.sleep(100)\nos.wait()", "ran longer than 6 s")]
    [InlineData("print('{\"rows\": [1, 2', end='', flush=True); import os; os._exit(1)", "exit status 1")]
    [InlineData(
        """import os, sys; sys.stdout.write('{"notify": true, "mess'); sys.stdout.flush(); os._exit(1)""",
        "exit status 1"
    )]
    [InlineData("""print('{"notify": null}', flush=True); raise SystemExit(2)""", "exit status 2")]
    [InlineData("while True: print('x' * 65536)", "printed more than 64 MiB")]
    public async Task Every_bad_end_after_the_result_is_said_with_it(string python, string words)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("stock.py", Result + python);

        Assert.Equal(1, (await alice.RoundAsync(("NOTIFY_SCRIPT_TIMEOUT", "6"))).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.StartsWith("3 left\n\n⚠️ ", sent["message"], StringComparison.Ordinal);
        Assert.Contains(words, sent["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""print('{"notify": true, "message": "3 le', end="", flush=True)""")]
    [InlineData(
        """print('{"notify": true, "data": {"notify": true, "message": "inner"}, "mess', end="", flush=True)"""
    )]
    [InlineData("""print('{"rows": [{"notify": true, "message": "inner"},', flush=True)""")]
    [InlineData("""print('{"notify": true, "message": "3 left\\', end="", flush=True)""")]
    [InlineData("""print('{"notify": tr', end="", flush=True)""")]
    [InlineData("pass")]
    public async Task A_result_that_breaks_off_or_never_came_is_a_failure(string python)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("stock.py", $"import os\n{python}\nos._exit(1)");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var told = Assert.Single(alice.Bot.All);
        Assert.Null(told["message"]);
        Assert.Contains("stock.py is failing", told["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_only_lies_beside_it_does_not_cost_its_result()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("_helper.py", "");
        alice.WriteScript("token.py", """print('{"notify": false}')""");
        alice.WriteScript("stock.py", Result + "raise SystemExit(1)");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.StartsWith(
            "3 left\n\n⚠️ The script failed after this: it ended with exit status 1.",
            Assert.Single(alice.Bot.All)["message"],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Its_cooldown_counts_and_a_failure_within_it_is_reported_once()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("stock.py", Result.Replace("0m", "1h", StringComparison.Ordinal));
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        alice.Bot.Take();
        alice.WriteScript(
            "stock.py",
            Result.Replace("0m", "1h", StringComparison.Ordinal) + "raise ValueError('after')"
        );

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var told = Assert.Single(alice.Bot.All);
        Assert.Contains("stock.py fails after its result", told["text"], StringComparison.Ordinal);
        Assert.Contains("ValueError: after", told["text"], StringComparison.Ordinal);
        Assert.Equal("held_by_cooldown", alice.State("stock")!.Value.GetProperty("last_outcome").GetString());
    }

    [Fact]
    public async Task Nothing_to_say_and_a_bad_end_is_told_as_failing()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("stock.py", """print('{"notify": false}', flush=True); raise SystemExit(4)""");

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains("It ended with exit status 4.", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
        var run = await alice.RunAsync("notify-scripts", ["run", "stock.py"]);
        Assert.Equal(1, run.Status);
        Assert.Equal("failed", JsonDocument.Parse(run.Output).RootElement.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_run_on_request_gives_the_result_and_how_it_ended()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("stock.py", Result + "raise ValueError('after')");

        var run = await alice.RunAsync("notify-scripts", ["run", "stock.py"]);

        Assert.Equal(0, run.Status);
        var ran = JsonSerializer.Deserialize(run.Output, HelperContract.Default.RanScript)!;
        Assert.Equal(
            (true, "3 left\n\n⚠️ The script failed after this: it ended with exit status 1.", null),
            (ran.Notify, ran.Message, ran.Error)
        );
        Assert.EndsWith("ValueError: after", ran.BadEnd, StringComparison.Ordinal);
        var listed = Assert.Single(
            JsonSerializer.Deserialize(
                (await alice.RunAsync("notify-scripts", ["list"])).Output,
                HelperContract.Default.ListListedScript
            )!
        );
        Assert.Equal(ScriptOutcome.HandedOver, listed.LastOutcome);
        Assert.Contains("ValueError: after", listed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_bot_does_not_take_it_the_owner_is_told_of_the_failure()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("stock.py", Result + "raise SystemExit(1)");
        alice.Bot.Answer = sent =>
            sent["message"] is null
                ? (200, """{"ok":true,"status":"delivered"}""")
                : (503, """{"error":"The outbox can't be written."}""");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Equal(
            ["3 left", "fails after its result"],
            alice.Bot.All.Select(sent => sent["message"] is null ? "fails after its result" : "3 left")
        );
        Assert.Equal("not_sent", alice.State("stock")!.Value.GetProperty("last_outcome").GetString());
    }
}
