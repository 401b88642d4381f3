namespace Notify.Desktop;

/// <summary>A script that goes wild must not bury the desktop: at most ten within any ten seconds.</summary>
internal sealed class BurstGate(TimeProvider time)
{
    /// <summary>Most within <see cref="Window"/>.</summary>
    internal const int Most = 10;

    /// <summary>The time that is looked back on.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Queue<long> _shown = new();

    /// <summary>Until one more may be shown; zero where it may now.</summary>
    internal TimeSpan UntilFree =>
        _shown.Count < Most || Window - time.GetElapsedTime(_shown.Peek()) is not { Ticks: > 0 } left
            ? TimeSpan.Zero
            : left;

    /// <summary>Counts one that is shown now, if there is room for it.</summary>
    /// <returns>Whether there is.</returns>
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
