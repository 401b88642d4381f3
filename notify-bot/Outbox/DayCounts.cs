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
