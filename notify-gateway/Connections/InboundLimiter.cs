using Microsoft.AspNetCore.Http.Features;

namespace Notify.Gateway.Connections;

/// <summary>
/// Counts a client's bytes below the WebSocket, where pings, fragments and empty frames count too; readers of messages
/// never see them. A client that sends more than <see cref="ClientLimits"/> allows is disconnected.
/// </summary>
internal sealed class InboundLimiter(TimeProvider time, TrackedConnection tracked)
{
    private long _since = time.GetTimestamp();
    private double _left = ClientLimits.TrafficBurst;
    private FrameMaskCheck _frames;

    internal void Count(ReadOnlySpan<byte> bytes)
    {
        if (!_frames.AreMasked(bytes))
        {
            tracked.Client?.End(CloseReason.ProtocolError);
        }

        var now = time.GetTimestamp();
        _left =
            Math.Min(
                ClientLimits.TrafficBurst,
                _left + (time.GetElapsedTime(_since, now).TotalSeconds * ClientLimits.TrafficPerSecond)
            ) - bytes.Length;
        _since = now;
        if (_left < -ClientLimits.TrafficWhileClosing)
        {
            tracked.Cut("The client sent more after it was told to close.");
        }
        else if (_left < 0)
        {
            tracked.Client?.End(CloseReason.TooMuchTraffic);
        }
    }
}

/// <summary>Adds the counter to the connection of the WebSocket middleware.</summary>
internal sealed class MeteredUpgrade(IHttpUpgradeFeature inner, InboundLimiter meter, TrackedConnection tracked)
    : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync() => tracked.Stream = new MeteredStream(await inner.UpgradeAsync(), meter);
}

/// <summary>A stream that counts what is read.</summary>
internal sealed class MeteredStream(Stream inner, InboundLimiter meter) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // An empty read waits for data without taking any.
        var read = inner.ReadAsync(buffer, cancellationToken);
        return buffer.IsEmpty ? read : CountAsync(read, buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> CountAsync(ValueTask<int> read, ReadOnlyMemory<byte> buffer)
    {
        var length = await read;
        meter.Count(buffer.Span[..length]);
        return length;
    }
}
