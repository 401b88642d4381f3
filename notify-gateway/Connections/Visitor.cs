using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Notify.Gateway.Connections;

/// <summary>A TCP connection, from its accept to its end; at first a stranger, then a client that has said who it is.</summary>
internal sealed class Visitor(ConnectionContext connection, IPAddress address, long since)
{
    /// <summary>Where it comes from: its own address, or the one that the web server in front names.</summary>
    internal IPAddress Address { get; set; } = address;

    /// <summary>When it was accepted, as a timestamp.</summary>
    internal long Since { get; } = since;

    /// <summary>Whether it has not said yet who it is. <see cref="Visitors"/> counts by it.</summary>
    internal bool IsStranger { get; set; } = true;

    /// <summary>What is below its WebSocket, once it has one.</summary>
    internal Stream? Stream { get; set; }

    /// <summary>The conversation on its WebSocket, once it has one.</summary>
    internal ClientConnection? Client { get; set; }

    /// <summary>Ends the connection at once, without a word.</summary>
    internal void Cut(string reason) => connection.Abort(new ConnectionAbortedException(reason));
}
