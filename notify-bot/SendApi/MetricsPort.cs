using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Notify.Bot.SendApi;

/// <summary>
/// Serves the metrics on a loopback port, for a Prometheus that can't read a Unix socket. Over TCP the kernel does not name the
/// caller, so this is a server of its own without the rest of the API.
/// </summary>
internal sealed partial class MetricsPort : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MetricsPort(WebApplication app) => _app = app;

    /// <summary>Starts the server; null if the port is taken, which is logged and stops nothing else.</summary>
    internal static async Task<MetricsPort?> OpenAsync(
        IPEndPoint listen,
        MetricsPage page,
        ILoggerProvider logs,
        ILogger log
    )
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(logs);
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxConcurrentConnections = 32;
                kestrel.Limits.MaxRequestBodySize = 0;
                kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
                kestrel.Listen(listen, endpoint => endpoint.Protocols = HttpProtocols.Http1);
            });
        var app = builder.Build();
        app.Run(context =>
        {
            if (context.Request.Path == "/metrics" && HttpMethods.IsGet(context.Request.Method))
            {
                return page.ServeAsync(context);
            }

            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        try
        {
            await app.StartAsync();
            return new MetricsPort(app);
        }
        catch (IOException e)
        {
            LogPortTaken(log, listen, e.Message);
            await app.DisposeAsync();
            return null;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [LoggerMessage(
        1205,
        LogLevel.Warning,
        "The bot can't serve the metrics at {Listen} ({Error}), only on its socket. Set NOTIFY_METRICS_LISTEN to a free port and restart."
    )]
    private static partial void LogPortTaken(ILogger log, IPEndPoint listen, string error);
}
