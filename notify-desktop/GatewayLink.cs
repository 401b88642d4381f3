using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Dispatching;

namespace Notify.Desktop;

/// <summary>What the gateway says (docs/gateway.md). What is not known here is passed over.</summary>
internal sealed record GatewayMessage(
    string? Type,
    string? Id,
    string? Title,
    string? Message,
    string? Script,
    DateTimeOffset? Timestamp,
    string? Username
);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GatewayMessage))]
[JsonSerializable(typeof(Auth))]
internal sealed partial class GatewayMessageJson : JsonSerializerContext;

internal sealed record Auth(string Type, string Token);

/// <summary>The connection to the gateway: it says who this is, answers pings, and comes back after every break until the gateway refuses the token.</summary>
internal sealed class GatewayLink(DesktopConfiguration configuration, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(20);

    /// <summary>A ping comes every 30 seconds; after three that did not come the connection is dead, whatever the network says of it.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(100);

    /// <summary>A connection that held so long was a good one; a gateway that takes and drops is asked less and less.</summary>
    private static readonly TimeSpan Proven = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);

    /// <summary>In bytes. The gateway takes 256 kB from the bot, and escapes some of it.</summary>
    private const int LongestMessage = 600_000;

    private static readonly byte[] Pong = """{"type":"pong"}"""u8.ToArray();

    private bool _isSaid;

    /// <summary>Shows what comes, until it is told to end.</summary>
    /// <exception cref="DesktopException">The gateway does not take the token.</exception>
    internal async Task StayConnectedAsync(Func<GatewayMessage, Task> show, CancellationToken cancellation)
    {
        var pause = FirstPause;
        while (true)
        {
            long? since = null;
            string reason;
            try
            {
                using var socket = new ClientWebSocket();
                var user = await OpenAsync(socket, cancellation);
                since = time.GetTimestamp();
                say($"Connected as {user}.");
                await ListenAsync(socket, show, cancellation);
                reason = "The gateway closed the connection.";
            }
            catch (TooManyConnectionsException e)
            {
                reason = e.Message;
            }
            catch (Exception e) when (IsTrouble(e, cancellation))
            {
                reason =
                    e is OperationCanceledException
                        ? "The gateway gives no answer."
                        : $"The gateway can't be reached: {Innermost(e)}";
            }

            if (since is { } begin && time.GetElapsedTime(begin) >= Proven)
            {
                pause = FirstPause;
                _isSaid = false;
            }

            Lost(reason);

            // Between half and one and a half of it, so that not all come back at once.
            await Task.Delay(pause * ((500 + RandomNumberGenerator.GetInt32(1_000)) / 1_000.0), time, cancellation);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Connects and says who it is; gives the user's name.</summary>
    /// <exception cref="DesktopException">The gateway does not take the token, or can't be reached.</exception>
    internal async Task<string> TryOnceAsync(CancellationToken cancellation)
    {
        try
        {
            using var socket = new ClientWebSocket();
            var user = await OpenAsync(socket, cancellation);
            await LeaveAsync(socket, cancellation);
            return user;
        }
        catch (TooManyConnectionsException e)
        {
            throw new DesktopException(
                DesktopException.Unavailable,
                $"The token is good, but no more is let in now: {e.Message}"
            );
        }
        catch (Exception e) when (IsTrouble(e, cancellation))
        {
            var reason = e is OperationCanceledException ? "it gives no answer" : Innermost(e).TrimEnd('.');
            throw new DesktopException(
                DesktopException.Unavailable,
                $"{configuration.Address} can't be reached: {ShownNotification.Printable(reason, 300)}. Is the address right, and does this machine reach the server?"
            );
        }
    }

    /// <summary>What was the matter in the end: the outer ones only say that there was something.</summary>
    private static string Innermost(Exception e) => e.GetBaseException().Message;

    private static bool IsTrouble(Exception e, CancellationToken cancellation) =>
        e is WebSocketException or IOException
        || (e is OperationCanceledException && !cancellation.IsCancellationRequested);

    /// <summary>Closes as is polite; what was to be known is known, so that an end without an answer is as good.</summary>
    private async Task LeaveAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ClosePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, either.Token);
        }
        catch (Exception e) when (IsTrouble(e, cancellation))
        {
            // The connection is cut with the socket.
        }
    }

    private async Task<string> OpenAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ConnectPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(configuration.Address, either.Token);
        var auth = JsonSerializer.SerializeToUtf8Bytes(
            new Auth("auth", configuration.Token),
            GatewayMessageJson.Default.Auth
        );
        await socket.SendAsync(auth, WebSocketMessageType.Text, endOfMessage: true, either.Token);
        var answer = await NextAsync(socket, either.Token);
        return answer?.Type switch
        {
            "auth_ok" => ShownNotification.Printable(answer.Username ?? "you", 100),
            "auth_error" => throw await RefusedAsync(socket, answer, either.Token),
            _ => throw new IOException("it does not speak as the gateway does"),
        };
    }

    private async Task ListenAsync(
        ClientWebSocket socket,
        Func<GatewayMessage, Task> show,
        CancellationToken cancellation
    )
    {
        while (true)
        {
            using var limit = new CancellationTokenSource(Silence, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            switch (await NextAsync(socket, either.Token))
            {
                case null:
                    return;
                case { Type: "ping" }:
                    await socket.SendAsync(Pong, WebSocketMessageType.Text, endOfMessage: true, either.Token);
                    break;
                case { Type: "auth_error" } error:
                    throw await RefusedAsync(socket, error, either.Token);
                case { Type: "notification", Id.Length: > 0 } notification:
                    await show(notification);
                    break;
            }
        }
    }

    /// <summary>The next message; null where the connection was closed. One that can't be read is one of no type: it keeps nobody from the next ones.</summary>
    private static async Task<GatewayMessage?> NextAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(
                    ref buffer,
                    length < LongestMessage
                        ? Math.Min(length * 2, LongestMessage)
                        : throw new IOException("it sends more than a notification can be")
                );
            }

            var part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            length += part.Count;
            if (part.EndOfMessage)
            {
                return Read(buffer.AsSpan(0, length)) ?? new GatewayMessage(null, null, null, null, null, null, null);
            }
        }
    }

    private static GatewayMessage? Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, GatewayMessageJson.Default.GatewayMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Why it is not let in: the number of the close that follows tells whether the same token can work later.</summary>
    private static async Task<Exception> RefusedAsync(
        ClientWebSocket socket,
        GatewayMessage error,
        CancellationToken cancellation
    )
    {
        var reason = ShownNotification.Printable(error.Message ?? "It gives no reason.", 300);
        while (await NextAsync(socket, cancellation) is not null) { }

        return (int?)socket.CloseStatus == GatewayClose.TooManyConnections
            ? new TooManyConnectionsException(reason)
            : new DesktopException(
                DesktopException.Refused,
                $"The gateway does not let this device in: {reason} Make a new token on the dashboard (Desktop, Add a device), then: notify-desktop login ADDRESS"
            );
    }

    private void Lost(string reason)
    {
        if (!_isSaid)
        {
            _isSaid = true;
            say(
                $"{ShownNotification.Printable(reason, 300)} It is tried again until it works; what comes meanwhile is on the dashboard."
            );
        }
    }

    private sealed class TooManyConnectionsException(string reason) : Exception(reason);
}
