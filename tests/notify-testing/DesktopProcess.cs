using System.Diagnostics;
using Xunit;

namespace Notify.Testing;

/// <summary>notify-desktop as a process of a person's own, with a configuration folder of the test's.</summary>
public sealed class DesktopProcess : ServiceProcess
{
    private DesktopProcess(Process process)
        : base(process, "none") { }

    /// <summary>Starts it.</summary>
    public static DesktopProcess Start(DesktopHome home, params string[] arguments) =>
        new(
            Start(
                Programs.Path("notify-desktop"),
                (home ?? throw new ArgumentNullException(nameof(home))).Environment.AsReadOnly(),
                null,
                arguments
            )
        );

    /// <summary>Waits for its connection to the gateway.</summary>
    public Task ConnectedAsync(CancellationToken cancellation) =>
        Eventually.TrueAsync(() => Said.Contains("Connected as", StringComparison.Ordinal), () => Said, cancellation);
}

/// <summary>A folder for the configuration, and what the program is started with.</summary>
public sealed class DesktopHome : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("notify-desktop-").FullName;

    /// <summary>Nothing is configured.</summary>
    public DesktopHome() =>
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["XDG_CONFIG_HOME"] = _folder };

    /// <summary>What the program is started with.</summary>
    public IDictionary<string, string> Environment { get; }

    /// <summary>Where the token is kept.</summary>
    public string TokenFile => Path.Combine(_folder, "notify-desktop", "token");

    /// <summary>Runs a command to its end.</summary>
    /// <param name="input">What is typed.</param>
    /// <param name="arguments">Of the program.</param>
    public async Task<(int Status, string Said)> RunAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Programs.Path("notify-desktop"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process
            .WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return (process.ExitCode, said + await errors);
    }

    /// <summary>Logs in at a gateway, as a person does.</summary>
    public async Task LogInAsync(GatewayScene gateway, string user, string? tokenId = null)
    {
        var (status, said) = await RunAsync(GatewayToken.Of(user, tokenId).ToString(), "login", AddressOf(gateway));
        Assert.True(status == 0, said);
    }

    /// <summary>A gateway's address for clients.</summary>
    public static string AddressOf(GatewayScene gateway) =>
        (gateway ?? throw new ArgumentNullException(nameof(gateway))).Gateway.Address.AbsoluteUri.Replace(
            "http://",
            "ws://",
            StringComparison.Ordinal
        );

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
