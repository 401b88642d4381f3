using System.Globalization;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary><c>notify done --pid</c>: waits for a process that already runs.</summary>
public sealed class DoneTests
{
    [Fact]
    public async Task It_tells_when_a_process_of_one_s_own_ends()
    {
        await using var person = new Person();
        using var other = person.Start("/bin/sh", ["-c", "read line; exit 3"]);

        using var waiting = person.StartShell($"exec notify done --pid {other.Id}");
        await Eventually.TrueAsync(() => Waits(waiting.Id), () => "it does not wait yet", Person.Cancellation);
        Assert.Empty(person.Bot.All);
        other.StandardInput.Close();
        var ended = await Person.EndAsync(waiting);

        Assert.Equal(new Ended(0, "", ""), ended);
        Assert.Equal("🏁 /bin/sh -c read line; exit 3", person.Sent["title"]);
        Assert.StartsWith($"Process {other.Id} ended after ", person.Text, StringComparison.Ordinal);
        Assert.EndsWith($" s, on {Environment.MachineName} in ~", person.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_of_somebody_else_s_is_not_told_of()
    {
        await using var person = new Person();
        await using var bob = await TestAccount.CreateAsync("bob");
        File.SetUnixFileMode(person.Folder, (UnixFileMode)0b111_101_101);

        var (status, said) = await bob.RunAsync(
            Person.Program,
            ["done", "--pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_BOT_SOCKET"] = person.Bot.SocketPath },
            Person.Cancellation
        );

        Assert.Equal(77, status);
        Assert.Contains($"Process {Environment.ProcessId} is not yours.", said, StringComparison.Ordinal);
        Assert.Empty(person.Bot.All);
    }

    [Fact]
    public async Task A_process_that_does_not_exist_is_refused()
    {
        await using var person = new Person();

        var ended = await person.NotifyAsync("done", "--pid", "4194303");

        Assert.Equal(65, ended.Status);
        Assert.Contains("There is no process 4194303", ended.Errors, StringComparison.Ordinal);
    }

    /// <summary>Whether a process waits without a limit in poll(2), the system call 7.</summary>
    private static bool Waits(int pid)
    {
        try
        {
            var call = File.ReadAllText($"/proc/{pid}/syscall").Split(' ');
            return call is ["7", _, "0x1", "0xffffffff" or "0xffffffffffffffff", ..];
        }
        catch (IOException)
        {
            return false;
        }
    }
}
