using System.Net;
using System.Text;
using Notify.Dispatching;
using Notify.Hosting;
using Notify.Settings;

namespace Notify.Web;

/// <summary>What the dashboard is told by its environment (specification, section 2), read once at start.</summary>
public sealed record WebSettings
{
    /// <summary>The folder of the shared state.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where the bot listens.</summary>
    public required string BotSocket { get; init; }

    /// <summary>Whose members are analysts, and so may log in.</summary>
    public required string AnalystGroup { get; init; }

    /// <summary>The name shown to people.</summary>
    public required string InstanceName { get; init; }

    /// <summary>The address that browsers use, with its path if it has one; without a slash at the end.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>Where to listen; systemd's sockets go before it.</summary>
    public required ListenPoint Listen { get; init; }

    /// <summary>The OpenID provider.</summary>
    public required Uri Authority { get; init; }

    /// <summary>The proxies through which the provider is reached; null where there are none.</summary>
    public OutgoingProxy? Proxy { get; init; }

    /// <summary>As what this dashboard is registered at the provider.</summary>
    public required string ClientId { get; init; }

    /// <summary>The secret that goes with it.</summary>
    public required string ClientSecret { get; init; }

    /// <summary>E-mail domains that may log in, in lower case; the first is the one whose names are Unix names.</summary>
    public required IReadOnlyList<string> AllowedDomains { get; init; }

    /// <summary>The file that gives Unix users to e-mail addresses; null where there is none.</summary>
    public string? UserMap { get; init; }

    /// <summary>The folder of what only the dashboard may read: session keys, ended sessions.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The bot's name without <c>@</c>; null: the bot is asked.</summary>
    public string? BotUsername { get; init; }

    /// <summary>What tokens for the gateway are signed with, at least 32 bytes.</summary>
    public required string JwtSecret { get; init; }

    /// <summary>The one before, while rotating.</summary>
    public string? PreviousJwtSecret { get; init; }

    /// <summary>Where the gateway takes calls.</summary>
    public required string GatewaySocket { get; init; }

    /// <summary>Whose members may listen there.</summary>
    public required string TrustedGroup { get; init; }

    /// <summary>The gateway's address for pages and desktops.</summary>
    public required Uri GatewayUrl { get; init; }

    /// <summary>Whether browsers come by https, so that cookies are Secure.</summary>
    public bool IsSecure => PublicUrl.Scheme == Uri.UriSchemeHttps;

    /// <summary>The path under which the dashboard lies, without a slash at the end; empty for the root.</summary>
    public string BasePath => PublicUrl.AbsolutePath.TrimEnd('/');

    /// <summary>What browsers say in <c>Origin</c>.</summary>
    public string Origin => PublicUrl.GetLeftPart(UriPartial.Authority);

    private const int LongestSocketPath = Sending.SendApiClient.LongestPath;
    private const int LeastSecretBytes = 32;

