namespace Notify.Bot.Outbox;

/// <summary>How many notifications of a user there were on each day, by what became of them.</summary>
/// <param name="Since">The first day, in UTC, of which all are counted: the history's first whole day, or a later one where there are more than are counted.</param>
/// <param name="Days">Days with any, the oldest first.</param>
public sealed record DayCounts(DateOnly Since, IReadOnlyList<DayCount> Days);

/// <summary>The notifications of one day that ended one way.</summary>
/// <param name="Day">The day on which they were accepted, in UTC.</param>
/// <param name="State">What became of them.</param>
/// <param name="Count">How many.</param>
public sealed record DayCount(DateOnly Day, DeliveryState State, int Count);

/// <summary>
/// The same by quarters of an hour, of which the days of every time zone are made: all of today's are ahead of or behind UTC by whole quarters.
/// </summary>
/// <param name="Since">The beginning of the first quarter of which all are counted.</param>
/// <param name="Quarters">Quarters with any, the oldest first.</param>
public sealed record QuarterCounts(DateTimeOffset Since, IReadOnlyList<QuarterCount> Quarters)
{
    /// <summary>15 minutes.</summary>
    public static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
}

/// <summary>The notifications of a quarter of an hour that ended one way.</summary>
/// <param name="At">When it begins.</param>
/// <param name="State">What became of them.</param>
/// <param name="Count">How many.</param>
public sealed record QuarterCount(DateTimeOffset At, DeliveryState State, int Count);
