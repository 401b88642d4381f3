using System.Net.WebSockets;
using Notify.Dispatching;

namespace Notify.Gateway.Connections;

/// <summary>Why a connection ends. Each has a number for clients, a sentence, and a counter.</summary>
internal enum CloseReason
{
    /// <summary>The client closed it, or its network did.</summary>
    ClientLeft,

    /// <summary>It did not authenticate.</summary>
    NotAuthenticated,

    /// <summary>Its token was valid, but its user had too many connections.</summary>
    TooManyConnections,

    /// <summary>Its token has expired.</summary>
    TokenEnded,

    /// <summary>Its token was revoked.</summary>
    TokenRevoked,

    /// <summary>It answered no pings.</summary>
    Silent,

    /// <summary>It read too slowly.</summary>
    Slow,

    /// <summary>It sent too much.</summary>
    TooMuchTraffic,

    /// <summary>It sent a message that is too long.</summary>
    MessageTooLong,

    /// <summary>It sent a binary message.</summary>
    NotText,

    /// <summary>It broke the rules of WebSocket, or of UTF-8.</summary>
    ProtocolError,

    /// <summary>The gateway ends.</summary>
    GatewayStops,
}

/// <summary>Words and numbers of the reasons.</summary>
internal static class Endings
{
    /// <summary>All of them.</summary>
    internal static readonly CloseReason[] All = Enum.GetValues<CloseReason>();

    /// <summary>The status of the close frame (RFC 6455, section 7.4.1).</summary>
    internal static WebSocketCloseStatus Status(this CloseReason reason) =>
        reason switch
        {
            CloseReason.ClientLeft => WebSocketCloseStatus.NormalClosure,
            CloseReason.GatewayStops => WebSocketCloseStatus.EndpointUnavailable,
            CloseReason.NotText => WebSocketCloseStatus.InvalidMessageType,
            CloseReason.MessageTooLong => WebSocketCloseStatus.MessageTooBig,
            CloseReason.ProtocolError => WebSocketCloseStatus.ProtocolError,
            CloseReason.TooManyConnections => (WebSocketCloseStatus)GatewayClose.TooManyConnections,
            _ => WebSocketCloseStatus.PolicyViolation,
        };

    /// <summary>The reason in the close frame; at most 123 bytes.</summary>
    internal static string Sentence(this CloseReason reason) =>
        reason switch
        {
            CloseReason.ClientLeft => "",
            CloseReason.NotAuthenticated => "Not authenticated.",
            CloseReason.TooManyConnections => "Too many connections of this user.",
            CloseReason.TokenEnded => Tokens.TokenValidator.EndedSentence,
            CloseReason.TokenRevoked => Tokens.TokenValidator.RevokedSentence,
            CloseReason.Silent => "Three pings got no answer.",
            CloseReason.Slow => "The client reads too slowly.",
            CloseReason.TooMuchTraffic => "Too much traffic: a client only answers pings.",
            CloseReason.MessageTooLong => "A message has at most 4096 bytes.",
            CloseReason.NotText => "Messages are text.",
            CloseReason.ProtocolError => "Not WebSocket.",
            CloseReason.GatewayStops => "The gateway restarts: connect again.",
            _ => "",
        };

    /// <summary>The name in the metrics.</summary>
    internal static string Label(this CloseReason reason) =>
        reason switch
        {
            CloseReason.ClientLeft => "client_left",
            CloseReason.NotAuthenticated => "not_authenticated",
            CloseReason.TooManyConnections => "too_many_connections",
            CloseReason.TokenEnded => "token_ended",
            CloseReason.TokenRevoked => "token_revoked",
            CloseReason.Silent => "silent",
            CloseReason.Slow => "slow",
            CloseReason.TooMuchTraffic => "too_much_traffic",
            CloseReason.MessageTooLong => "message_too_long",
            CloseReason.NotText => "not_text",
            CloseReason.ProtocolError => "protocol_error",
            _ => "gateway_stops",
        };
}
