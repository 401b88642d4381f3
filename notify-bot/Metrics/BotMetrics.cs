namespace Notify.Bot.Metrics;

/// <summary>Counters since the bot's start, for <c>/metrics</c>. Thread-safe.</summary>
public sealed class BotMetrics
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _failed = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _runs = new(StringComparer.Ordinal);
    private readonly Histogram _sends = new([0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]);
    private readonly Histogram _rounds = new([1, 2.5, 5, 10, 30, 60, 300, 900, 1800]);
    private long _delivered;
    private long _accepted;
    private long _floodWaits;
    private long _dispatched;
    private long _notDispatched;
    private int _usersOverdue;

    internal void Accepted() => Interlocked.Increment(ref _accepted);

    internal void Delivered() => Interlocked.Increment(ref _delivered);

    internal void Dispatched() => Interlocked.Increment(ref _dispatched);

    internal void NotDispatched() => Interlocked.Increment(ref _notDispatched);

    internal void FloodWait() => Interlocked.Increment(ref _floodWaits);

    /// <param name="took">The time from the request to Telegram's answer.</param>
    internal void Sent(TimeSpan took) => _sends.Add(took);

    /// <param name="took">The time of the whole round.</param>
    internal void Round(TimeSpan took) => _rounds.Add(took);

    /// <param name="count">The users whose rounds have stopped.</param>
    internal void UsersOverdue(int count) => Volatile.Write(ref _usersOverdue, count);

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
                _sends.Now(),
                _rounds.Now(),
                Volatile.Read(ref _usersOverdue)
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

/// <summary>The counters at one moment.</summary>
/// <param name="Accepted">Accepted notifications.</param>
/// <param name="Delivered">Completely delivered notifications.</param>
/// <param name="FloodWaits">Answers 429.</param>
/// <param name="Dispatched">Notifications that the gateway took.</param>
/// <param name="NotDispatched">Notifications that it did not take.</param>
/// <param name="Failed">Notifications that failed, by the reason's word.</param>
/// <param name="Runs">Runs on request, by the outcome's word.</param>
/// <param name="Sends">Times of messages that Telegram took.</param>
/// <param name="Rounds">Times of the runner's rounds.</param>
/// <param name="UsersOverdue">Users whose rounds have stopped.</param>
internal sealed record BotCounts(
    long Accepted,
    long Delivered,
    long FloodWaits,
    long Dispatched,
    long NotDispatched,
    IReadOnlyList<KeyValuePair<string, long>> Failed,
    IReadOnlyList<KeyValuePair<string, long>> Runs,
    HistogramCounts Sends,
    HistogramCounts Rounds,
    int UsersOverdue
);
