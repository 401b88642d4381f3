using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Notify.Gateway.Connections;

/// <summary>The clients' endpoint: one path with a WebSocket, for browsers only from the dashboard's pages.</summary>
internal sealed class WebSocketEndpoint(
    GatewaySettings settings,
    ConnectionLimiter limiter,
    ClientAuthenticator authenticator,
    ConnectionRegistry registry,
    WaitingOverAll waiting,
    IHostApplicationLifetime lifetime,
    TimeProvider time
)
{
    /// <summary>Middleware: decides whether a request may become a WebSocket, and counts its bytes from then on.</summary>
    internal Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (request.Path != "/")
        {
            return AnswerAsync(context, StatusCodes.Status404NotFound, "There is only /, a WebSocket.");
        }

        if (
            ConnectionLimiter.Of(context) is not { } tracked
            || context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade
        )
        {
            return UpgradeRequiredAsync(context);
        }

        if (
            request.Headers.Origin is { Count: > 0 } origin
            && !(origin is [{ } only] && only.Equals(settings.WebOrigin, StringComparison.OrdinalIgnoreCase))
        )
        {
            return AnswerAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Only pages of the dashboard may connect here. The setting NOTIFY_WEB_URL names its address."
            );
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return AnswerAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "The gateway restarts: connect again."
            );
        }

        if (ForwardedFor(tracked, request) is { } address && !limiter.TryMove(tracked, address))
        {
            context.Response.Headers.RetryAfter = "10";
            return AnswerAsync(
                context,
                StatusCodes.Status429TooManyRequests,
                "Too many connections from this address have not authenticated yet."
            );
        }

        context.Features.Set<IHttpUpgradeFeature>(
            new MeteredUpgrade(upgrade, new InboundLimiter(time, tracked), tracked)
        );
        return next(context);
    }

    /// <summary>Holds the conversation.</summary>
    internal async Task TalkAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await UpgradeRequiredAsync(context);
            return;
        }

        var tracked = ConnectionLimiter.Of(context)!;
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var client = new ClientConnection(socket, tracked, authenticator, registry, waiting, time);
        tracked.Client = client;
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            client.End(CloseReason.GatewayStops);
        }

        await client.RunAsync();
    }

    /// <summary>Tells all clients that the gateway ends.</summary>
    internal void EndAll()
    {
        foreach (var tracked in limiter.All)
        {
            tracked.Client?.End(CloseReason.GatewayStops);
        }
    }

    /// <summary>
    /// The client's address from the web server in front. It counts only on the clients' Unix socket, where no other account can connect. Only the
    /// last address counts, which the web server has seen; earlier ones come from the client.
    /// </summary>
    private static IPAddress? ForwardedFor(TrackedConnection tracked, HttpRequest request) =>
        tracked.IsForwarder
        && request.Headers["X-Forwarded-For"] is [.., { } last]
        && IPAddress.TryParse(last.AsSpan(last.LastIndexOf(',') + 1).Trim(), out var address)
            ? address
            : null;

    private static Task UpgradeRequiredAsync(HttpContext context)
    {
        context.Response.Headers.Upgrade = "websocket";
        return AnswerAsync(context, StatusCodes.Status426UpgradeRequired, "This is a WebSocket.");
    }

    private static Task AnswerAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.Connection = "close";
        var body = System.Text.Encoding.UTF8.GetBytes(sentence + "\n");
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}

/// <summary>The clients' pipeline.</summary>
internal static class WebSocketPipeline
{
    internal static void UseWebSocketEndpoint(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<WebSocketEndpoint>();
        app.Lifetime.ApplicationStopping.Register(endpoint.EndAll);
        app.Use(endpoint.AdmitAsync);
        // The protocol has its own pings.
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(endpoint.TalkAsync);
    }
}
