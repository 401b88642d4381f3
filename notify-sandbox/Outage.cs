namespace Notify.Sandbox;

/// <summary>Closes a port for a while: new connections are refused, open ones end, and the port stays reserved.</summary>
internal sealed class Outage(Func<ClosableListener> listener, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private CancellationTokenSource? _reopening;

    /// <summary>When this returns, it has begun.</summary>
    /// <param name="length">For how long; null until <see cref="EndAsync"/>.</param>
    public async Task BeginAsync(TimeSpan? length)
    {
        var over = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        if (Interlocked.Exchange(ref _reopening, over) is { } earlier)
        {
            await earlier.CancelAsync();
        }

        await listener().CloseAsync();
        if (length is { } wanted)
        {
            _ = ReopenAfterAsync(wanted, over.Token);
        }
    }

    public async Task EndAsync(CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref _reopening, null) is { } reopening)
        {
            await reopening.CancelAsync();
        }

        await listener().OpenAsync(cancellation);
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
        _reopening?.Dispose();
    }

    private async Task ReopenAfterAsync(TimeSpan length, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(length, time, cancellation);
            await listener().OpenAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // The outage was ended early, or the sandbox is.
        }
    }
}
