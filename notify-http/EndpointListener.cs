using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Notify.Hosting;

namespace Notify.Http;

/// <summary>Lets the web server listen on a service's endpoint.</summary>
public static class EndpointListener
{
    /// <summary>Listens with HTTP/1.1 and without a <c>Server</c> header, on the sockets from systemd or the endpoint's own address.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="onConnection">The middleware that each connection passes first.</param>
    public static void Listen(
        this KestrelServerOptions kestrel,
        ServiceEndpoint endpoint,
        Func<ConnectionContext, ConnectionDelegate, Task> onConnection
    )
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(endpoint);
        kestrel.AddServerHeader = false;
        foreach (var socket in endpoint.Handed)
        {
            kestrel.ListenHandle(socket.Descriptor, Configure);
        }

        if (endpoint.Own is { } address)
        {
            kestrel.Listen(address, Configure);
        }

        void Configure(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => onConnection(connection, next));
        }
    }
}
