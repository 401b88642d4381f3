using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Notify.Gateway.Connections;

/// <summary>Where clients come in: one path, which is a WebSocket, and for a browser only from the dashboard's pages.</summary>
internal sealed class WebSocketEndpoint
{
    private static readonly WebSocketAcceptContext Plainly = new();

    private readonly string? _webOrigin;
    private readonly ConversationParts _parts;
    private readonly WebSocketMiddleware _webSockets;

    private volatile bool _isClosed;

    /// <param name="webOrigin">The dashboard's origin; null lets no page in.</param>
    /// <param name="parts">For the conversations.</param>
    internal WebSocketEndpoint(string? webOrigin, ConversationParts parts)
    {
        _webOrigin = webOrigin;
        _parts = parts;

        // The protocol has pings of its own.
        _webSockets = new WebSocketMiddleware(
            TalkAsync,
            Options.Create(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero }),
            NullLoggerFactory.Instance
        );
    }

    /// <summary>Lets nobody in any more, and tells those who are in that the gateway ends.</summary>
    internal void Close()
    {
        _isClosed = true;
        foreach (var tracked in _parts.ConnectionLimiter.All)
        {
            tracked.Client?.End(CloseReason.GatewayStops);
        }
    }

    /// <summary>A request of a client.</summary>
    internal Task HandleAsync(HttpContext context)
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
            context.Response.Headers.Upgrade = "websocket";
            return AnswerAsync(context, StatusCodes.Status426UpgradeRequired, "This is a WebSocket.");
        }

        if (
            request.Headers.Origin is { Count: > 0 } origin
            && !(origin is [{ } only] && only.Equals(_webOrigin, StringComparison.OrdinalIgnoreCase))
        )
        {
            return AnswerAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Only pages of the dashboard connect here. The operator's NOTIFY_WEB_URL names its address."
            );
        }

        if (_isClosed)
        {
            return AnswerAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "The gateway restarts: connect again."
            );
        }

        if (ForwardedFor(tracked, request) is { } address && !_parts.ConnectionLimiter.TryMove(tracked, address))
        {
            context.Response.Headers.RetryAfter = "10";
            return AnswerAsync(
                context,
                StatusCodes.Status429TooManyRequests,
                "Too many from this address have not said yet who they are."
            );
        }

        var metered = new MeteredUpgrade(upgrade, new InboundLimiter(_parts.Time, tracked), tracked);
        context.Features.Set<IHttpUpgradeFeature>(metered);
        return _webSockets.Invoke(context);
    }

    private async Task TalkAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            await AnswerAsync(context, StatusCodes.Status426UpgradeRequired, "This is a WebSocket.");
            return;
        }

        var tracked = ConnectionLimiter.Of(context)!;
        var since = _parts.Time.GetTimestamp();
        using var socket = await context.WebSockets.AcceptWebSocketAsync(Plainly);
        var client = new ClientConnection(socket, tracked, since, _parts);
        tracked.Client = client;
        if (_isClosed)
        {
            client.End(CloseReason.GatewayStops);
        }

        await client.RunAsync();
    }

    /// <summary>
    /// Whose connection the web server in front passes on. It is believed on the clients' Unix socket alone, where no other account can connect, and of what it
    /// says only the last address, which it has seen itself; those before are what the client says.
    /// </summary>
    private static IPAddress? ForwardedFor(TrackedConnection tracked, HttpRequest request) =>
        tracked.IsForwarder
        && request.Headers["X-Forwarded-For"] is [.., { } last]
        && IPAddress.TryParse(last.AsSpan(last.LastIndexOf(',') + 1).Trim(), out var address)
            ? address
            : null;

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
