using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Notify.Testing;

/// <summary>A client on .NET's own WebSocket, which is what most tests need: many of them, quickly.</summary>
public sealed class GatewayClient : IDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[300_000];

    private GatewayClient() => _socket.Options.KeepAliveInterval = TimeSpan.Zero;

    /// <summary>The number of the close frame that came.</summary>
    public int? CloseStatus => (int?)_socket.CloseStatus;

    /// <summary>The reason in it.</summary>
    public string? CloseReason => _socket.CloseStatusDescription;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens a WebSocket.</summary>
    public static async Task<GatewayClient> ConnectAsync(Uri address)
    {
        var client = new GatewayClient();
        await client._socket.ConnectAsync(address, Cancellation).WaitAsync(WaitTimeout, Cancellation);
        return client;
    }

    /// <summary>Opens a WebSocket and says who it is.</summary>
    public static async Task<GatewayClient> LogInAsync(Uri address, GatewayToken token)
    {
        var client = await ConnectAsync(address);
        await client.AuthenticateAsync(token.ToString());
        Assert.Equal("auth_ok", Type(await client.NextAsync()));
        return client;
    }

    /// <summary>What kind of message it is.</summary>
    public static string? Type(JsonElement? message) => message?.GetProperty("type").GetString();

    /// <summary>Says a text.</summary>
    public Task SayAsync(string text) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Cancellation);

    /// <summary>Sends bytes.</summary>
    public Task SendBinaryAsync(byte[] bytes) =>
        _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, Cancellation);

    /// <summary>Says which token it has.</summary>
    public Task AuthenticateAsync(string token) => SayAsync(JsonSerializer.Serialize(new { type = "auth", token }));

    /// <summary>The next message; null where the connection was closed instead.</summary>
    public async Task<JsonElement?> NextAsync()
    {
        var length = 0;
        while (true)
        {
            var part = await _socket
                .ReceiveAsync(_buffer.AsMemory(length), Cancellation)
                .AsTask()
                .WaitAsync(WaitTimeout, Cancellation);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
                return null;
            }

            length += part.Count;
            if (part.EndOfMessage)
            {
                return JsonDocument.Parse(_buffer.AsMemory(0, length)).RootElement.Clone();
            }
        }
    }

    /// <summary>The id of the next message, which is a notification.</summary>
    public async Task<string?> NextIdAsync()
    {
        var message = await NextAsync();
        Assert.Equal("notification", Type(message));
        return message?.GetProperty("id").GetString();
    }

    /// <summary>The sentence of an <c>auth_error</c>, which comes next, and the close that follows it.</summary>
    /// <param name="closeStatus">The number of that close.</param>
    public async Task<string> RefusalAsync(int closeStatus = 1008)
    {
        var message = await NextAsync();
        Assert.Equal("auth_error", Type(message));
        Assert.Null(await NextAsync());
        Assert.Equal(closeStatus, CloseStatus);
        return message!.Value.GetProperty("message").GetString()!;
    }

    /// <summary>Closes as a client does.</summary>
    public Task CloseAsync() =>
        _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation).WaitAsync(WaitTimeout, Cancellation);

    /// <inheritdoc />
    public void Dispose() => _socket.Dispose();
}
