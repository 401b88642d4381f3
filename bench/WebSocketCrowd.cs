using System.Net.WebSockets;
using System.Text;

namespace Notify.Bench;

/// <summary>Many WebSockets to one server on this machine.</summary>
internal sealed class WebSocketCrowd(int port) : IDisposable
{
    private const int AtOnce = 32;

    private readonly List<ClientWebSocket> _sockets = [];

    /// <summary>Opens so many, says something on each and reads the answer.</summary>
    internal async Task ConnectAsync(int count, Func<int, string> first)
    {
        for (var i = 0; i < count; i++)
        {
            var socket = new ClientWebSocket();
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            _sockets.Add(socket);
        }

        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (i, cancellation) =>
            {
                await _sockets[i].ConnectAsync(new Uri($"ws://127.0.0.1:{port}/"), cancellation);
                await _sockets[i]
                    .SendAsync(
                        Encoding.ASCII.GetBytes(first(i)),
                        WebSocketMessageType.Text,
                        endOfMessage: true,
                        cancellation
                    );
                var answer = await ReadAsync(_sockets[i]);
                if (
                    !answer.Contains("\"auth", StringComparison.Ordinal)
                    || answer.Contains("error", StringComparison.Ordinal)
                )
                {
                    throw new BenchException($"the server answered a connection with {answer}");
                }
            }
        );
    }

    /// <summary>Says something on all.</summary>
    internal Task SayAsync(string text) =>
        Parallel.ForEachAsync(
            _sockets,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (socket, cancellation) =>
                await socket.SendAsync(
                    Encoding.ASCII.GetBytes(text),
                    WebSocketMessageType.Text,
                    endOfMessage: true,
                    cancellation
                )
        );

    /// <summary>Waits until a message that holds a word has come to all. Pings are passed over.</summary>
    internal Task ReceiveAsync(string word) =>
        Task.WhenAll(
            _sockets.Select(async socket =>
            {
                while (!(await ReadAsync(socket)).Contains(word, StringComparison.Ordinal)) { }
            })
        );

    public void Dispose() => _sockets.ForEach(s => s.Dispose());

    private static async Task<string> ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[1024];
        var message = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
        return message.MessageType == WebSocketMessageType.Text
            ? Encoding.UTF8.GetString(buffer, 0, message.Count)
            : throw new BenchException(
                $"the server closed a connection: {socket.CloseStatus} {socket.CloseStatusDescription}"
            );
    }
}