    /// <summary>Reads and checks all settings.</summary>
    /// <exception cref="SettingsException">At least one is wrong.</exception>
    public static WebSettings Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        const string JwtShape = "at least 32 bytes of secret (openssl rand -base64 48)";
        static bool IsLong(string secret) => Encoding.UTF8.GetByteCount(secret) >= LeastSecretBytes;
        var dataFolder = DataFolderSetting.Read(reader);
        var listen = ListenPoint.Read(reader, "NOTIFY_WEB_LISTEN", "http://127.0.0.1:5000");
        var publicUrl = ReadPublicUrl(reader, listen);
        var settings = new WebSettings
        {
            DataFolder = dataFolder,
            BotSocket = reader.AbsolutePath("NOTIFY_BOT_SOCKET", Path.Combine(dataFolder, "bot.sock")),
            AnalystGroup = reader.GroupName("NOTIFY_ANALYST_GROUP", "dataread"),
            InstanceName = reader.Text("NOTIFY_INSTANCE_NAME", "Data Analyst"),
            Listen = listen,
            PublicUrl = publicUrl,
            GatewaySocket = SocketFile.ReadPath(reader, "NOTIFY_GATEWAY_SOCKET", Dispatching.GatewaySocket.DefaultPath),
            TrustedGroup = reader.GroupName("NOTIFY_TRUSTED_GROUP", "data-ops"),
            GatewayUrl = GatewayAddress.Of(
                publicUrl,
                ListenPoint.Read(reader, "NOTIFY_GATEWAY_LISTEN", GatewayAddress.DefaultListen)
            ),
            Authority = ReadAuthority(reader),
            Proxy = OutgoingProxy.Read(reader),
            ClientId = reader.RequiredText(
                "GOOGLE_CLIENT_ID",
                "the client id from the Google Cloud console (APIs & Services, Credentials)"
            ),
            ClientSecret = reader.Secret(
                "GOOGLE_CLIENT_SECRET",
                secret => secret.Length > 0,
                "the client secret that goes with GOOGLE_CLIENT_ID"
            ),
            AllowedDomains = ReadDomains(reader),
            UserMap = reader.Raw("NOTIFY_USER_MAP") is null ? null : reader.AbsolutePath("NOTIFY_USER_MAP", "/"),
            StateFolder = reader.AbsolutePath("NOTIFY_WEB_STATE_DIR", "/var/lib/notify-web"),
            BotUsername = ReadBotUsername(reader),
            JwtSecret = reader.Secret("NOTIFY_JWT_SECRET", IsLong, JwtShape),
            PreviousJwtSecret = reader.OptionalSecret("NOTIFY_JWT_SECRET_PREVIOUS", IsLong, JwtShape),
        };
        if (Encoding.UTF8.GetByteCount(settings.BotSocket) > LongestSocketPath)
        {
            reader.Wrong(
                "NOTIFY_BOT_SOCKET",
                settings.BotSocket,
                $"a path of at most {LongestSocketPath} bytes, the kernel's limit for sockets"
            );
        }

        reader.ThrowIfWrong();
        return settings;
    }

    /// <summary>Sessions and Google's answer travel over it: in clear text only where they stay on this machine.</summary>
    private static Uri ReadPublicUrl(SettingsReader reader, ListenPoint listen)
    {
        const string Name = "NOTIFY_WEB_URL";
        if (reader.HttpAddress(Name, null) is not { } url)
        {
            var port = (listen as ListenPoint.Tcp)?.EndPoint;
            if (reader.Raw(Name) is null && (port is null || !IPAddress.IsLoopback(port.Address)))
            {
                reader.Missing(Name, "the address that browsers use, such as https://dashboard.example.org");
            }

            return new Uri($"http://{port ?? new IPEndPoint(IPAddress.Loopback, 80)}");
        }

        if (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback)
        {
            reader.Wrong(
                Name,
                url.OriginalString,
                "an https address (plain http only on this machine itself: sessions must not travel in clear text)"
            );
        }

        return url;
    }

    private static Uri ReadAuthority(SettingsReader reader)
    {
        const string Name = "NOTIFY_OIDC_AUTHORITY";
        var authority = reader.HttpAddress(Name, "https://accounts.google.com")!;
        if (authority.Scheme != Uri.UriSchemeHttps && !authority.IsLoopback)
        {
            reader.Wrong(
                Name,
                authority.OriginalString,
                "an https address (plain http only on this machine itself: whoever changes its answers decides who may log in)"
            );
        }

        return authority;
    }

    private static List<string> ReadDomains(SettingsReader reader)
    {
        const string Name = "NOTIFY_ALLOWED_DOMAINS";
        const string Shape = "e-mail domains, separated by commas, such as example.org,partner.example";
        if (reader.Raw(Name) is not { } raw)
        {
            reader.Missing(Name, Shape);
            return [];
        }

        var domains = raw.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(domain => domain.ToLowerInvariant())
            .ToList();
        if (domains.Count == 0 || !domains.All(IsDomain))
        {
            reader.Wrong(Name, raw, Shape);
        }

        return domains;
    }

    private static bool IsDomain(string text) =>
        text.Contains('.', StringComparison.Ordinal)
        && text.Split('.')
            .All(label =>
                label.Length is >= 1 and <= 63
                && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                && label[0] != '-'
                && label[^1] != '-'
            );

    private static string? ReadBotUsername(SettingsReader reader)
    {
        const string Name = "TELEGRAM_BOT_USERNAME";
        var username = reader.Raw(Name)?.TrimStart('@');
        if (
            username is not null
            && !(username.Length > 0 && username.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        )
        {
            reader.Wrong(Name, username, "the bot's user name, letters, digits and '_'");
        }

        return username;
    }
}
