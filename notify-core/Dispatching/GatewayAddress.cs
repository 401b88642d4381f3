using Notify.Hosting;

namespace Notify.Dispatching;

/// <summary>The gateway's address for pages and desktops.</summary>
public static class GatewayAddress
{
    /// <summary>The gateway's default address for clients (<c>NOTIFY_GATEWAY_LISTEN</c>).</summary>
    public const string DefaultListen = "http://127.0.0.1:8765";

    /// <summary>The path below the dashboard's address that the web server in front passes on to the gateway (docs/operations.md).</summary>
    public const string Path = "/gateway";

    /// <summary>
    /// It is below the dashboard's public address, through the web server in front of both. For a dashboard on this machine alone, without a web server, it is
    /// the gateway's own port, if it has one.
    /// </summary>
    /// <param name="publicUrl">The dashboard's.</param>
    /// <param name="listen">Where the gateway listens.</param>
    public static Uri Of(Uri publicUrl, ListenPoint listen)
    {
        ArgumentNullException.ThrowIfNull(publicUrl);
        return publicUrl.IsLoopback && publicUrl.Scheme == Uri.UriSchemeHttp && listen is ListenPoint.Tcp tcp
            ? new Uri($"ws://{tcp.EndPoint}/")
            : new UriBuilder(publicUrl)
            {
                Scheme = publicUrl.Scheme == Uri.UriSchemeHttps ? "wss" : "ws",
                Port = publicUrl.IsDefaultPort ? -1 : publicUrl.Port,
                Path = publicUrl.AbsolutePath.TrimEnd('/') + Path,
            }.Uri;
    }
}
