using System.Net.Sockets;
using Notify.Sending;

namespace Notify.Web.Bot;

/// <summary>Connections to the bot's Unix socket, none of which says a word before it is sure that the bot listens.</summary>
internal static class BotConnections
{
    /// <summary>The address in requests; the socket decides where they go.</summary>
    internal static readonly Uri Address = new("http://bot");

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>A client without a time limit of its own; whoever asks brings one.</summary>
    internal static HttpClient NewClient(string socketPath) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectPatience,
        // The bot closes idle connections after two minutes; ours go first.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        ConnectCallback = async (_, cancellation) => await ConnectAsync(socketPath, cancellation),
    })
    {
        BaseAddress = Address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private static async Task<NetworkStream> ConnectAsync(string socketPath, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation);
            BotListener.Check(socket, socketPath);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
