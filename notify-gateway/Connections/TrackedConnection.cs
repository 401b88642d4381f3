using Microsoft.AspNetCore.Connections;

namespace Notify.Gateway.Connections;

/// <summary>A client's connection, from its accept to its end; at first a stranger, then a client that has said who it is.</summary>
/// <param name="connection">Kestrel's.</param>
/// <param name="place">Where it comes from.</param>
/// <param name="isForwarder">Whether it came over the clients' Unix socket, where only the web server in front can connect: what that says of a client's address counts.</param>
/// <param name="since">When it was accepted, as a timestamp.</param>
internal sealed class TrackedConnection(ConnectionContext connection, Place place, bool isForwarder, long since)
{
    /// <summary>Where it comes from, or where the web server in front says that it does.</summary>
    internal Place Place { get; set; } = place;

    /// <summary>Whether what it says of a client's address counts.</summary>
    internal bool IsForwarder { get; } = isForwarder;

    /// <summary>When it was accepted, as a timestamp.</summary>
    internal long Since { get; } = since;

    /// <summary>Where it stands among the strangers of its place, which <see cref="ConnectionLimiter"/> keeps; null once it has said who it is.</summary>
    internal LinkedListNode<TrackedConnection>? AmongStrangers { get; set; }

    /// <summary>What is below its WebSocket, once it has one.</summary>
    internal Stream? Stream { get; set; }

    /// <summary>The conversation on its WebSocket, once it has one.</summary>
    internal ClientConnection? Client { get; set; }

    /// <summary>Ends the connection at once, without a word.</summary>
    internal void Cut(string reason) => connection.Abort(new ConnectionAbortedException(reason));
}
