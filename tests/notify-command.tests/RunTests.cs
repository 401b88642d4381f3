using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary><c>notify run</c>: a command, and what is told of its end.</summary>
public sealed class RunTests
{
    private static string Host => Environment.MachineName;

    [Theory]
    [InlineData("true", 0, "✅ true", "Done after")]
    [InlineData("false", 1, "❌ false", "Exit status 1 after")]
    [InlineData("sh -c 'exit 42'", 42, "❌ sh -c exit 42", "Exit status 42 after")]
    [InlineData("sh -c 'kill -9 $$'", 137, "❌ sh -c kill -9 $$", "Ended by signal 9 (SIGKILL) after")]
    public async Task It_ends_as_its_command_and_tells_how(string command, int status, string title, string how)
    {
        await using var person = new Person();

        var ended = await person.ShellAsync($"notify run -- {command}; echo $?");

        Assert.Equal(($"{status}\n", ""), (ended.Output, ended.Errors));
        Assert.Equal(title, person.Sent["title"]);
        Assert.StartsWith(how, person.Text, StringComparison.Ordinal);
        Assert.EndsWith($" s, on {Host} in ~", person.Text, StringComparison.Ordinal);
        Assert.Equal("0", person.Sent["wait"]);
    }

    [Fact]
    public async Task Output_that_a_full_disk_does_not_take_is_missed_aloud()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync("notify run --tail -- sh -c 'echo lost; exit 3' > /dev/full; echo $? >&2");

        Assert.Equal(
            "notify: Not all output of the command could be written: No space left on device.\n3\n",
            ended.Errors
        );
        Assert.EndsWith("lost</pre>", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_streams_are_the_caller_s_own()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync(
            "echo in | notify run -- sh -c 'cat; echo out; echo err >&2; readlink /proc/$$/fd/1' 2> errors > output; cat output errors"
        );

        Assert.Equal($"in\nout\n{person.Folder}/output\nerr\n", ended.Output);
    }

    [Fact]
    public async Task Arguments_environment_and_open_files_come_byte_for_byte()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync(
            """
            export ODD=$'\xfe'
            notify run -- sh -c 'printf "%s.%s.%s." "$1" "$2" "$ODD" | od -An -tx1; cat "$3"' sh $'\xff' '' <(echo through a descriptor)
            """
        );

        Assert.Equal(" ff 2e 2e fe 2e\nthrough a descriptor\n", ended.Output);
    }

    [Fact]
    public async Task A_signal_that_was_ignored_stays_so_and_the_others_have_their_defaults()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync(
            "nohup notify run -- grep SigIgn /proc/self/status; notify run -- grep SigIgn /proc/self/status; notify run -- grep SigBlk /proc/self/status"
        );

        Assert.Equal(
            "SigIgn:\t0000000000000001\nSigIgn:\t0000000000000000\nSigBlk:\t0000000000000000\n",
            ended.Output.Replace("nohup: ignoring input\n", "", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("TERM", "Ended by signal 15 (SIGTERM) after", 143)]
    [InlineData("INT", "Interrupted after", 130)]
    [InlineData("USR1", "Ended by signal 10 after", 138)]
    public async Task A_signal_is_passed_on(string signal, string how, int status)
    {
        await using var person = new Person();
        using var process = person.StartShell("exec notify run -- sh -c 'echo $$ > pid; exec sleep 600'");
        await Eventually.TrueAsync(
            () => File.Exists(Path.Combine(person.Folder, "pid")) && CommandOf(person) == "sleep",
            () => "the command has not begun",
            Person.Cancellation
        );

        await person.ShellAsync($"kill -{signal} {process.Id}");
        var ended = await Person.EndAsync(process);

        Assert.Equal(status, ended.Status);
        Assert.StartsWith(how, person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_took_long_or_failed_is_told_where_that_is_asked()
    {
        await using var person = new Person();

        Assert.Equal(0, (await person.ShellAsync("notify run --only-failure -- true")).Status);
        Assert.Equal(1, (await person.ShellAsync("notify run --if-longer 1h -- false")).Status);
        Assert.Empty(person.Bot.All);

        Assert.Equal(
            1,
            (
                await person.ShellAsync(
                    "notify run --only-failure --if-longer 0s --title 'Night job' --silent --urgent -- false"
                )
            ).Status
        );
        Assert.Equal("❌ Night job", person.Sent["title"]);
        Assert.Equal(("True", "True"), (person.Sent["silent"], person.Sent["urgent"]));
    }

    [Fact]
    public async Task Tail_passes_the_output_on_and_tells_the_last_lines_of_both_streams()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync(
            "notify run --tail 3 -- sh -c 'seq 1 100000; sleep 0.2; echo \"a < b\" >&2; exit 3'; echo $?"
        );

        Assert.Equal(string.Concat(Enumerable.Range(1, 100000).Select(i => $"{i}\n")) + "3\n", ended.Output);
        Assert.Equal("a < b\n", ended.Errors);
        Assert.EndsWith("\n<pre>99999\n100000\na &lt; b</pre>", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_tail_a_reader_that_goes_ends_the_command_as_without()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync("notify run --tail 2 -- yes | head -n 2; echo ${PIPESTATUS[0]}");

        Assert.Equal("y\ny\n141\n", ended.Output);
        Assert.Contains("Ended by signal 13 (SIGPIPE)", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_tail_a_child_in_the_background_is_not_waited_for()
    {
        await using var person = new Person();

        using var process = person.StartShell("notify run --tail -- sh -c 'sleep 600 & echo $! > pid; echo hi'");
        await process.WaitForExitAsync(Person.Cancellation);
        var left = int.Parse(await File.ReadAllTextAsync(Path.Combine(person.Folder, "pid"), Person.Cancellation));
        await person.ShellAsync($"kill {left}");

        Assert.Equal(0, process.ExitCode);
        Assert.EndsWith("<pre>hi</pre>", person.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-command", 127, "There is no command \"no-such-command\", so nothing ran")]
    [InlineData("./file", 126, "\"./file\" can't be run: Permission denied")]
    public async Task A_command_that_can_t_start_is_told_at_the_terminal_alone(
        string command,
        int status,
        string sentence
    )
    {
        await using var person = new Person();
        person.Write("file", "");

        var ended = await person.ShellAsync($"notify run -- {command}");

        Assert.Equal(status, ended.Status);
        Assert.Contains(sentence, ended.Errors, StringComparison.Ordinal);
        Assert.Empty(person.Bot.All);
    }

    [Fact]
    public async Task A_script_without_a_first_line_runs_as_in_a_shell()
    {
        await using var person = new Person();
        var path = person.Write("old-script", "echo \"$1\"\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);

        var ended = await person.ShellAsync(
            "PATH=$PATH:$PWD; notify run -- old-script hello; notify run -- ./old-script there"
        );

        Assert.Equal("hello\nthere\n", ended.Output);
    }

    [Fact]
    public async Task A_bot_that_is_away_does_not_change_the_status()
    {
        await using var person = new Person();

        var ended = await person.ShellAsync("NOTIFY_BOT_SOCKET=$PWD/none.sock notify run -- sh -c 'exit 3'");

        Assert.Equal(3, ended.Status);
        Assert.Contains("The bot is not running", ended.Errors, StringComparison.Ordinal);
    }

    private static string CommandOf(Person person)
    {
        var pid = File.ReadAllText(Path.Combine(person.Folder, "pid")).Trim();
        return pid.Length > 0 && File.Exists($"/proc/{pid}/comm") ? File.ReadAllText($"/proc/{pid}/comm").Trim() : "";
    }
}
