namespace Notify.Bot.Metrics;

/// <summary>What the bot counts since it started. <see cref="MetricsPage"/> shows it. Thread-safe.</summary>
public sealed class BotMetrics
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _failed = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _runs = new(StringComparer.Ordinal);
    private readonly long[] _sends = new long[SendBounds.Count + 1];
    private TimeSpan _sending;
    private long _delivered;
    private long _accepted;
    private long _floodWaits;
    private long _dispatched;
    private long _notDispatched;

    /// <summary>Upper bounds of the classes of how long Telegram takes for a message, in seconds. The last class, without a bound, is slower.</summary>
    internal static IReadOnlyList<double> SendBounds { get; } = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    internal void Accepted() => Interlocked.Increment(ref _accepted);

    internal void Delivered() => Interlocked.Increment(ref _delivered);

    internal void Dispatched() => Interlocked.Increment(ref _dispatched);

    internal void NotDispatched() => Interlocked.Increment(ref _notDispatched);

    internal void FloodWait() => Interlocked.Increment(ref _floodWaits);

    /// <param name="took">From the request until Telegram had taken the message.</param>
    internal void Sent(TimeSpan took)
    {
        var place = 0;
        while (place < SendBounds.Count && took.TotalSeconds > SendBounds[place])
        {
            place++;
        }

        lock (_gate)
        {
            _sends[place]++;
            _sending += took;
        }
    }

    /// <param name="outcome">One of a few fixed words.</param>
    internal void ScriptRun(string outcome) => Count(_runs, outcome);

    /// <param name="reason">One of a few fixed words, never Telegram's own text.</param>
    internal void Failed(string reason) => Count(_failed, reason);

    internal BotCounts Now()
    {
        lock (_gate)
        {
            return new BotCounts(
                Interlocked.Read(ref _accepted),
                Interlocked.Read(ref _delivered),
                Interlocked.Read(ref _floodWaits),
                Interlocked.Read(ref _dispatched),
                Interlocked.Read(ref _notDispatched),
                [.. _failed],
                [.. _runs],
                [.. _sends],
                _sending
            );
        }
    }

    private void Count(SortedDictionary<string, long> counts, string word)
    {
        lock (_gate)
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }
    }
}

/// <summary>The counts of one moment.</summary>
/// <param name="Accepted">Notifications that were accepted.</param>
/// <param name="Delivered">Notifications that were delivered whole.</param>
/// <param name="FloodWaits">Answers 429.</param>
/// <param name="Dispatched">Notifications that the gateway has taken.</param>
/// <param name="NotDispatched">Notifications that it has not.</param>
/// <param name="Failed">Notifications that ended otherwise, by the reason's word.</param>
/// <param name="Runs">Runs on request, by the outcome's word.</param>
/// <param name="Sends">Messages that Telegram has taken, by the class of how long it took.</param>
/// <param name="Sending">How long these took together.</param>
internal sealed record BotCounts(
    long Accepted,
    long Delivered,
    long FloodWaits,
    long Dispatched,
    long NotDispatched,
    IReadOnlyList<KeyValuePair<string, long>> Failed,
    IReadOnlyList<KeyValuePair<string, long>> Runs,
    IReadOnlyList<long> Sends,
    TimeSpan Sending
);
