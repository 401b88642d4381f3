namespace Notify.Retry;

/// <summary>A pause of a thread that has nothing else to do.</summary>
public static class Pause
{
    /// <summary>Waits for a time.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before its end.</exception>
    public static void For(TimeSpan length, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(time);
        using var over = new ManualResetEventSlim();
        using var timer = time.CreateTimer(_ => over.Set(), null, length, Timeout.InfiniteTimeSpan);
        over.Wait(cancellation);
    }
}
