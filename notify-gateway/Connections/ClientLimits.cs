namespace Notify.Gateway.Connections;

/// <summary>What a client may do and take, all in one place. docs/gateway.md tells the authors of clients.</summary>
internal static class ClientLimits
{
    /// <summary>For each step before a client has said who it is: the request that opens the WebSocket, then the token.</summary>
    internal static readonly TimeSpan ToIntroduceItself = TimeSpan.FromSeconds(10);

    /// <summary>Between two pings.</summary>
    internal static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(30);

    /// <summary>How long a pong may take; later it counts as missed.</summary>
    internal static readonly TimeSpan PongWithin = TimeSpan.FromSeconds(10);

    /// <summary>As many pongs missed one after the other end a connection.</summary>
    internal const int MissedPongs = 3;

    /// <summary>For the closing handshake; then the connection is cut.</summary>
    internal static readonly TimeSpan ToClose = TimeSpan.FromSeconds(3);

    /// <summary>Connections of one user.</summary>
    internal const int ConnectionsPerUser = 5;

    /// <summary>All connections together: 2,000 users with all of theirs. Each takes some 20 kB.</summary>
    internal const int Connections = 10_000;

    /// <summary>Connections that have not said yet who they are, from all over. Each may stay for twice <see cref="ToIntroduceItself"/>. Three quarters may be of one place on this machine.</summary>
    internal const int Strangers = 4096;

    /// <summary>The same from one address elsewhere: an office whose people all come back at the same moment.</summary>
    internal const int StrangersPerAddress = 128;

    /// <summary>Longest message of a client in bytes. A token takes some 300.</summary>
    internal const int MessageBytes = 4096;

    /// <summary>Bytes that a client may send at once, framing and WebSocket pings included.</summary>
    internal const int TrafficBurst = 16 * 1024;

    /// <summary>Bytes that a client may send each second on end. A pong every 30 s takes one.</summary>
    internal const int TrafficPerSecond = 256;

    /// <summary>Bytes that are read from a client that was told to close and does not, so that the word reaches it; then it is cut.</summary>
    internal const int TrafficWhileClosing = 1024 * 1024;

    /// <summary>What may wait for a client that reads more slowly than others write to it, in bytes; beyond that it is dropped.</summary>
    internal const int WaitingBytes = 4 * 1024 * 1024;

    /// <summary>The same while over all clients more than <see cref="WaitingBytesOverAll"/> waits.</summary>
    internal const int WaitingBytesInACrowd = 64 * 1024;

    /// <summary>What waits over all clients, in bytes, from which on each has less. Messages are shared, so that memory holds less than that.</summary>
    internal const long WaitingBytesOverAll = 256L * 1024 * 1024;

    /// <summary>What a waiting message takes beside its text.</summary>
    internal const int WaitingOverhead = 64;

    /// <summary>
    /// What the kernel holds for a client that does not read; it takes twice the number (socket(7), SO_SNDBUF). Left alone, it would hold some
    /// megabytes of each.
    /// </summary>
    internal const int KernelSendBuffer = 64 * 1024;
}
