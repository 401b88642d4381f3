using System.Buffers;
using System.Net.WebSockets;
using Notify.Gateway.Tokens;

namespace Notify.Gateway.Connections;

/// <summary>The conversation with one client: it authenticates, hears its notifications, and answers pings, until one of the two ends it.</summary>
internal sealed class ClientConnection(
    WebSocket socket,
    TrackedConnection tracked,
    ClientAuthenticator authenticator,
    ConnectionRegistry registry,
    WaitingOverAll waiting,
    TimeProvider time
)
{
    private readonly SendQueue _queue = new(socket, waiting);
    private readonly Lock _gate = new();

    private volatile Phase _phase = Phase.Stranger;
    private long _phaseSince = time.GetTimestamp();
    private UserName? _user;
    private DateTimeOffset _until;
    private long _pingedAt;
    private bool _isPongDue;
    private int _missedPongs;

    private enum Phase
    {
        Stranger,
        Open,
        Closing,
    }

    /// <summary>What is below its WebSocket.</summary>
    internal TrackedConnection Tracked => tracked;

    /// <summary>Its token's id; null without one.</summary>
    internal string? TokenId { get; private set; }

    /// <summary>Reads the client's messages until the connection ends.</summary>
    internal async Task RunAsync()
    {
        try
        {
            while (await ReceiveAsync()) { }
        }
        catch (Exception e)
            when (e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // After an invalid frame the library has sent a close frame. Otherwise the client is gone.
            End(
                e
                    is WebSocketException
                    {
                        WebSocketErrorCode: WebSocketError.Faulted or WebSocketError.InvalidMessageType
                    }
                    ? CloseReason.ProtocolError
                    : CloseReason.ClientLeft
            );
            await ReadAwayAsync();
        }
        finally
        {
            End(CloseReason.ClientLeft);
            _queue.Drop();
        }
    }

    /// <summary>Sends a text to the client without waiting.</summary>
    /// <returns>Whether it was queued.</returns>
    internal bool Offer(ReadOnlyMemory<byte> text)
    {
        var queued = _queue.TryAdd(text);
        if (queued == Queued.Full)
        {
            // It reads nothing, so it would not read a close frame either.
            End(CloseReason.Slow);
            tracked.Cut(CloseReason.Slow.Sentence());
        }

        return queued == Queued.Yes;
    }

    /// <summary>Ends the conversation: takes no more messages, sends the waiting ones, then the close frame. Cuts the connection if the client does not close in time.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="authError">The message before it, if the reason is the token.</param>
    internal void End(CloseReason reason, string? authError = null)
    {
        UserName? user;
        lock (_gate)
        {
            if (_phase == Phase.Closing)
            {
                return;
            }

            user = _user;
            _phase = Phase.Closing;
            _phaseSince = time.GetTimestamp();
        }

        registry.Ended(this, user, reason, authError);
        if (authError is not null)
        {
            _queue.TryAdd(ToClient.AuthError(authError));
        }

        _queue.Finish(reason.Status(), reason.Sentence());
    }

    /// <summary>Does what is due: a ping, the token's expiry, missing pongs, time limits.</summary>
    internal void Look()
    {
        Phase phase;
        TimeSpan inPhase;
        lock (_gate)
        {
            (phase, inPhase) = (_phase, time.GetElapsedTime(_phaseSince));
        }

        switch (phase)
        {
            case Phase.Stranger when inPhase >= ClientLimits.ToIntroduceItself:
                Refuse("No token came within 10 seconds.");
                break;
            case Phase.Open when time.GetUtcNow() >= _until:
                End(CloseReason.TokenEnded, TokenValidator.EndedSentence);
                break;
            case Phase.Open:
                Ping();
                break;
            case Phase.Closing when inPhase >= ClientLimits.ToClose:
                tracked.Cut("The closing handshake took too long.");
                break;
        }
    }

    private void Ping()
    {
        var since = time.GetElapsedTime(Volatile.Read(ref _pingedAt));
        if (Volatile.Read(ref _isPongDue) && since >= ClientLimits.PongWithin)
        {
            _isPongDue = false;
            if (++_missedPongs >= ClientLimits.MissedPongs)
            {
                End(CloseReason.Silent);
                return;
            }
        }

        if (since >= ClientLimits.PingInterval)
        {
            _isPongDue = true;
            Volatile.Write(ref _pingedAt, time.GetTimestamp());
            Offer(ToClient.Ping);
        }
    }

    private async Task<bool> ReceiveAsync()
    {
        // An empty read waits without a buffer for a silent client.
        var part = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        if (part.MessageType == WebSocketMessageType.Close)
        {
            return await CloseAsync();
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ClientLimits.MessageBytes + 1);
        try
        {
            var length = 0;
            while (!part.EndOfMessage)
            {
                part = await socket.ReceiveAsync(
                    buffer.AsMemory(length, ClientLimits.MessageBytes + 1 - length),
                    CancellationToken.None
                );
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return await CloseAsync();
                }

                length += part.Count;
                if (length > ClientLimits.MessageBytes)
                {
                    // Reads the rest until the client has closed. With unread bytes the kernel would reset the connection, and the client might never see why.
                    length = 0;
                    End(CloseReason.MessageTooLong);
                }
            }

            if (part.MessageType != WebSocketMessageType.Text)
            {
                End(CloseReason.NotText);
            }

            await HearAsync(buffer.AsMemory(0, length));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private async Task<bool> CloseAsync()
    {
        End(CloseReason.ClientLeft);
        if (socket.State == WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        return false;
    }

    private async Task HearAsync(ReadOnlyMemory<byte> text)
    {
        switch (_phase)
        {
            case Phase.Stranger when FromClient.TryRead(text.Span) is { Type: "auth", Token: { } token }:
                await authenticator.AuthenticateAsync(this, token);
                break;
            case Phase.Stranger:
                Refuse("""The first message is {"type":"auth","token":"..."}.""");
                break;
            case Phase.Open when FromClient.TryRead(text.Span) is { Type: "pong" }:
                _isPongDue = false;
                _missedPongs = 0;
                break;
        }
    }

    // Revoked after the check, by a call that did not find this connection in the registry yet.
    internal bool TryOpen(TokenValidationResult.Accepted accepted)
    {
        lock (_gate)
        {
            if (_phase != Phase.Stranger)
            {
                return false;
            }

            _phase = Phase.Open;
            _phaseSince = _pingedAt = time.GetTimestamp();
            _user = accepted.User;
            _until = accepted.Until;
            TokenId = accepted.Id;
        }

        _queue.TryAdd(ToClient.AuthOk(accepted.User));
        return true;
    }

    /// <summary>Ends the conversation with a client that is not let in.</summary>
    internal void Refuse(string why) => End(CloseReason.NotAuthenticated, why);

    /// <summary>Reads the rest, so the close frame reaches the client. <see cref="Look"/> limits the time, the meter the bytes.</summary>
    private async Task ReadAwayAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ClientLimits.MessageBytes);
        try
        {
            while (tracked.Stream is { } stream && await stream.ReadAsync(buffer) > 0) { }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // It is gone.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
