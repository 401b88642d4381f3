using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary><c>notify run</c> and <c>notify done</c> at a real terminal: a pseudoterminal with a shell that has job control.</summary>
public sealed class TerminalTests
{
    /// <summary>
    /// A terminal with an interactive bash. Reads steps, a JSON list each, from its arguments: ["type", TEXT], ["expect", TEXT], ["until", COMMAND], ["hangup"].
    /// </summary>
    private const string Terminal = """
        import json, os, pty, select, signal, sys, time
        steps = json.loads(sys.argv[1])
        pid, fd = pty.fork()
        if pid == 0:
            os.environ["PS1"] = "ready> "
            os.environ["TERM"] = "xterm"
            os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "-i"])
        seen = b""
        def expect(text):
            global seen
            wanted = text.encode()
            until = time.monotonic() + 100
            while wanted not in seen:
                ready, _, _ = select.select([fd], [], [], 1)
                if ready:
                    try:
                        seen += os.read(fd, 65536)
                    except OSError:
                        break
                if time.monotonic() > until:
                    sys.exit(f"{text!r} did not come, but {seen!r}")
            if wanted not in seen:
                sys.exit(f"{text!r} did not come, but {seen!r}")
            seen = seen[seen.index(wanted) + len(wanted):]
        expect("ready> ")
        for step in steps:
            if step[0] == "type":
                os.write(fd, step[1].encode())
            elif step[0] == "expect":
                expect(step[1])
            elif step[0] == "until":
                while os.system(step[1]) != 0:
                    time.sleep(0.05)
            else:
                os.close(fd)
                break
        else:
            os.write(fd, b"exit\n")
            while True:
                try:
                    if not os.read(fd, 65536):
                        break
                except OSError:
                    break
        os.waitpid(pid, 0)
        """;

    [Fact]
    public async Task A_program_that_needs_a_terminal_has_it_and_keys_reach_it()
    {
        await using var person = new Person();
        person.Write(
            "keys.py",
            """
            import os, sys, termios, tty
            assert os.isatty(0) and os.isatty(1) and os.isatty(2)
            assert os.tcgetpgrp(0) == os.getpgrp()
            before = termios.tcgetattr(0)
            tty.setraw(0)
            print("press", end="", flush=True)
            key = os.read(0, 1)
            termios.tcsetattr(0, termios.TCSANOW, before)
            print(" got", key)
            sys.exit(7)
            """
        );

        await TypeAsync(
            person,
            ["type", "notify run -- python3 keys.py; echo status=$?\n"],
            ["expect", "press"],
            ["type", "\u0003"],
            ["expect", "got b'\\x03'"],
            ["expect", "status=7"]
        );

        Assert.StartsWith("Exit status 7 after", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_goes_to_the_command_once_and_it_is_told_as_interrupted()
    {
        await using var person = new Person();
        person.Write(
            "count.py",
            """
            import signal, sys, time
            count = 0
            def interrupted(*_):
                global count
                count += 1
            signal.signal(signal.SIGINT, interrupted)
            print("begun", flush=True)
            while count == 0:
                time.sleep(0.05)
            time.sleep(0.5)
            print(f"times={count}", flush=True)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)
            """
        );

        await TypeAsync(
            person,
            ["type", "notify run -- python3 count.py; echo status=$?\n"],
            ["expect", "begun"],
            ["type", "\u0003"],
            ["expect", "times=1"]
        );

        await Eventually.TrueAsync(() => person.Bot.All.Count == 1, () => "nothing was told", Person.Cancellation);
        Assert.Equal("⚠️ python3 count.py", person.Sent["title"]);
        Assert.StartsWith("Interrupted after", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_Z_stops_both_and_fg_continues_them()
    {
        await using var person = new Person();

        await TypeAsync(
            person,
            ["type", "notify run -- sh -c 'echo $$ > pid; exec cat'\n"],
            ["until", "grep -q cat /proc/$(cat pid)/comm && grep -q '^State:.S' /proc/$(cat pid)/status"],
            ["type", "one\n"],
            ["expect", "one\r\none"],
            ["type", "\u001a"],
            ["expect", "Stopped"],
            ["expect", "ready> "],
            ["until", "grep -q '^State:.T' /proc/$(cat pid)/status"],
            ["type", "fg\n"],
            ["expect", "fg\r\n"],
            ["expect", "notify run"],
            ["until", "grep -q '^State:.S' /proc/$(cat pid)/status"],
            ["type", "two\n"],
            ["expect", "two\r\ntwo"],
            ["type", "\u0004"],
            ["expect", "ready> "]
        );

        Assert.StartsWith("Done after", person.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("notify run -- python3 wait.py")]
    [InlineData("nohup notify run -- python3 wait.py")]
    [InlineData("notify run --tail -- python3 wait.py")]
    public async Task A_closed_terminal_is_outlived(string line)
    {
        await using var person = new Person();
        person.Write(
            "wait.py",
            """
            import os, signal, time
            signal.signal(signal.SIGHUP, lambda *_: None)
            open("begun", "w").close()
            print("begun", flush=True)
            while not os.path.exists("go"):
                time.sleep(0.05)
            try:
                os.write(1, b"a line for nobody")
            except OSError:
                pass
            """
        );

        await TypeAsync(person, ["type", $"{line} < /dev/null\n"], ["until", "test -e begun"], ["hangup"]);
        Assert.Empty(person.Bot.All);
        person.Write("go", "");

        await Eventually.TrueAsync(() => person.Bot.All.Count == 1, () => "nothing was told", Person.Cancellation);
        Assert.StartsWith("Done after", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_a_closed_terminal_ends_is_told()
    {
        await using var person = new Person();

        await TypeAsync(
            person,
            ["type", "notify run -- sh -c 'echo begun here; exec sleep 600'\n"],
            ["expect", "begun here\r\n"],
            ["hangup"]
        );

        await Eventually.TrueAsync(() => person.Bot.All.Count == 1, () => "nothing was told", Person.Cancellation);
        Assert.StartsWith("Ended by signal 1 (SIGHUP) after", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Done_outlives_a_closed_terminal()
    {
        await using var person = new Person();
        using var other = person.Start("/bin/sleep", ["600"]);

        await TypeAsync(
            person,
            ["type", $"notify done --pid {other.Id}\n"],
            [
                "until",
                $"for p in $(pgrep -x notify); do tr '\\0' ' ' < /proc/$p/cmdline | grep -q 'done --pid {other.Id}' && grep -q '^7 .* 0x1 0xffffffff' /proc/$p/syscall && exit 0; done; exit 1",
            ],
            ["hangup"]
        );
        Assert.Empty(person.Bot.All);
        other.Kill();

        await Eventually.TrueAsync(() => person.Bot.All.Count == 1, () => "nothing was told", Person.Cancellation);
        Assert.Equal("🏁 /bin/sleep 600", person.Sent["title"]);
    }

    private static async Task TypeAsync(Person person, params string[][] steps)
    {
        var json = System.Text.Json.JsonSerializer.Serialize(steps);
        var ended = await Person.EndAsync(person.Start("/usr/bin/python3", ["-c", Terminal, json]));
        Assert.True(ended.Status == 0, ended.Errors);
    }
}
