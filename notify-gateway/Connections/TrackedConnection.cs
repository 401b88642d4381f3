using Microsoft.AspNetCore.Connections;

namespace Notify.Gateway.Connections;

/// <summary>A client's connection from accept to end, first unauthenticated, then authenticated.</summary>
/// <param name="connection">Kestrel's.</param>
/// <param name="place">Where it comes from.</param>
/// <param name="isForwarder">Whether it came over the clients' Unix socket. Only the web server in front can connect there, so its forwarded address counts.</param>
/// <param name="since">When it was accepted, as a timestamp.</param>
internal sealed class TrackedConnection(ConnectionContext connection, Place place, bool isForwarder, long since)
{
    /// <summary>Its origin, or the forwarded one.</summary>
    internal Place Place { get; set; } = place;

    /// <summary>Whether its forwarded address counts.</summary>
    internal bool IsForwarder { get; } = isForwarder;

    /// <summary>When it was accepted, as a timestamp.</summary>
    internal long Since { get; } = since;

    /// <summary>Its node in <see cref="ConnectionLimiter"/>'s list of unauthenticated connections; null once authenticated.</summary>
    internal LinkedListNode<TrackedConnection>? AmongStrangers { get; set; }

    /// <summary>The counter below its WebSocket, once it has one.</summary>
    internal Stream? Stream { get; set; }

    /// <summary>The conversation on its WebSocket, once it has one.</summary>
    internal ClientConnection? Client { get; set; }

    /// <summary>Ends the connection at once, without a message.</summary>
    internal void Cut(string reason) => connection.Abort(new ConnectionAbortedException(reason));
}
