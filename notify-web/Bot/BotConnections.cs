using System.Net.Sockets;
using Notify.Http;
using Notify.Sending;

namespace Notify.Web.Bot;

/// <summary>Connections to the bot's Unix socket. Each one checks that the bot listens before it sends anything.</summary>
internal static class BotConnections
{
    /// <summary>A client without a time limit; callers set one.</summary>
    internal static HttpClient NewClient(string socketPath) =>
        UnixHttp.NewClient(
            new Uri("http://bot"),
            socketPath,
            () => BotListener.CheckPath(socketPath),
            socket => BotListener.Check(socket, socketPath),
            TimeSpan.FromSeconds(5)
        );

    /// <summary>Why a request got no answer, in a sentence.</summary>
    internal static BotUnreachableException Unreachable(HttpRequestException e, string contact) =>
        e.InnerException switch
        {
            BotUnreachableException inner => inner,
            SocketException { SocketErrorCode: SocketError.AccessDenied } => new BotUnreachableException(
                $"The dashboard may not connect to the bot. Tell {contact}: its account must be in the trusted group (data-ops).",
                e
            ),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable } =>
                new BotUnreachableException($"The bot is not running. Tell {contact}.", e),
            _ => new BotUnreachableException(
                $"The connection to the bot broke. Try again. If this goes on, tell {contact}.",
                e
            ),
        };
}
