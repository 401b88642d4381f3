using System.Net.WebSockets;
using System.Text.Json;
using Notify.Contracts;
using Notify.Dispatching;
using Notify.Retry;
using Notify.Text;

namespace Notify.Desktop;

/// <summary>The connection to the gateway. It authenticates, answers pings, and reconnects until the gateway refuses the token.</summary>
internal sealed class GatewayLink(DesktopConfiguration configuration, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A ping comes every 30 seconds. After three missing ones the connection is dead, whatever the network reports.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(100);

    /// <summary>A connection of this length was good. A gateway that accepts and drops is tried less and less often.</summary>
    private static readonly TimeSpan Proven = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Longest message in bytes. The gateway takes 256 kB from the bot, and escapes some of it.</summary>
    private const int MaxMessageLength = 600_000;

    private static readonly byte[] Pong = """{"type":"pong"}"""u8.ToArray();

    private bool _isSaid;

    /// <summary>Shows notifications until cancelled.</summary>
    /// <exception cref="DesktopException">The gateway refuses the token.</exception>
    internal async Task StayConnectedAsync(Func<GatewayMessage, Task> show, CancellationToken cancellation)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
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
                        ? "The gateway does not answer."
                        : $"The gateway can't be reached: {Innermost(e)}";
            }

            if (since is { } begin && time.GetElapsedTime(begin) >= Proven)
            {
                backoff.Reset();
                _isSaid = false;
            }

            Lost(reason);
            await Task.Delay(backoff.Next(), time, cancellation);
        }
    }

    /// <summary>Connects and authenticates. Returns the user's name.</summary>
    /// <exception cref="DesktopException">The gateway refuses the token, or can't be reached.</exception>
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
                $"The token is valid, but the gateway takes no more connections at the moment: {e.Message}"
            );
        }
        catch (Exception e) when (IsTrouble(e, cancellation))
        {
            var reason = e is OperationCanceledException ? "it does not answer" : Innermost(e).TrimEnd('.');
            throw new DesktopException(
                DesktopException.Unavailable,
                $"{configuration.Address} can't be reached: {SafeText.Line(reason, 300)}. Is the address right, and does this machine reach the server?"
            );
        }
    }

    /// <summary>The innermost reason: outer exceptions only say that something failed.</summary>
    private static string Innermost(Exception e) => e.GetBaseException().Message;

    private static bool IsTrouble(Exception e, CancellationToken cancellation) =>
        e is WebSocketException or IOException
        || (e is OperationCanceledException && !cancellation.IsCancellationRequested);

    /// <summary>Closes properly, but an end without an answer is fine too.</summary>
    private async Task LeaveAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(CloseTimeout, time, cancellation);
        try
        {
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        catch (Exception e) when (IsTrouble(e, cancellation))
        {
            // Disposing the socket cuts the connection.
        }
    }

    private async Task<string> OpenAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(ConnectTimeout, time, cancellation);
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket.ConnectAsync(configuration.Address, limit.Token);
        var auth = JsonSerializer.SerializeToUtf8Bytes(
            new ClientMessage("auth", configuration.Token),
            GatewayContract.Json.ClientMessage
        );
        await socket.SendAsync(auth, WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        var answer = await NextAsync(socket, limit.Token);
        return answer?.Type switch
        {
            "auth_ok" => SafeText.Line(answer.Username ?? "you", 100),
            "auth_error" => throw await RefusedAsync(socket, answer, limit.Token),
            _ => throw new IOException("it does not answer like a gateway"),
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
            using var limit = new TimeLimit(Silence, time, cancellation);
            switch (await NextAsync(socket, limit.Token))
            {
                case null:
                    return;
                case { Type: "ping" }:
                    await socket.SendAsync(Pong, WebSocketMessageType.Text, endOfMessage: true, limit.Token);
                    break;
                case { Type: "auth_error" } error:
                    throw await RefusedAsync(socket, error, limit.Token);
                case { Type: "notification", Id.Length: > 0 } notification:
                    await show(notification);
                    break;
            }
        }
    }

    /// <summary>The next message; null after the close. An unreadable one has no type and does not stop the next ones.</summary>
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
                    length < MaxMessageLength
                        ? Math.Min(length * 2, MaxMessageLength)
                        : throw new IOException("it sends more than a notification can hold")
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
                return Read(buffer.AsSpan(0, length)) ?? new GatewayMessage(null);
            }
        }
    }

    private static GatewayMessage? Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, GatewayContract.Json.GatewayMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The reason of the refusal. The close code tells whether the same token can work later.</summary>
    private static async Task<Exception> RefusedAsync(
        ClientWebSocket socket,
        GatewayMessage error,
        CancellationToken cancellation
    )
    {
        var reason = SafeText.Line(error.Message ?? "It gave no reason.", 300);
        while (await NextAsync(socket, cancellation) is not null) { }

        return (int?)socket.CloseStatus == GatewayClose.TooManyConnections
            ? new TooManyConnectionsException(reason)
            : new DesktopException(
                DesktopException.Refused,
                $"The gateway refuses this device: {reason} Make a new token on the dashboard (Desktop, Add a device), then: notify-desktop login ADDRESS"
            );
    }

    private void Lost(string reason)
    {
        if (!_isSaid)
        {
            _isSaid = true;
            say($"{SafeText.Line(reason, 300)} Trying again until it works. The dashboard has what arrives meanwhile.");
        }
    }

    private sealed class TooManyConnectionsException(string reason) : Exception(reason);
}
