using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Notify.Sandbox;

/// <summary>Common parts of the sandbox's web applications: reserved ports, no limits of time and size, and only errors in the log.</summary>
internal static class LoopbackHost
{
    public static WebApplicationBuilder NewBuilder(params IReadOnlyList<IPEndPoint> endPoints)
    {
        // Empty: no settings files, no environment variables, no logs of requests, whose addresses hold the token.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinRequestBodyDataRate = null;
                kestrel.Limits.MinResponseDataRate = null;
                foreach (var endPoint in endPoints)
                {
                    kestrel.Listen(endPoint);
                }
            });
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = HeldPort.Bind);
        builder.Services.AddSingleton<IConnectionListenerFactory, ClosableTransport>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.AddRoutingCore();
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error);
        return builder;
    }

    public static ClosableTransport Transport(WebApplication app) =>
        (ClosableTransport)app.Services.GetRequiredService<IConnectionListenerFactory>();
}
