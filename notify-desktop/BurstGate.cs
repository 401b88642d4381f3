namespace Notify.Desktop;

/// <summary>Keeps a wild script from flooding the desktop: at most ten notifications within any ten seconds.</summary>
internal sealed class BurstGate(TimeProvider time)
{
    /// <summary>Most within <see cref="Window"/>.</summary>
    internal const int Most = 10;

    /// <summary>The sliding window.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Queue<long> _shown = new();

    /// <summary>The time until one more may appear; zero for now.</summary>
    internal TimeSpan UntilFree =>
        _shown.Count < Most || Window - time.GetElapsedTime(_shown.Peek()) is not { Ticks: > 0 } left
            ? TimeSpan.Zero
            : left;

    /// <summary>Counts one, if there is room.</summary>
    /// <returns>Whether there was room.</returns>
    internal bool TryPass()
    {
        if (UntilFree > TimeSpan.Zero)
        {
            return false;
        }

        if (_shown.Count == Most)
        {
            _shown.Dequeue();
        }

        _shown.Enqueue(time.GetTimestamp());
        return true;
    }
}
