namespace Notify.Bot.Metrics;

/// <summary>Counts lengths of time by buckets. Thread-safe.</summary>
/// <param name="bounds">The upper bounds in seconds, ascending. The last bucket has no bound.</param>
internal sealed class Histogram(double[] bounds)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private TimeSpan _sum;

    internal void Add(TimeSpan took)
    {
        var bucket = 0;
        while (bucket < bounds.Length && took.TotalSeconds > bounds[bucket])
        {
            bucket++;
        }

        lock (_gate)
        {
            _buckets[bucket]++;
            _sum += took;
        }
    }

    internal HistogramCounts Now()
    {
        lock (_gate)
        {
            return new HistogramCounts(bounds, [.. _buckets], _sum);
        }
    }
}

/// <summary>A histogram at one moment.</summary>
/// <param name="Bounds">Upper bounds in seconds.</param>
/// <param name="Buckets">Counts; one more than bounds.</param>
/// <param name="Sum">The total time.</param>
internal sealed record HistogramCounts(IReadOnlyList<double> Bounds, IReadOnlyList<long> Buckets, TimeSpan Sum);
