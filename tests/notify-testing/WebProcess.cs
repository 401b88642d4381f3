using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Notify.Testing;

/// <summary>A real dashboard in a process of its own, as systemd would start it.</summary>
public sealed class WebProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource _serves = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WebProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
    }

    /// <summary>The address that browsers use.</summary>
    public Uri Address { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its exit status, once it has ended.</summary>
    public int ExitStatus => _process.ExitCode;

    /// <summary>What it has printed.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>The settings that it can't do without, for a dashboard at a free port of this machine that lets people in with a sandbox's Google.</summary>
    /// <param name="google">The sandbox's Google.</param>
    /// <param name="folder">A folder of the test's; its state goes into <c>web</c> and the shared files into <c>data</c>.</param>
    public static IDictionary<string, string> Settings(Uri google, string folder)
    {
        ArgumentNullException.ThrowIfNull(google);
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["NOTIFY_WEB_URL"] = address,
            ["NOTIFY_WEB_LISTEN"] = address,
            ["NOTIFY_OIDC_AUTHORITY"] = google.AbsoluteUri,
            ["GOOGLE_CLIENT_ID"] = Sandbox.SandboxOptions.SampleGoogleClientId,
            ["GOOGLE_CLIENT_SECRET"] = Sandbox.SandboxOptions.SampleGoogleClientSecret,
            ["NOTIFY_ALLOWED_DOMAINS"] = "example.com,partner.example",
            ["NOTIFY_JWT_SECRET"] = "a sample of a secret, long enough and of no system",
            ["NOTIFY_WEB_STATE_DIR"] = Path.Combine(folder, "web"),
            ["NOTIFY_DATA_DIR"] = Path.Combine(folder, "data"),
        };
    }

    /// <summary>Starts a dashboard and waits until it serves, or has ended.</summary>
    /// <param name="environment">All of its environment, beside PATH.</param>
    /// <param name="user">The account it runs as, with all its groups; null is this test's own.</param>
    /// <param name="cancellation">The test's.</param>
    public static async Task<WebProcess> StartAsync(IReadOnlyDictionary<string, string> environment, string? user, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var program = Programs.Path("notify-web");
        return await StartAsync(
            user is null ? [program] : ["/usr/bin/setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", "--", program], environment, cancellation);
    }

    /// <summary>Starts a dashboard by a command line that ends in it.</summary>
    public static async Task<WebProcess> StartAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(environment);
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var web = new WebProcess(Process.Start(start)!, new Uri(environment.GetValueOrDefault("NOTIFY_WEB_URL") ?? environment["NOTIFY_WEB_LISTEN"]));
        await Task.WhenAny(web._serves.Task, web._process.WaitForExitAsync(cancellation)).WaitAsync(Patience, cancellation);
        return web;
    }

    /// <summary>TERM, and the wait for its end.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        using var kill = Process.Start("/usr/bin/kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync(cancellation).WaitAsync(Patience, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience);
        }

        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_said)
        {
            _said.AppendLine(line);
        }

        if (line.Contains("INFO 4000 ", StringComparison.Ordinal))
        {
            _serves.TrySetResult();
        }
    }
}
