using System.Diagnostics;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A real cron that runs alice's rounds, apart from the machine's own; ended when the test is.</summary>
internal sealed class PrivateCron : IAsyncDisposable
{
    /// <summary>
    /// A cron with a table of its own, which sees neither the machine's crontabs nor its pid file, and so neither disturbs nor needs the machine's
    /// cron. $1 is the crontab, $2 its user.
    /// </summary>
    private const string Script = """
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

    private readonly Process _cron;

    private PrivateCron(Process cron) => _cron = cron;

    /// <summary>Whether it has ended, which it does not by itself.</summary>
    internal bool HasExited => _cron.HasExited;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it with one line, which it runs at its start. The crontab stays in the machine's folder.</summary>
    /// <param name="machine">Whose alice it runs.</param>
    /// <param name="variables">Lines above that line, behind those that the machine needs.</param>
    internal static Task<PrivateCron> RunOnceAsync(Machine machine, string variables = "") =>
        RunAsync(machine, variables, ["@reboot"]);

    /// <summary>Starts it with a round each minute, and one at its start.</summary>
    /// <param name="machine">Whose alice it runs.</param>
    internal static Task<PrivateCron> RunEachMinuteAsync(Machine machine) =>
        RunAsync(machine, "", ["@reboot", "* * * * *"]);

    private static async Task<PrivateCron> RunAsync(Machine machine, string variables, string[] times)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/cron"), "needs cron: apt-get install cron");
        var mayMount = await RunProgram.ToEndAsync(
            "/usr/bin/unshare",
            ["--mount", "true"],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        Assert.SkipUnless(
            mayMount.Status == 0,
            $"needs the right to mount, to keep its cron apart from the machine's: {mayMount.Said}"
        );
        // A build's output finds its runtime by this; what is published needs nothing.
        var runtime = Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root
            ? $"DOTNET_ROOT={root}\n"
            : "";
        var crontab = Path.Combine(machine.Folder, "crontab");
        await File.WriteAllTextAsync(
            crontab,
            $"""
            LANG=C
            PATH=/usr/bin:/bin
            NOTIFY_DATA_DIR={machine.Data}
            {runtime}{variables}{string.Join(
                '\n',
                times.Select(time => $"{time} env -u USER -u LOGNAME {Programs.Path("notify-runner")} > cron-said 2>&1")
            )}

            """,
            Cancellation
        );

        var start = new ProcessStartInfo(
            "/usr/bin/unshare",
            ["--mount", "--", "/bin/sh", "-c", Script, "sh", crontab, machine.Alice.Name]
        )
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        return new PrivateCron(Process.Start(start)!);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _cron.Kill(entireProcessTree: true);
        await _cron.WaitForExitAsync(CancellationToken.None);
        _cron.Dispose();
    }
}
