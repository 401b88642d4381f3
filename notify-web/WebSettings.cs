using System.Net;
using System.Text;
using Notify.Dispatching;
using Notify.Hosting;
using Notify.Settings;

namespace Notify.Web;

/// <summary>The dashboard's settings, read from the environment once at start.</summary>
public sealed record WebSettings
{
    /// <summary>The folder of the shared state.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Where the bot listens.</summary>
    public required string BotSocket { get; init; }

    /// <summary>The analysts' group, whose members may log in.</summary>
    public required string AnalystGroup { get; init; }

    /// <summary>The name shown to people.</summary>
    public required string InstanceName { get; init; }

    /// <summary>Whom people ask.</summary>
    public string Contact { get; init; } = AdminContact.Default;

    /// <summary>The address that browsers use, with its path but without a slash at the end.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>The address to listen on; systemd's sockets win over it.</summary>
    public required ListenPoint Listen { get; init; }

    /// <summary>The OpenID provider.</summary>
    public required Uri Authority { get; init; }

    /// <summary>The proxies to the provider; null without any.</summary>
    public OutgoingProxy? Proxy { get; init; }

    /// <summary>The dashboard's client id at the provider.</summary>
    public required string ClientId { get; init; }

    /// <summary>The secret that goes with it.</summary>
    public required string ClientSecret { get; init; }

    /// <summary>E-mail domains that may log in, in lower case. In the first one the names are Unix names.</summary>
    public required IReadOnlyList<string> AllowedDomains { get; init; }

    /// <summary>The file that maps e-mail addresses to Unix users; null without one.</summary>
    public string? UserMap { get; init; }

    /// <summary>The folder that only the dashboard may read: session keys, ended sessions.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The bot's name without <c>@</c>; null: the dashboard asks the bot.</summary>
    public string? BotUsername { get; init; }

    /// <summary>The secret that signs tokens for the gateway, at least 32 bytes.</summary>
    public required string JwtSecret { get; init; }

    /// <summary>The earlier secret, while it is being replaced.</summary>
    public string? PreviousJwtSecret { get; init; }

    /// <summary>Where the gateway takes calls.</summary>
    public required string GatewaySocket { get; init; }

    /// <summary>Whose members may listen there.</summary>
    public required string TrustedGroup { get; init; }

    /// <summary>The gateway's address for pages and desktops.</summary>
    public required Uri GatewayUrl { get; init; }

    /// <summary>Whether browsers use https; then cookies are Secure.</summary>
    public bool IsSecure => PublicUrl.Scheme == Uri.UriSchemeHttps;

    /// <summary>The dashboard's path without a slash at the end; empty for the root.</summary>
    public string BasePath => PublicUrl.AbsolutePath.TrimEnd('/');

    /// <summary>The value of browsers' <c>Origin</c> header.</summary>
    public string Origin => PublicUrl.GetLeftPart(UriPartial.Authority);

    private const int MinSecretBytes = 32;

    /// <summary>Reads and checks all settings.</summary>
    /// <exception cref="SettingsException">At least one is wrong.</exception>
    public static WebSettings Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        const string JwtShape = "at least 32 bytes of secret (openssl rand -base64 48)";
        static bool IsLong(string secret) => Encoding.UTF8.GetByteCount(secret) >= MinSecretBytes;
        var dataFolder = DataFolderSetting.Read(reader);
        var listen = ListenPoint.Read(reader, "NOTIFY_WEB_LISTEN", "http://127.0.0.1:5000");
        var publicUrl = ReadPublicUrl(reader, listen);
        var settings = new WebSettings
        {
            DataFolder = dataFolder,
            BotSocket = SocketFile.ReadPath(reader, "NOTIFY_BOT_SOCKET", Path.Combine(dataFolder, "bot.sock")),
            AnalystGroup = reader.GroupName("NOTIFY_ANALYST_GROUP", "dataread"),
            InstanceName = reader.Text("NOTIFY_INSTANCE_NAME", "Data Analyst"),
            Contact = AdminContact.Read(reader),
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
            BotUsername = reader.BotUsername(),
            JwtSecret = reader.Secret("NOTIFY_JWT_SECRET", IsLong, JwtShape),
            PreviousJwtSecret = reader.OptionalSecret("NOTIFY_JWT_SECRET_PREVIOUS", IsLong, JwtShape),
        };
        reader.ThrowIfWrong();
        return settings;
    }

    /// <summary>Sessions and Google's answers travel over it, in clear text only within this machine.</summary>
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
                "an https address (plain http works only on this machine: sessions must not travel in clear text)"
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
                "an https address (plain http works only on this machine: somebody who changes the answers decides who may log in)"
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
}
