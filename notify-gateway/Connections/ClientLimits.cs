namespace Notify.Gateway.Connections;

/// <summary>All limits for clients. docs/gateway.md has them for authors of clients.</summary>
internal static class ClientLimits
{
    /// <summary>Time for each step before authentication: the request that opens the WebSocket, then the token.</summary>
    internal static readonly TimeSpan ToIntroduceItself = TimeSpan.FromSeconds(10);

    /// <summary>Time between two pings.</summary>
    internal static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(30);

    /// <summary>When a pong counts as missed.</summary>
    internal static readonly TimeSpan PongWithin = TimeSpan.FromSeconds(10);

    /// <summary>Missed pongs in a row that end a connection.</summary>
    internal const int MissedPongs = 3;

    /// <summary>Time for the closing handshake; then the connection is cut.</summary>
    internal static readonly TimeSpan ToClose = TimeSpan.FromSeconds(3);

    /// <summary>Most connections of one user.</summary>
    internal const int ConnectionsPerUser = 5;

    /// <summary>Most connections in all: 2,000 users with all of theirs. Each takes some 20 kB.</summary>
    internal const int Connections = 10_000;

    /// <summary>Most unauthenticated connections in all. Each may stay for twice <see cref="ToIntroduceItself"/>. Three quarters may come from one place on this machine.</summary>
    internal const int Strangers = 4096;

    /// <summary>Most from one address elsewhere: an office whose people all return at the same moment.</summary>
    internal const int StrangersPerAddress = 128;

    /// <summary>Longest message of a client in bytes. A token takes some 300.</summary>
    internal const int MessageBytes = 4096;

    /// <summary>Most bytes that a client may send at once, including frames and WebSocket pings.</summary>
    internal const int TrafficBurst = 16 * 1024;

    /// <summary>Most bytes per second that a client may send for long. A pong every 30 s takes one.</summary>
    internal const int TrafficPerSecond = 256;

    /// <summary>Most bytes to read from a client after the close frame, so the frame can reach it; then it is cut.</summary>
    internal const int TrafficWhileClosing = 1024 * 1024;

    /// <summary>Most bytes that may wait for a slow client; beyond it the client is dropped.</summary>
    internal const int WaitingBytes = 4 * 1024 * 1024;

    /// <summary>The same while more than <see cref="WaitingBytesOverAll"/> waits for all clients.</summary>
    internal const int WaitingBytesInACrowd = 64 * 1024;

    /// <summary>Waiting bytes of all clients from which on each may have less. Messages are shared, so memory holds less than this.</summary>
    internal const long WaitingBytesOverAll = 256L * 1024 * 1024;

    /// <summary>Size of a waiting message beside its text.</summary>
    internal const int WaitingOverhead = 64;

    /// <summary>
    /// The kernel's buffer for a client; it doubles the number (socket(7), SO_SNDBUF). Its default would hold some
    /// megabytes for each.
    /// </summary>
    internal const int KernelSendBuffer = 64 * 1024;
}
