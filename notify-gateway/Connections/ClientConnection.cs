using System.Buffers;
using System.Net.WebSockets;
using Notify.Gateway.Tokens;

namespace Notify.Gateway.Connections;

/// <summary>What every conversation needs.</summary>
internal sealed record ConversationParts(
    ConnectionLimiter ConnectionLimiter,
    ConnectionRegistry Store,
    TokenValidator Tokens,
    RevokedTokens Revoked,
    WaitingOverAll Waiting,
    GatewayMetrics Counts,
    GatewayLog Log,
    TimeProvider Time
);

/// <summary>
/// The conversation with one client (specification, section 13): it says who it is, is told its notifications, and answers pings, until one of
/// the two ends it.
/// </summary>
internal sealed class ClientConnection
{
    private readonly WebSocket _socket;
    private readonly TrackedConnection _tracked;
    private readonly ConversationParts _parts;
    private readonly SendQueue _queue;
    private readonly Lock _gate = new();

    private volatile Phase _phase = Phase.Stranger;
    private long _phaseSince;
    private UserName? _user;
    private DateTimeOffset _until;
    private long _pingedAt;
    private bool _isPongDue;
    private int _missedPongs;

    internal ClientConnection(WebSocket socket, TrackedConnection tracked, long since, ConversationParts parts)
    {
        _socket = socket;
        _tracked = tracked;
        _parts = parts;
        _queue = new SendQueue(socket, parts.Waiting);
        _phaseSince = since;
    }

    private enum Phase
    {
        Stranger,
        Open,
        Closing,
    }

    /// <summary>The id of its token; null where it has none.</summary>
    internal string? TokenId { get; private set; }

    /// <summary>Reads what the client says, until the connection is over.</summary>
    internal async Task RunAsync()
    {
        try
        {
            while (await ReceiveAsync()) { }
        }
        catch (Exception e)
            when (e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            // A frame that breaks the rules: the library has answered it with a close frame. Anything else: the client is gone.
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

    /// <summary>Passes a text on to the client, without waiting for it.</summary>
    /// <returns>Whether it is on its way.</returns>
    internal bool Offer(ReadOnlyMemory<byte> text)
    {
        var queued = _queue.TryAdd(text);
        if (queued == Queued.Full)
        {
            // It takes nothing, so it would not take a close frame either.
            End(CloseReason.Slow);
            _tracked.Cut(CloseReason.Slow.Sentence());
        }

        return queued == Queued.Yes;
    }

    /// <summary>Ends the conversation: nothing more is passed on, what waits goes out, then the close. The connection is cut if the client does not close in time.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="authError">What the client is told before, where it is about its token.</param>
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
            _phaseSince = _parts.Time.GetTimestamp();
        }

        if (user is not null)
        {
            _parts.Store.Remove(user, this);
        }

        if (authError is not null)
        {
            _queue.TryAdd(ToClient.AuthError(authError));
        }

        _queue.Finish(reason.Status(), reason.Sentence());
        _parts.Counts.Ended(reason);
        _parts.Log.Ended(reason, user, _tracked.Place, authError);
    }

    /// <summary>Does what is due: a ping, the end of a token, of a client's silence, of patience.</summary>
    internal void Look()
    {
        Phase phase;
        TimeSpan inPhase;
        lock (_gate)
        {
            (phase, inPhase) = (_phase, _parts.Time.GetElapsedTime(_phaseSince));
        }

        switch (phase)
        {
            case Phase.Stranger when inPhase >= ClientLimits.ToIntroduceItself:
                Refuse("No token came within 10 seconds.");
                break;
            case Phase.Open when _parts.Time.GetUtcNow() >= _until:
                End(CloseReason.TokenEnded, TokenValidator.EndedSentence);
                break;
            case Phase.Open:
                Ping();
                break;
            case Phase.Closing when inPhase >= ClientLimits.ToClose:
                _tracked.Cut("The closing handshake took too long.");
                break;
        }
    }

    private void Ping()
    {
        var since = _parts.Time.GetElapsedTime(Volatile.Read(ref _pingedAt));
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
            Volatile.Write(ref _pingedAt, _parts.Time.GetTimestamp());
            Offer(ToClient.Ping);
        }
    }

    private async Task<bool> ReceiveAsync()
    {
        // Nothing is held for a client that says nothing: an empty read waits for it.
        var part = await _socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
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
                part = await _socket.ReceiveAsync(
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
                    // The rest is read away until the client has closed: with bytes unread the kernel would reset the connection, and the client might never see why.
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
        if (_socket.State == WebSocketState.CloseReceived)
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        return false;
    }

    private async Task HearAsync(ReadOnlyMemory<byte> text)
    {
        switch (_phase)
        {
            case Phase.Stranger when FromClient.TryRead(text.Span) is { Type: "auth", Token: { } token }:
                await AdmitAsync(token);
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

    private async Task AdmitAsync(string token)
    {
        switch (await _parts.Tokens.CheckAsync(token))
        {
            case TokenValidationResult.Refused refused:
                Refuse(refused.Why);
                break;
            case TokenValidationResult.Accepted accepted
                when !_parts.Store.TryAdd(accepted.User, this, () => TryOpen(accepted)):
                End(
                    CloseReason.TooManyConnections,
                    $"{accepted.User} has {ClientLimits.ConnectionsPerUser} connections already, and that is the limit. Close one; those whose network is gone end by themselves within two minutes."
                );
                break;
            case TokenValidationResult.Accepted accepted:
                _parts.ConnectionLimiter.Introduce(_tracked);

                // Revoked since the check, and by somebody who did not find this connection in the store yet.
                if (accepted.Id is not null && _parts.Revoked.Contains(accepted.Id))
                {
                    End(CloseReason.TokenRevoked, TokenValidator.RevokedSentence);
                }

                break;
        }
    }

    private bool TryOpen(TokenValidationResult.Accepted accepted)
    {
        lock (_gate)
        {
            if (_phase != Phase.Stranger)
            {
                return false;
            }

            _phase = Phase.Open;
            _phaseSince = _pingedAt = _parts.Time.GetTimestamp();
            _user = accepted.User;
            _until = accepted.Until;
            TokenId = accepted.Id;
        }

        _queue.TryAdd(ToClient.AuthOk(accepted.User));
        return true;
    }

    private void Refuse(string why) => End(CloseReason.NotAuthenticated, why);

    /// <summary>Reads what still comes, so that the last word reaches the client. <see cref="Look"/> limits it in time, the meter in bytes.</summary>
    private async Task ReadAwayAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ClientLimits.MessageBytes);
        try
        {
            while (_tracked.Stream is { } stream && await stream.ReadAsync(buffer) > 0) { }
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
