using System.Net.WebSockets;
using Notify.Dispatching;

namespace Notify.Gateway.Connections;

/// <summary>Why a connection ends. Each has a number for clients, a sentence, and a counter.</summary>
internal enum Ending
{
    /// <summary>The client closed it, or its network did.</summary>
    ClientLeft,

    /// <summary>It did not get as far as a good token.</summary>
    NotAuthenticated,

    /// <summary>Its token was good, and its user had too many connections.</summary>
    TooManyConnections,

    /// <summary>Its token is over.</summary>
    TokenEnded,

    /// <summary>Its token was taken back.</summary>
    TokenRevoked,

    /// <summary>It answered no pings.</summary>
    Silent,

    /// <summary>It read too slowly.</summary>
    Slow,

    /// <summary>It sent too much.</summary>
    TooMuchTraffic,

    /// <summary>It sent a message that is too long.</summary>
    MessageTooLong,

    /// <summary>It sent something else than text.</summary>
    NotText,

    /// <summary>It broke the rules of WebSocket, or of UTF-8.</summary>
    ProtocolError,

    /// <summary>The gateway ends.</summary>
    GatewayStops,
}

/// <summary>The words and numbers for it.</summary>
internal static class Endings
{
    /// <summary>All of them.</summary>
    internal static readonly Ending[] All = Enum.GetValues<Ending>();

    /// <summary>The status of the close frame (RFC 6455, section 7.4.1).</summary>
    internal static WebSocketCloseStatus Status(this Ending ending) =>
        ending switch
        {
            Ending.ClientLeft => WebSocketCloseStatus.NormalClosure,
            Ending.GatewayStops => WebSocketCloseStatus.EndpointUnavailable,
            Ending.NotText => WebSocketCloseStatus.InvalidMessageType,
            Ending.MessageTooLong => WebSocketCloseStatus.MessageTooBig,
            Ending.ProtocolError => WebSocketCloseStatus.ProtocolError,
            Ending.TooManyConnections => (WebSocketCloseStatus)GatewayClose.TooManyConnections,
            _ => WebSocketCloseStatus.PolicyViolation,
        };

    /// <summary>The reason in the close frame; at most 123 bytes.</summary>
    internal static string Sentence(this Ending ending) =>
        ending switch
        {
            Ending.ClientLeft => "",
            Ending.NotAuthenticated => "Not authenticated.",
            Ending.TooManyConnections => "Too many connections of this user.",
            Ending.TokenEnded => Tokens.TokenValidator.EndedSentence,
            Ending.TokenRevoked => Tokens.TokenValidator.RevokedSentence,
            Ending.Silent => "Three pings were not answered.",
            Ending.Slow => "Too much waits: read faster.",
            Ending.TooMuchTraffic => "Too much traffic: a client answers pings, and says nothing else.",
            Ending.MessageTooLong => "A message has at most 4096 bytes.",
            Ending.NotText => "Messages are text.",
            Ending.ProtocolError => "Not WebSocket.",
            Ending.GatewayStops => "The gateway restarts: connect again.",
            _ => "",
        };

    /// <summary>The name in the metrics.</summary>
    internal static string Label(this Ending ending) =>
        ending switch
        {
            Ending.ClientLeft => "client_left",
            Ending.NotAuthenticated => "not_authenticated",
            Ending.TooManyConnections => "too_many_connections",
            Ending.TokenEnded => "token_ended",
            Ending.TokenRevoked => "token_revoked",
            Ending.Silent => "silent",
            Ending.Slow => "slow",
            Ending.TooMuchTraffic => "too_much_traffic",
            Ending.MessageTooLong => "message_too_long",
            Ending.NotText => "not_text",
            Ending.ProtocolError => "protocol_error",
            _ => "gateway_stops",
        };
}
