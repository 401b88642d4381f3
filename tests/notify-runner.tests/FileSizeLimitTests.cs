using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>A limit on the size of files (<c>ulimit -f</c>) makes writes fail and does not end the runner.</summary>
public sealed class FileSizeLimitTests
{
    /// <summary>.NET maps its code twice through a file in memory, to which the limit applies; the published program has no such file.</summary>
    private static readonly (string, string) WithoutCodeFile = ("DOTNET_EnableWriteXorExecute", "0");

    [Fact]
    public async Task A_log_that_has_reached_the_limit_costs_its_entry_only()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);
        alice.Account.Write(".notifications/logs/runner.log", new string('x', 9_000) + "\n");

        var ended = await alice.RunAsync(
            "/bin/sh",
            ["-c", "ulimit -f 8; exec \"$0\"", Programs.Path("notify-runner")],
            WithoutCodeFile
        );

        Assert.Equal(new Ended(0, "", ""), ended);
        Assert.Equal("From a script", Assert.Single(alice.Bot.All)["message"]);
        Assert.Equal("delivered", alice.State("sales")!.Value.GetProperty("last_outcome").GetString());
        Assert.Equal(9_001, alice.Log.Length);
    }

    [Fact]
    public async Task Where_nothing_can_be_written_the_alert_is_sent_under_its_key_and_says_so()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);

        for (var round = 0; round < 2; round++)
        {
            var ended = await alice.RunAsync(
                "/usr/bin/prlimit",
                ["--fsize=0", "--", Programs.Path("notify-runner")],
                WithoutCodeFile
            );
            Assert.Equal((1, ""), (ended.Status, ended.Errors));
        }

        var sent = alice.Bot.All;
        Assert.Equal(2, sent.Count);
        Assert.StartsWith("From a script\n\n⚠️ ", sent[0]["message"], StringComparison.Ordinal);
        Assert.Contains("File too large", sent[0]["message"], StringComparison.Ordinal);
        Assert.NotNull(sent[0]["key"]);
        Assert.Equal(sent[0]["key"], sent[1]["key"]);
    }

    [Fact]
    public async Task What_a_script_starts_has_the_signal_at_its_default()
    {
        await using var alice = await Analyst.CreateAsync();

        // Python ignores the signal for itself, and subprocess puts the default back.
        alice.WriteScript(
            "sales.py",
            """
            import os, subprocess
            ended = subprocess.run(["/bin/sh", "-c", "ulimit -c 0; ulimit -f 0; echo x > ~/file"], stderr=subprocess.DEVNULL)
            print('{"notify": true, "message": "%d"}' % ended.returncode)
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("-25", Assert.Single(alice.Bot.All)["message"]);
    }
}
