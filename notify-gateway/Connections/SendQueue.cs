using System.Net.WebSockets;

namespace Notify.Gateway.Connections;

/// <summary>The result of queueing a message.</summary>
internal enum Queued
{
    /// <summary>It is queued.</summary>
    Yes,

    /// <summary>The client is closing or gone.</summary>
    No,

    /// <summary>Too much waits: the client is too slow.</summary>
    Full,
}

/// <summary>Waiting bytes of all clients.</summary>
internal sealed class WaitingOverAll
{
    private long _bytes;

    internal long Bytes => Interlocked.Read(ref _bytes);

    internal void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}

/// <summary>
/// The queue of one client. Adding never waits: a pool thread sends. An idle client
/// has no thread, task or buffer here.
/// </summary>
internal sealed class SendQueue(WebSocket socket, WaitingOverAll overAll) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private Queue<ReadOnlyMemory<byte>>? _waiting;
    private int _bytes;
    private bool _isSending;
    private bool _isFinished;
    private (WebSocketCloseStatus Status, string Reason)? _close;

    /// <summary>Adds a text.</summary>
    internal Queued TryAdd(ReadOnlyMemory<byte> text)
    {
        lock (_gate)
        {
            if (_isFinished)
            {
                return Queued.No;
            }

            var size = text.Length + ClientLimits.WaitingOverhead;
            var room =
                overAll.Bytes < ClientLimits.WaitingBytesOverAll
                    ? ClientLimits.WaitingBytes
                    : ClientLimits.WaitingBytesInACrowd;

            // One message of any size always fits: a client with an empty queue is not slow.
            if (_bytes > 0 && _bytes + size > room)
            {
                return Queued.Full;
            }

            (_waiting ??= new Queue<ReadOnlyMemory<byte>>(capacity: 1)).Enqueue(text);
            Count(size);
            SendInBackground();
            return Queued.Yes;
        }
    }

    /// <summary>Takes no more messages; only the close frame follows.</summary>
    internal void Finish(WebSocketCloseStatus status, string reason)
    {
        lock (_gate)
        {
            if (!_isFinished)
            {
                _isFinished = true;
                _close = (status, reason);
                SendInBackground();
            }
        }
    }

    /// <summary>Sends nothing more and drops the queue.</summary>
    internal void Drop()
    {
        lock (_gate)
        {
            _isFinished = true;
            _close = null;
            _waiting = null;
            Count(-_bytes);
        }
    }

    /// <inheritdoc />
    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private void SendInBackground()
    {
        if (!_isSending)
        {
            _isSending = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (Next() is (var text, var close))
            {
                if (close is { } end)
                {
                    await socket.CloseOutputAsync(end.Status, end.Reason, CancellationToken.None);
                    return;
                }

                await socket.SendAsync(text, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                Sent(text);
            }
        }
        catch (Exception e)
            when (e is WebSocketException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // The client is gone or was cut. Its reader notices too, and ends the connection.
            Drop();
        }
    }

    private (ReadOnlyMemory<byte> Text, (WebSocketCloseStatus Status, string Reason)? Close)? Next()
    {
        lock (_gate)
        {
            if (_waiting is { Count: > 0 } waiting)
            {
                return (waiting.Dequeue(), null);
            }

            if (_close is { } close)
            {
                return (default, close);
            }

            _waiting = null;
            _isSending = false;
            return null;
        }
    }

    private void Sent(ReadOnlyMemory<byte> text)
    {
        lock (_gate)
        {
            // After a drop all of it is already released.
            Count(-Math.Min(_bytes, text.Length + ClientLimits.WaitingOverhead));
        }
    }

    private void Count(int bytes)
    {
        _bytes += bytes;
        overAll.Add(bytes);
    }
}
