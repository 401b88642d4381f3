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
    internal static HttpClient NewClient(string socketPath) =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ActivityHeadersPropagator = null,
                ConnectTimeout = ConnectPatience,
                // The bot closes idle connections after two minutes; ours go first.
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
                ConnectCallback = async (_, cancellation) => await ConnectAsync(socketPath, cancellation),
            }
        )
        {
            BaseAddress = Address,
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <summary>Why a request got no answer, in a sentence.</summary>
    internal static BotUnreachableException Unreachable(HttpRequestException e) =>
        e.InnerException switch
        {
            BotUnreachableException inner => inner,
            SocketException { SocketErrorCode: SocketError.AccessDenied } => new BotUnreachableException(
                "The dashboard may not connect to the bot. Tell the operator: its account has to be in the group that may (data-ops).",
                e
            ),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } =>
                new BotUnreachableException("The bot is not running. Tell the operator.", e),
            _ => new BotUnreachableException(
                "The connection to the bot broke. Try again; if it stays so, tell the operator.",
                e
            ),
        };

    private static async Task<NetworkStream> ConnectAsync(string socketPath, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            BotListener.CheckPath(socketPath);
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
