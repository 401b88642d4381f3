using System.Text;
using Notify.Dispatching;
using Notify.Hosting;
using Notify.Settings;

namespace Notify.Gateway;

/// <summary>The gateway's settings, read from the environment once at start.</summary>
public sealed record GatewaySettings
{
    /// <summary>Shortest secret in bytes: as long as the digest of HS256 (RFC 7518, section 3.2).</summary>
    public const int MinSecretBytes = 32;

    /// <summary>The address for clients. The web server in front does TLS.</summary>
    public required ListenPoint Listen { get; init; }

    /// <summary>The socket for the bot and the dashboard.</summary>
    public required string SocketPath { get; init; }

    /// <summary>The group of that socket; its members may dispatch.</summary>
    public required string TrustedGroup { get; init; }

    /// <summary>The secrets that may sign tokens: the current one, and the earlier one while it is being replaced.</summary>
    public required IReadOnlyList<byte[]> Secrets { get; init; }

    /// <summary>The origin of the dashboard's pages, such as <c>https://notify.example.org</c>; null refuses all pages.</summary>
    public string? WebOrigin { get; init; }

    /// <summary>The folder for revoked tokens: systemd's, else a fixed one.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Reads and checks all settings.</summary>
    /// <exception cref="SettingsException">At least one is wrong.</exception>
    public static GatewaySettings Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var settings = new GatewaySettings
        {
            Listen = ListenPoint.Read(reader, "NOTIFY_GATEWAY_LISTEN", GatewayAddress.DefaultListen),
            SocketPath = SocketFile.ReadPath(reader, "NOTIFY_GATEWAY_SOCKET", GatewaySocket.DefaultPath),
            TrustedGroup = reader.GroupName("NOTIFY_TRUSTED_GROUP", "data-ops"),
            Secrets = ReadSecrets(reader),
            WebOrigin = reader.HttpAddress("NOTIFY_WEB_URL", null) is { } web ? Origin(web) : null,

            // systemd separates several folders by colons (systemd.exec(5)); the unit has one.
            StateFolder = reader.AbsolutePath("STATE_DIRECTORY", "/var/lib/notify-gateway").Split(':')[0],
        };
        reader.ThrowIfWrong();
        return settings;
    }

    private static List<byte[]> ReadSecrets(SettingsReader reader)
    {
        static bool IsLong(string text) => Encoding.UTF8.GetByteCount(text) >= MinSecretBytes;
        var should =
            $"a secret of at least {MinSecretBytes} bytes, the same as the dashboard's (openssl rand -base64 48 prints one)";
        var secrets = new List<byte[]> { Encoding.UTF8.GetBytes(reader.Secret("NOTIFY_JWT_SECRET", IsLong, should)) };
        if (reader.OptionalSecret("NOTIFY_JWT_SECRET_PREVIOUS", IsLong, should) is { } previous)
        {
            secrets.Add(Encoding.UTF8.GetBytes(previous));
        }

        return secrets;
    }

    /// <summary>The browsers' form: lower case, no default port, internationalised names in ASCII.</summary>
    private static string Origin(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.DnsSafeHost}]" : address.IdnHost;
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{address.Scheme}://{host}{(address.IsDefaultPort ? "" : $":{address.Port}")}"
        );
    }
}
