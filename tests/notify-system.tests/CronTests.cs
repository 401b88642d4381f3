using System.Diagnostics;
using System.Security.Cryptography;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The whole way: a real cron, alice's crontab, the runner, the bot, the phone.</summary>
public sealed class CronTests
{
    /// <summary>
    /// A cron with a table of its own, which sees neither the machine's crontabs nor its pid file, and so neither disturbs nor needs the machine's
    /// cron. $1 is the crontab, $2 its user.
    /// </summary>
    private const string PrivateCron = """
        set -e
        mount --make-rprivate /
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /var/spool/cron
        mount -t tmpfs tmpfs /etc/cron.d
        : > /run/crontab
        mount --bind /run/crontab /etc/crontab
        mkdir -m 1730 /var/spool/cron/crontabs
        install -o "$2" -m 0600 "$1" "/var/spool/cron/crontabs/$2"
        exec cron -f
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cron_brings_a_text_and_a_chart_to_the_phone_from_a_bare_environment()
    {
        await using var machine = await Machine.StartAsync();
        Assert.SkipUnless(File.Exists("/usr/sbin/cron"), "needs cron: apt-get install cron");
        var mayMount = await RunProgram.ToEndAsync("/usr/bin/unshare", ["--mount", "true"], new Dictionary<string, string>(StringComparer.Ordinal), Cancellation);
        Assert.SkipUnless(mayMount.Status == 0, $"needs the right to mount, to keep its cron apart from the machine's: {mayMount.Said}");
        var chart = TestPictures.Png(400, 300, "revenue");
        machine.Alice.Write("chart.png", chart);
        machine.Script("environment.py", """
            import json, os
            seen = {name: os.environ.get(name) for name in ("LANG", "PATH", "HOME", "MPLBACKEND")}
            print(json.dumps({"notify": True, "title": "From cron", "message": "é ✓ " + json.dumps(seen, sort_keys=True)}))
            """);
        machine.Script("chart.py", """
            import json, os
            print(json.dumps({"notify": True, "title": "Revenue", "message": "*Up* 3 %", "image_path": os.path.expanduser("~/chart.png")}))
            """);

        // A build's output finds its runtime by this; what is published needs nothing.
        var runtime = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? $"DOTNET_ROOT={root}\n" : "";
        var crontab = Path.Combine(machine.Folder, "crontab");
        await File.WriteAllTextAsync(crontab, $"""
            LANG=C
            PATH=/usr/bin:/bin
            NOTIFY_DATA_DIR={machine.Data}
            {runtime}@reboot env -u USER -u LOGNAME {Programs.Path("notify-runner")} > cron-said 2>&1

            """, Cancellation);

        var start = new ProcessStartInfo("/usr/bin/unshare", ["--mount", "--", "/bin/sh", "-c", PrivateCron, "sh", crontab, machine.Alice.Name])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        using var cron = Process.Start(start)!;
        try
        {
            // At its start, which is a machine's boot to it: it runs a line of that kind as it runs all others, without the wait for the next minute.
            for (var i = 0; i < 600 && (await machine.Messages()).Count < 2; i++)
            {
                Assert.False(cron.HasExited, "cron ended");
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
            }

            var messages = await machine.Messages();
            Assert.True(messages.Count == 2, $"{messages.Count} messages; the runner logged: {machine.RunnerLog}");
            Assert.Contains(messages, m => m.Text ==
                "From cron\né ✓ " + $$"""{"HOME": "{{machine.Alice.Home}}", "LANG": "C", "MPLBACKEND": "Agg", "PATH": "/usr/bin:/bin"}""");
            var report = Assert.Single(messages, m => m.Text == "Revenue\nUp 3 %");
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(chart)), report.Photo?.Sha256);
            await Eventually.TrueAsync(
                () => machine.LastSent("chart.py") is not null && machine.LastSent("environment.py") is not null, () => $"no cooldown is kept; {machine.RunnerLog}", Cancellation);
            Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(machine.Alice.Home, "cron-said"), Cancellation));
        }
        finally
        {
            cron.Kill(entireProcessTree: true);
            await cron.WaitForExitAsync(CancellationToken.None);
        }
    }
}
