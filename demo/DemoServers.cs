using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Notify.Contracts;
using Notify.Sandbox;
using Notify.Sending;
using Group = Notify.Posix.Group;

namespace Notify.Demo;

/// <summary>Where the sandbox serves.</summary>
/// <param name="Api">Telegram's Bot API.</param>
/// <param name="Phone">The phone page and the control API.</param>
/// <param name="Google">The OpenID provider.</param>
internal sealed record SandboxAddresses(Uri Api, Uri Phone, Uri Google);

/// <summary>Starts what serves in the demo, and waits until it does.</summary>
internal sealed partial class DemoServers(
    DemoOptions options,
    Programs programs,
    ScratchFolder scratch,
    DemoHome home,
    Story story
)
{
    /// <summary>Generous, since it may run on a busy machine; what is waited for takes a second or two.</summary>
    internal static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The domain of the sample analyst's Google account; nobody's (RFC 2606).</summary>
    private const string Domain = "example.com";

    /// <summary>The sample analyst's Google account: what stands before the @ is the Unix user, as in an organisation with one directory.</summary>
    internal string Email => $"{home.Account.Name}@{Domain}";

    private readonly string _jwtSecret = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
    private readonly int _gatewayPort = FreePort(0);

    /// <summary>The dashboard's address.</summary>
    internal Uri Dashboard { get; } = new($"http://127.0.0.1:{FreePort(options.WebPort)}/");

    /// <summary>Starts what plays Telegram and Google; gives its addresses.</summary>
    internal async Task<SandboxAddresses> StartSandboxAsync(CancellationToken cancellation)
    {
        var (process, line) = await programs.ServeAsync(
            "notify-sandbox",
            ["--phone-listen", $"http://127.0.0.1:{FreePort(options.PhonePort)}", "--google-account", Email],
            Programs.EnvironmentOf(("PATH", Programs.CronPath)),
            cancellation
        );
        var addresses = Addresses().Match(line ?? "");
        if (!addresses.Success || process.HasExited)
        {
            throw new DemoException($"The sandbox did not start. {programs.LastWords("notify-sandbox")}");
        }

        story.Step("sandbox", "plays Telegram and Google on this machine");
        return new SandboxAddresses(
            new Uri(addresses.Groups["api"].Value),
            new Uri(new Uri(addresses.Groups["phone"].Value), "/"),
            new Uri(addresses.Groups["google"].Value)
        );
    }

    /// <summary>Starts the gateway, which open pages and desktops connect to.</summary>
    internal async Task StartGatewayAsync(CancellationToken cancellation)
    {
        var (gateway, _) = await programs.ServeAsync(
            "notify-gateway",
            [],
            Programs.EnvironmentOf([
                .. SharedSettings(),
                ("STATE_DIRECTORY", scratch.GatewayStateFolder),
                ("NOTIFY_JWT_SECRET", _jwtSecret),
            ]),
            cancellation
        );
        await UntilAsync(
            "notify-gateway",
            gateway,
            () => Task.FromResult(File.Exists(scratch.GatewaySocket)),
            "does not serve",
            cancellation
        );
        story.Step("gateway", "passes notifications on to open pages and desktops");
    }

    /// <summary>Starts the bot; it is there and polls when this returns.</summary>
    internal async Task<Process> StartBotAsync(Uri api, CancellationToken cancellation)
    {
        var (bot, _) = await programs.ServeAsync(
            "notify-bot",
            [],
            Programs.EnvironmentOf([
                .. SharedSettings(),
                ("TELEGRAM_BOT_TOKEN", SandboxOptions.SampleToken),
                ("TELEGRAM_API_URL", api.ToString()),
                ("NOTIFY_SCRIPTS_BIN", programs.PathOf("notify-scripts")),
            ]),
            cancellation
        );
        await UntilHealthAsync(
            bot,
            health => health.Telegram?.State == TelegramState.Ok,
            "is not healthy",
            cancellation
        );
        story.Step("bot", "polls it and serves the send API on a Unix socket");
        return bot;
    }

    /// <summary>Starts the dashboard; people can log in when this returns.</summary>
    internal async Task StartWebAsync(Uri google, CancellationToken cancellation)
    {
        var (web, _) = await programs.ServeAsync(
            "notify-web",
            [],
            Programs.EnvironmentOf([
                .. SharedSettings(),
                ("NOTIFY_WEB_LISTEN", Dashboard.GetLeftPart(UriPartial.Authority)),
                ("NOTIFY_WEB_STATE_DIR", scratch.WebStateFolder),
                ("NOTIFY_OIDC_AUTHORITY", google.ToString()),
                ("NOTIFY_ALLOWED_DOMAINS", Domain),
                ("GOOGLE_CLIENT_ID", SandboxOptions.SampleGoogleClientId),
                ("GOOGLE_CLIENT_SECRET", SandboxOptions.SampleGoogleClientSecret),
                ("NOTIFY_JWT_SECRET", _jwtSecret),
            ]),
            cancellation
        );
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Dashboard };
        await UntilAsync("notify-web", web, () => IsServingAsync(http, cancellation), "does not serve", cancellation);
        story.Step("web", "the dashboard, with its login by way of that Google");
    }

    private static async Task<bool> IsServingAsync(HttpClient http, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("healthz", UriKind.Relative), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>What bot, gateway and dashboard are told alike.</summary>
    private List<(string Name, string Value)> SharedSettings()
    {
        var account = home.Account;
        var groups = account
            .Groups()
            .Select(Group.Find)
            .OfType<Group>()
            .Where(g => UserName.TryParse(g.Name, out _))
            .ToList();
        var own = groups.Find(g => g.Gid == account.Gid);
        var analysts = groups.Find(g => g.Name == "dataread") ?? own;
        List<(string, string)> settings =
        [
            ("PATH", Programs.CronPath),
            ("HOME", account.Home),
            ("NOTIFY_DATA_DIR", scratch.DataFolder),
            ("NOTIFY_INSTANCE_NAME", "Demo"),
            ("NOTIFY_WEB_URL", Dashboard.GetLeftPart(UriPartial.Authority)),
            ("NOTIFY_GATEWAY_SOCKET", scratch.GatewaySocket),
            ("NOTIFY_GATEWAY_LISTEN", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_gatewayPort}")),
        ];
        if (analysts is not null)
        {
            settings.Add(("NOTIFY_ANALYST_GROUP", analysts.Name));
        }

        if (own is not null)
        {
            settings.Add(("NOTIFY_TRUSTED_GROUP", own.Name));
        }

        return settings;
    }

    /// <summary>Waits until the phone has all that the bot was given: then what is not there never comes.</summary>
    internal Task UntilDeliveredAsync(Process bot, CancellationToken cancellation) =>
        UntilHealthAsync(bot, health => health.Queue?.Length == 0, "still has notifications to deliver", cancellation);

    private async Task UntilHealthAsync(
        Process bot,
        Predicate<BotHealth> isSo,
        string problem,
        CancellationToken cancellation
    )
    {
        var client = new SendApiClient(scratch.BotSocket, TimeProvider.System);
        await UntilAsync("notify-bot", bot, () => Task.FromResult(IsSo()), problem, cancellation);

        bool IsSo()
        {
            try
            {
                var answer = client.Get("/health", cancellation);
                return answer.IsOk && answer.Read(HealthContract.Json.BotHealth) is { } health && isSo(health);
            }
            catch (BotUnreachableException)
            {
                return false;
            }
        }
    }

    private async Task UntilAsync(
        string program,
        Process process,
        Func<Task<bool>> isSo,
        string problem,
        CancellationToken cancellation
    )
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (process.HasExited)
            {
                throw new DemoException(
                    $"{program} ended with status {process.ExitCode}. {programs.LastWords(program)}"
                );
            }

            if (TimeProvider.System.GetElapsedTime(since) > StartTimeout)
            {
                throw new DemoException(
                    $"{program} {problem} after {StartTimeout.TotalSeconds:0} s. {programs.LastWords(program)}"
                );
            }

            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, cancellation);
        }
    }

    /// <summary>The wanted port, so that a page that is open from the last demo comes alive again; another free one where it is taken.</summary>
    private static int FreePort(int wanted)
    {
        // Below what the kernel gives to outgoing connections, one of which could take it before the server does.
        for (
            var port = wanted == 0 ? RandomNumberGenerator.GetInt32(20_000, 32_000) : wanted;
            ;
            port = RandomNumberGenerator.GetInt32(20_000, 32_000)
        )
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it: another one.
            }
        }
    }

    [GeneratedRegex(@"Bot API (?<api>\S+) phone page (?<phone>\S+) google (?<google>\S+)", RegexOptions.None, 1000)]
    private static partial Regex Addresses();
}
