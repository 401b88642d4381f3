using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notify.Hosting;
using Notify.Posix;

namespace Notify.Web.Hosting;

/// <summary>Where the dashboard listens, and what a connection may take of it before anybody has logged in.</summary>
internal static class WebListeners
{
    /// <summary>For all headers of a request. nginx sends them at once; a browser without it too.</summary>
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(10);

    /// <summary>The kernel's own limit (net.core.somaxconn): who comes in a crowd waits there for a moment and is not turned away.</summary>
    private const int Backlog = 4096;

    /// <summary>All connections together, those of sessions included.</summary>
    private const int MostConnections = 16_384;

    /// <summary>A body has 16 kB at most, so this is 21 s for the slowest.</summary>
    private static readonly MinDataRate BodyRate = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

    /// <exception cref="SocketTakenException">Another dashboard answers on the socket, or something else than a socket is there.</exception>
    internal static void Configure(
        WebApplicationBuilder builder,
        WebSettings settings,
        Systemd systemd,
        ConnectionLimiter limiter
    )
    {
        var own = systemd.HandsOverSocket ? null : settings.Listen;
        var file = own is ListenPoint.UnixSocket { Path: var path }
            ? new SocketFile(path, ListenPoint.SocketMode, "dashboard", "NOTIFY_WEB_LISTEN", "notify-web")
            : null;
        builder.Services.Configure<SocketTransportOptions>(options =>
        {
            options.Backlog = Backlog;
            options.CreateBoundListenSocket = endPoint => Bind(endPoint, file);
        });
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = CsrfMiddleware.LargestBody;
                kestrel.Limits.RequestHeadersTimeout = HeadersWithin;
                kestrel.Limits.MinRequestBodyDataRate = BodyRate;
                kestrel.Limits.MaxConcurrentConnections = Math.Min(MostConnections, OpenFiles.Limit / 2);
                kestrel.ConfigureEndpointDefaults(listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection => limiter.OnConnectionAsync(connection, next));
                });
                foreach (var socket in systemd.Sockets)
                {
                    kestrel.ListenHandle(socket.Descriptor);
                }

                switch (own)
                {
                    case ListenPoint.Tcp tcp:
                        kestrel.Listen(tcp.EndPoint);
                        break;
                    case ListenPoint.UnixSocket unix:
                        kestrel.ListenUnixSocket(unix.Path);
                        break;
                }
            });
    }

    private static Socket Bind(EndPoint endPoint, SocketFile? file)
    {
        if (endPoint is not UnixDomainSocketEndPoint || file is null)
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        // Kestrel listens after this returns; until then a connection is refused, so there is no moment of wider rights.
        file.RemoveIfDead();
        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        var socket = file.Bind(() => SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint));
        if (Group.Find(ListenPoint.WebServerGroup) is { } webServer)
        {
            // Where it may not, it is the web server itself that has no way in, and says so.
            file.TryGiveTo(webServer);
        }

        return socket;
    }
}
