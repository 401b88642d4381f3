using System.Diagnostics;
using System.Globalization;
using Notify.Sandbox;

namespace Notify.Testing;

/// <summary>A real dashboard in a process of its own, as systemd would start it.</summary>
public sealed class WebProcess : ServiceProcess
{
    private WebProcess(Process process, Uri address)
        : base(process, "4000") => Address = address;

    /// <summary>The address that browsers use.</summary>
    public Uri Address { get; }

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
            ["GOOGLE_CLIENT_ID"] = SandboxOptions.SampleGoogleClientId,
            ["GOOGLE_CLIENT_SECRET"] = SandboxOptions.SampleGoogleClientSecret,
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
    public static Task<WebProcess> StartAsync(
        IReadOnlyDictionary<string, string> environment,
        string? user,
        CancellationToken cancellation
    ) => StartAsync([Programs.Path("notify-web")], environment, user, cancellation);

    /// <summary>The same by a command line that becomes the dashboard.</summary>
    public static async Task<WebProcess> StartAsync(
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string> environment,
        string? user,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(environment);
        var web = new WebProcess(
            Start(command[0], environment, user, [.. command.Skip(1)]),
            new Uri(environment["NOTIFY_WEB_URL"])
        );
        await web.WaitUntilItServesAsync(cancellation);
        return web;
    }
}
