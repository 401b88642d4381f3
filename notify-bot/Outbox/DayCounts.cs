using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>The number of a user's notifications on each day, by state.</summary>
/// <param name="Since">The first day, in UTC, with a complete count: the first whole day of the history, or a later one if there are too many to count.</param>
/// <param name="Days">Days with any, the oldest first.</param>
public sealed record DayCounts(DateOnly Since, IReadOnlyList<DayCount> Days);

/// <summary>The notifications of one day in one state.</summary>
/// <param name="Day">The day of acceptance, in UTC.</param>
/// <param name="State">Their state.</param>
/// <param name="Count">Their number.</param>
public sealed record DayCount(DateOnly Day, DeliveryState State, int Count);

/// <summary>
/// The same by quarters of an hour. The days of every time zone consist of these: all offsets from UTC today are whole quarters.
/// </summary>
/// <param name="Since">The beginning of the first quarter with a complete count.</param>
/// <param name="Quarters">Quarters with any, the oldest first.</param>
public sealed record QuarterCounts(DateTimeOffset Since, IReadOnlyList<QuarterCount> Quarters)
{
    /// <summary>15 minutes.</summary>
    public static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
}

/// <summary>The notifications of a quarter of an hour in one state.</summary>
/// <param name="At">When it begins.</param>
/// <param name="State">Their state.</param>
/// <param name="Count">Their number.</param>
public sealed record QuarterCount(DateTimeOffset At, DeliveryState State, int Count);
