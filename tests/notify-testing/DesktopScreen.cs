using System.Buffers.Binary;
using System.Diagnostics;
using System.Drawing;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Notify.Testing;

/// <summary>A screen, a session bus and a real notification service (dunst) on it.</summary>
public sealed class DesktopScreen : IAsyncDisposable
{
    private readonly List<Process> _running = [];
    private readonly string _frames = Directory.CreateTempSubdirectory("notify-screen-").FullName;
    private int _serviceAt = -1;

    /// <summary>The session's bus, as DBUS_SESSION_BUS_ADDRESS has it.</summary>
    public string Bus { get; private set; } = "";

    private string Display { get; set; } = "";

    private Process Service => _running[_serviceAt];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts all three; skips the test, with the reason, where they are not installed.</summary>
    public static async Task<DesktopScreen> StartAsync()
    {
        Assert.SkipUnless(
            File.Exists("/usr/bin/dunst") && File.Exists("/usr/bin/Xvfb"),
            "needs a notification service and a screen: apt-get install dunst xvfb dbus"
        );
        var screen = new DesktopScreen();
        // It chooses a free number and says it once it can be drawn on: a service that comes before that ends at once.
        var server = screen.Start(
            "/usr/bin/Xvfb",
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1024x600x24",
            "-fbdir",
            screen._frames
        );
        screen.Display = ":" + await server.StandardOutput.ReadLineAsync(Cancellation);
        // As --session has it, but that this bus starts no service by itself: the test says when there is one.
        var rules = Path.Combine(screen._frames, "bus.conf");
        await File.WriteAllTextAsync(
            rules,
            """<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>""",
            Cancellation
        );
        var bus = screen.Start("/usr/bin/dbus-daemon", "--config-file=" + rules, "--nofork", "--print-address");
        screen.Bus = (await bus.StandardOutput.ReadLineAsync(Cancellation))!;
        await screen.StartServiceAsync();
        return screen;
    }

    /// <summary>Starts the notification service.</summary>
    public async Task StartServiceAsync()
    {
        Start("/usr/bin/dunst", "-conf", "/dev/null", "-history_length", "500");
        _serviceAt = _running.Count - 1;
        await Eventually.TrueAsync(
            async () => (await RunAsync("/usr/bin/dunstctl", "count")).Status == 0,
            () => "dunst does not answer",
            Cancellation
        );
    }

    /// <summary>The notification service dies.</summary>
    public async Task KillServiceAsync()
    {
        Service.Kill();
        await Service.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    /// <summary>The notification service hangs (STOP), or goes on (CONT).</summary>
    public Task SignalServiceAsync(string signal) =>
        RunAsync("/usr/bin/kill", "-" + signal, Service.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>How many are to be seen on the screen now.</summary>
    public async Task<int> ShownNowAsync() =>
        int.Parse((await RunAsync("/usr/bin/dunstctl", "count", "displayed")).Said, CultureInfo.InvariantCulture);

    /// <summary>Keeps a picture of the screen, or of a part of it, in artifacts/screenshots, beside the built tests.</summary>
    public async Task SnapAsync(string name, Rectangle? part = null)
    {
        // The X server keeps its screen in a file of the format of xwd: 25 numbers, a name, the colours, four bytes a pixel.
        var file = await File.ReadAllBytesAsync(Path.Combine(_frames, "Xvfb_screen0"), Cancellation);
        int Number(int index) => BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(index * 4));
        var (start, width, height, lineBytes) = (Number(0) + (Number(19) * 12), Number(4), Number(5), Number(12));
        var shown = part ?? new Rectangle(0, 0, width, height);
        var lines = Enumerable
            .Range(shown.Y, shown.Height)
            .Select(y =>
            {
                var line = new byte[shown.Width * 3];
                for (var x = 0; x < shown.Width; x++)
                {
                    var at = start + (y * lineBytes) + ((shown.X + x) * 4);
                    (line[x * 3], line[(x * 3) + 1], line[(x * 3) + 2]) = (file[at + 2], file[at + 1], file[at]);
                }

                return line;
            });
        var folder = Directory.CreateDirectory(
            Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "screenshots"))
        );
        await File.WriteAllBytesAsync(
            Path.Combine(folder.FullName, name + ".png"),
            TestPictures.Png(shown.Width, [.. lines]),
            Cancellation
        );
    }

    /// <summary>What is shown or was: titles and bodies.</summary>
    public async Task<string> HistoryAsync()
    {
        // What is shown goes to the history when it is closed.
        await RunAsync("/usr/bin/dunstctl", "close-all");
        var said = (await RunAsync("/usr/bin/dunstctl", "history")).Said;
        return Regex.Unescape(
            said.Replace("\\/", "/", StringComparison.Ordinal).Replace("\\u", "u", StringComparison.Ordinal)
        );
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_running))
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process
                    .WaitForExitAsync(CancellationToken.None)
                    .WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
            }

            process.Dispose();
        }

        Directory.Delete(_frames, recursive: true);
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DISPLAY"] = Display;
        start.Environment["DBUS_SESSION_BUS_ADDRESS"] = Bus;
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        _running.Add(process);
        return process;
    }

    private Task<(int Status, string Said)> RunAsync(string program, params string[] arguments) =>
        RunProgram.ToEndAsync(
            program,
            arguments,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DISPLAY"] = Display,
                ["DBUS_SESSION_BUS_ADDRESS"] = Bus,
            },
            Cancellation
        );
}
