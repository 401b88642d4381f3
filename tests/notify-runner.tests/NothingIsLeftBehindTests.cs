using System.Diagnostics;
using System.Globalization;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>A script's processes: none survives its script, its time limit or its round.</summary>
public sealed class NothingIsLeftBehindTests
{
    /// <summary>Ignores TERM, holds stdout, and leaves a daemon in a session of its own whose environment is empty.</summary>
    private const string Stubborn = """
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)  # left-over child"])
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)  # left-over session"], start_new_session=True)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(300)  # left-over daemon"], {})
            os._exit(0)
        print("started", file=sys.stderr, flush=True)

        """;

    [Fact]
    public async Task C23_a_script_is_done_when_it_ends_and_what_it_left_behind_is_ended()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("export.py", Analyst.Case("C23-background-child"));

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("Export started", Assert.Single(alice.Bot.All)["message"]);
        Assert.Empty(alice.Processes());
    }

    [Fact]
    public async Task C23_a_script_over_its_limit_is_ended_with_all_its_children_and_the_next_one_runs()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("a_sleeper.py", Stubborn + "time.sleep(300)\n");
        alice.WriteScript("b_good.py", """print('{"notify": true, "message": "good"}')""");

        var round = await alice.RoundAsync(("NOTIFY_SCRIPT_TIMEOUT", "1"), ("NOTIFY_RUNNER_PARALLEL", "1"));

        Assert.Equal(1, round.Status);
        Assert.Empty(alice.Processes());
        Assert.Contains(alice.Bot.All, sent => sent["message"] == "good");
        Assert.Contains("a_sleeper.py: failed after", alice.Log, StringComparison.Ordinal);
        Assert.Contains("It ran longer than 1 s and was stopped.", alice.Log, StringComparison.Ordinal);
        Assert.Contains("\n    started", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Daemons_do_not_outlive_a_script_that_ends_well()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("daemons.py", Stubborn + """print('{"notify": true, "message": "good"}')""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("good", Assert.Single(alice.Bot.All)["message"]);
        Assert.Empty(alice.Processes());
    }

    [Theory]
    [InlineData("stdout")]
    [InlineData("stderr")]
    public async Task A_script_that_prints_without_end_is_ended_and_reported(string stream)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "flood.py",
            $"""
            import sys
            for _ in range(2048): sys.{stream}.write("x" * (1 << 20))
            print('{"{"}"notify": true, "message": "2 GB later"{"}"}')
            """
        );

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains("It printed more than 64 MiB and was stopped.", alice.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(alice.Bot.All, sent => sent["message"] == "2 GB later");
        Assert.Empty(alice.Processes());
    }

    [Fact]
    public async Task The_result_is_found_behind_more_output_than_is_kept_and_both_pipes_are_read()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "talker.py",
            """
            import sys
            for _ in range(30): sys.stdout.write("{x " * 50000); sys.stderr.write("y" * 100000)
            print('\n{"notify": true, "message": "the end"}')
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("the end", Assert.Single(alice.Bot.All)["message"]);
        Assert.Contains("other lines besides the JSON result", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_has_an_empty_stdin_no_other_descriptors_and_a_session_of_its_own()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "probe.py",
            """
            import json, os, signal, sys
            fds = sorted(int(f) for f in os.listdir("/proc/self/fd"))
            print(json.dumps({"notify": True, "message": repr([sys.stdin.read(), len(fds), os.getsid(0) == os.getpid() == os.getpgid(0),
                  [s.name for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1) if signal.getsignal(s) == signal.SIG_IGN],
                  len(signal.pthread_sigmask(signal.SIG_BLOCK, []))])}))
            """
        );

        // Descriptors and ignored signals that a careless starter leaves to its children.
        using var process = alice.Start(
            "/bin/bash",
            ["-c", $"trap '' USR1 HUP; exec 7</etc/passwd 9>/dev/null; exec {Programs.Path("notify-runner")}"]
        );
        Assert.Equal(0, (await Analyst.EndAsync(process)).Status);

        // 0, 1, 2 and the one that lists them.
        Assert.Equal("['', 4, True, [], 0]", Assert.Single(alice.Bot.All)["message"]);
    }

    [Fact]
    public async Task A_script_that_still_runs_is_not_started_again_by_the_next_round_and_others_are()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "slow.py",
            """
            import pathlib, time
            home = pathlib.Path.home()
            (home / "running").touch()
            while not (home / "go").exists(): time.sleep(0.01)
            print('{"notify": true, "message": "slow"}')
            """
        );
        using var first = alice.Start("notify-runner", []);
        await Eventually.TrueAsync(
            () => File.Exists(Path.Combine(alice.Home, "running")),
            () => "the script has not started",
            Analyst.Cancellation
        );
        alice.WriteScript("other.py", """print('{"notify": true, "message": "other"}')""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("other", Assert.Single(alice.Bot.Take())["message"]);
        Assert.Contains("slow.py: still running from an earlier round", alice.Log, StringComparison.Ordinal);
        Assert.True(
            (await alice.RunAsync("notify-scripts", ["list"])).Output.Contains(
                "\"name\":\"slow.py\",\"stem\":\"slow\",\"last_run\":null,\"last_run_at\":null,\"last_round_at\":null,\"last_sent\":null,\"cooldown_ends\":null,\"last_outcome\":null,\"error\":null,\"running\":true",
                StringComparison.Ordinal
            )
        );
        var helper = await alice.RunAsync("notify-scripts", ["run", "slow.py"]);
        Assert.Equal(1, helper.Status);
        Assert.Contains("\"reason\":\"already_running\"", helper.Output, StringComparison.Ordinal);

        alice.Account.Write("go", "");
        Assert.Equal(0, (await Analyst.EndAsync(first)).Status);
        Assert.Equal("slow", Assert.Single(alice.Bot.All)["message"]);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    [InlineData("HUP", 129)]
    public async Task A_round_that_is_told_to_end_passes_it_on_and_leaves_nothing(string signal, int status)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "sleeper.py",
            Stubborn
                + """
                open(os.path.expanduser("~/running"), "w").close()
                time.sleep(300)
                """
        );
        using var round = alice.Start("notify-runner", []);
        await Eventually.TrueAsync(
            () => File.Exists(Path.Combine(alice.Home, "running")),
            () => "the script has not started",
            Analyst.Cancellation
        );

        Signal(round.Id, signal);

        Assert.Equal(status, (await Analyst.EndAsync(round)).Status);
        Assert.Empty(alice.Processes());
        Assert.Null(alice.State("sleeper"));
        Assert.Empty(alice.Bot.All);
        Assert.Contains("told to end", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_on_its_way_to_the_bot_is_answered_and_kept_before_a_round_ends()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", """print('{"notify": true, "message": "hello"}')""");
        using var arrived = new ManualResetEventSlim();
        using var answer = new ManualResetEventSlim();
        alice.Bot.Answer = _ =>
        {
            arrived.Set();
            answer.Wait(Analyst.Cancellation);
            return (200, """{"ok":true,"status":"delivered"}""");
        };
        using var round = alice.Start("notify-runner", []);
        await Eventually.TrueAsync(() => arrived.IsSet, () => "nothing has arrived", Analyst.Cancellation);

        Signal(round.Id, "TERM");
        answer.Set();

        Assert.Equal(143, (await Analyst.EndAsync(round)).Status);
        Assert.Equal("delivered", alice.State("hello")!.Value.GetProperty("last_outcome").GetString());
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.All);
    }

    [Fact]
    public async Task A_script_of_a_killed_round_is_ended_by_the_next_round_before_it_starts_again()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "sleeper.py",
            """
            import os, time
            if not os.path.exists(os.path.expanduser("~/running")):
                open(os.path.expanduser("~/running"), "w").close()
                time.sleep(300)
            print('{"notify": true, "message": "second"}')
            """
        );
        using var round = alice.Start("notify-runner", []);
        await Eventually.TrueAsync(
            () => File.Exists(Path.Combine(alice.Home, "running")),
            () => "the script has not started",
            Analyst.Cancellation
        );
        Signal(round.Id, "KILL");
        await round.WaitForExitAsync(Analyst.Cancellation);
        Assert.NotEmpty(alice.Processes("sleeper.py"));

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("second", Assert.Single(alice.Bot.All)["message"]);
        await Eventually.TrueAsync(
            () => alice.Processes().Count == 0,
            () => "the orphan is still there",
            Analyst.Cancellation
        );
    }

    [Fact]
    public async Task The_helper_leaves_nothing_behind_either()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("daemons.py", Stubborn + """print('{"notify": true, "message": "good"}')""");
        alice.WriteScript("sleeper.py", Stubborn + "time.sleep(300)\n");

        Assert.Equal(0, (await alice.RunAsync("notify-scripts", ["run", "daemons.py"])).Status);
        Assert.Empty(alice.Processes());

        var late = await alice.RunAsync("notify-scripts", ["run", "sleeper.py"], ("NOTIFY_SCRIPT_TIMEOUT", "1"));
        Assert.Equal(1, late.Status);
        Assert.Contains("\"reason\":\"timeout\"", late.Output, StringComparison.Ordinal);
        Assert.Empty(alice.Processes());
    }

    private static void Signal(int process, string signal)
    {
        using var kill = Process.Start("/bin/kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
