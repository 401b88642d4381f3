using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Notify.Desktop;

namespace Notify.Tests;

/// <summary>A WebSocket server that does to its clients what a test says; what no real gateway does can't be had from one.</summary>
internal sealed class PlayedGateway : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _playing = [];
    private readonly Func<WebSocket, int, CancellationToken, Task> _play;
    private readonly Task _serving;
    private int _connections;

    /// <param name="play">What is done to the connection of this number, after its first message, until the gateway ends.</param>
    internal PlayedGateway(Func<WebSocket, int, CancellationToken, Task> play)
    {
        _play = play;
        _listener.Start();
        Configuration = new DesktopConfiguration(new Uri($"ws://{_listener.LocalEndpoint}/"), "eyJ.a.b");
        _serving = ServeAsync();
    }

    /// <summary>How a client is set up for it.</summary>
    internal DesktopConfiguration Configuration { get; }

    /// <summary>How many came.</summary>
    internal int Connections => Volatile.Read(ref _connections);

    internal static Task LetInAsync(WebSocket socket, CancellationToken cancellation) =>
        SayAsync(socket, """{"type":"auth_ok","username":"alice"}""", cancellation);

    internal static Task SayAsync(WebSocket socket, string text, CancellationToken cancellation) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, cancellation);

    /// <summary>Reads until the client has gone.</summary>
    internal static async Task UntilClosedAsync(WebSocket socket, CancellationToken cancellation)
    {
        while (
            (await socket.ReceiveAsync(new byte[1024].AsMemory(), cancellation)).MessageType
            != WebSocketMessageType.Close
        ) { }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_playing);
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            _playing.Add(PlayAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
    }

    private async Task PlayAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                using var socket = await ShakeHandsAsync(client.GetStream());
                var number = Interlocked.Increment(ref _connections);
                await socket.ReceiveAsync(new byte[8192].AsMemory(), _end.Token);
                await _play(socket, number, _end.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The client has gone, or the test is over.
        }
    }

    /// <summary>RFC 6455, section 4.2.2.</summary>
    private async Task<WebSocket> ShakeHandsAsync(NetworkStream stream)
    {
        var request = new byte[8192];
        var length = 0;
        while (!Encoding.ASCII.GetString(request, 0, length).EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            length += await stream.ReadAsync(request.AsMemory(length), _end.Token) is var read and > 0
                ? read
                : throw new IOException("gone");
        }

        const string Name = "Sec-WebSocket-Key: ";
        var key = Encoding
            .ASCII.GetString(request, 0, length)
            .Split("\r\n")
            .Single(l => l.StartsWith(Name, StringComparison.OrdinalIgnoreCase))[Name.Length..];
#pragma warning disable CA5350 // What the protocol says; nothing is kept secret with it.
        var accept = Convert.ToBase64String(
            SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
        );
#pragma warning restore CA5350
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            ),
            _end.Token
        );
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
    }
}
