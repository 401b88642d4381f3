using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Notify.Testing;

/// <summary>A screen, a session bus and a real notification service (dunst) on it.</summary>
public sealed class DesktopScreen : IAsyncDisposable
{
    private readonly List<Process> _running = [];

    /// <summary>The session's bus, as DBUS_SESSION_BUS_ADDRESS has it.</summary>
    public string Bus { get; private set; } = "";

    private string Display { get; set; } = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts all three; skips the test, with the reason, where they are not installed.</summary>
    public static async Task<DesktopScreen> StartAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dunst") && File.Exists("/usr/bin/Xvfb"), "needs a notification service and a screen: apt-get install dunst xvfb dbus");
        var screen = new DesktopScreen { Display = string.Create(CultureInfo.InvariantCulture, $":{FreePort.Next() % 10_000 + 100}") };
        screen.Start("/usr/bin/Xvfb", screen.Display, "-screen", "0", "1024x600x24");
        var bus = screen.Start("/usr/bin/dbus-daemon", "--session", "--nofork", "--print-address");
        screen.Bus = (await bus.StandardOutput.ReadLineAsync(Cancellation))!;
        screen.Start("/usr/bin/dunst", "-conf", "/dev/null", "-history_length", "500");
        await Eventually.TrueAsync(async () => (await screen.RunAsync("/usr/bin/dunstctl", "count")).Status == 0, () => "dunst does not answer", Cancellation);
        return screen;
    }

    /// <summary>What is shown or was: titles and bodies.</summary>
    public async Task<string> HistoryAsync()
    {
        // What is shown goes to the history when it is closed.
        await RunAsync("/usr/bin/dunstctl", "close-all");
        var said = (await RunAsync("/usr/bin/dunstctl", "history")).Said;
        return Regex.Unescape(said.Replace("\\/", "/", StringComparison.Ordinal).Replace("\\u", "u", StringComparison.Ordinal));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_running))
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
            }

            process.Dispose();
        }
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DISPLAY"] = Display;
        start.Environment["DBUS_SESSION_BUS_ADDRESS"] = Bus;
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        _running.Add(process);
        return process;
    }

    private Task<(int Status, string Said)> RunAsync(string program, params string[] arguments) => RunProgram.ToEndAsync(
        program, arguments, new Dictionary<string, string>(StringComparer.Ordinal) { ["DISPLAY"] = Display, ["DBUS_SESSION_BUS_ADDRESS"] = Bus }, Cancellation);
}
