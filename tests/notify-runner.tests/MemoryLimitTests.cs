using Xunit;

namespace Notify.Tests;

/// <summary>The memory limit of a run: what its processes really use together counts.</summary>
public sealed class MemoryLimitTests
{
    private const string Limit = "NOTIFY_SCRIPT_MEMORY_MAX";

    [Fact]
    public async Task Children_that_together_use_more_than_the_limit_end_the_script()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "greedy.py",
            """
            import os, time
            for child in range(3):
                if os.fork() == 0:
                    mine = b"x" * (60 << 20)
                    time.sleep(300)
            time.sleep(300)
            """
        );

        Assert.Equal(1, (await alice.RoundAsync((Limit, "128M"))).Status);

        Assert.Matches(
            "It used 1[3-9][0-9]|2[0-9][0-9] MB of memory, more than its limit of 128 MB, and was stopped.",
            alice.Log
        );
        Assert.Empty(alice.Processes());
    }

    [Fact]
    public async Task Memory_that_is_shared_after_a_fork_or_only_mapped_counts_once_or_not_at_all()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "sharing.py",
            """
            import mmap, os, sys, time
            shared = b"x" * (64 << 20)
            mapped = mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
            children = []
            for child in range(20):
                pid = os.fork()
                if pid == 0:
                    time.sleep(4)
                    os._exit(0)
                children.append(pid)
            for pid in children:
                os.waitpid(pid, 0)
            print('{"notify": true, "message": "shared"}')
            """
        );

        Assert.Equal(0, (await alice.RoundAsync((Limit, "256M"))).Status);

        Assert.Equal("shared", Assert.Single(alice.Bot.All)["message"]);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("1M")]
    [InlineData("much")]
    public async Task A_limit_that_cannot_be_read_is_named(string value)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Analyst.Hello);

        var round = await alice.RoundAsync((Limit, value));

        Assert.Equal(78, round.Status);
        Assert.Contains(
            $"{Limit} holds \"{value}\": it should hold a number and M or G, at least 16M, such as 2G.",
            round.Errors,
            StringComparison.Ordinal
        );
    }
}
