using System.Net.Sockets;

namespace Notify.Http;

/// <summary>HTTP to another program's Unix socket. It says nothing before it is sure who listens: everybody who can make a socket at a path could read what is sent there.</summary>
public static class UnixHttp
{
    /// <summary>A client without a time limit of its own.</summary>
    /// <param name="address">The address in requests; the socket decides where they go.</param>
    /// <param name="path">The socket's path.</param>
    /// <param name="checkPath">Called before connecting; throws if the path is no socket.</param>
    /// <param name="checkListener">Called when connected; throws if somebody else listens.</param>
    /// <param name="connectTimeout">How long connecting may take; null for no limit.</param>
    public static HttpClient NewClient(
        Uri address,
        string path,
        Action checkPath,
        Action<Socket> checkListener,
        TimeSpan? connectTimeout = null
    ) =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ActivityHeadersPropagator = null,
                ConnectTimeout = connectTimeout ?? Timeout.InfiniteTimeSpan,
                // The servers close idle connections after two minutes; ours go first.
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
                ConnectCallback = async (_, cancellation) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    try
                    {
                        checkPath();
                        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                        checkListener(socket);
                        return new NetworkStream(socket, ownsSocket: true);
                    }
                    catch
                    {
                        socket.Dispose();
                        throw;
                    }
                },
            }
        )
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
}
