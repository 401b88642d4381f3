using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Hosting;
using Notify.Http;
using Notify.Posix;
using Notify.Web.Middleware;

namespace Notify.Web.Hosting;

/// <summary>Where the dashboard listens, and the limits of a connection.</summary>
internal static class WebListeners
{
    /// <summary>Time limit of a request's headers. nginx and browsers send them at once.</summary>
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);

    /// <summary>All connections together, with those of sessions.</summary>
    private const int MaxConnections = 16_384;

    /// <summary>A body of 16 kB, the largest, takes up to 21 s.</summary>
    private static readonly MinDataRate BodyRate = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    internal static void AddTo(WebApplicationBuilder builder, WebSettings settings, Systemd systemd)
    {
        var endpoint = ServiceEndpoint.ForWebServer(
            systemd.Sockets,
            settings.Listen,
            "NOTIFY_WEB_LISTEN",
            "dashboard",
            "notify-web"
        );
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.Backlog = ServiceEndpoint.Backlog;
            // If the socket can't get the web server's group, the web server can't connect and logs that.
            options.CreateBoundListenSocket = address =>
                endpoint.Bind(address, SocketTransportOptions.CreateDefaultBoundListenSocket);
        });
        builder
            .Services.AddOptions<KestrelServerOptions>()
            .Configure<ConnectionLimiter>(
                (kestrel, limiter) =>
                {
                    kestrel.Limits.MaxRequestBodySize = CsrfMiddleware.MaxBody;
                    kestrel.Limits.RequestHeadersTimeout = HeadersWithin;
                    kestrel.Limits.MinRequestBodyDataRate = BodyRate;
                    kestrel.Limits.MaxConcurrentConnections = Math.Min(MaxConnections, OpenFiles.Limit / 2);
                    kestrel.Listen(endpoint, limiter.OnConnectionAsync);
                }
            );
    }
}
