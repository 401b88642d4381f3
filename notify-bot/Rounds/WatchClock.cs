namespace Notify.Bot.Rounds;

/// <summary>
/// Counts the time in which the bot could have heard of a round. Time in which the bot or the machine was off or suspended does not count, and neither does a clock
/// that somebody sets. It goes on after a restart from its stored value.
/// </summary>
/// <remarks>Two clocks have to agree: the steady one stands still while the machine is suspended, the wall clock can be set.</remarks>
/// <param name="counted">The stored value.</param>
/// <param name="stored">The time of day when it was stored; null for a new one.</param>
internal sealed class WatchClock(TimeSpan counted, DateTimeOffset? stored)
{
    /// <summary>The distance of two ticks.</summary>
    internal static readonly TimeSpan Tick = TimeSpan.FromSeconds(10);

    /// <summary>A longer gap between two ticks is an absence. A busy machine is late by less.</summary>
    internal static readonly TimeSpan MaxGap = 6 * Tick;

    private TimeSpan? _steady;

    /// <summary>The time counted so far.</summary>
    internal TimeSpan Counted { get; private set; } = counted;

    /// <summary>The time of day at the last tick, or when the clock was stored.</summary>
    internal DateTimeOffset? Last { get; private set; } = stored;

    /// <summary>Counts the time since the last tick.</summary>
    /// <param name="wall">The time of day.</param>
    /// <param name="steady">The steady clock, from any beginning.</param>
    /// <returns>The beginning of an absence that ends now; null if there was none.</returns>
    internal DateTimeOffset? Advance(DateTimeOffset wall, TimeSpan steady)
    {
        var before = Last;
        var (byWall, bySteady) = (wall - before, steady - _steady);
        (Last, _steady) = (wall, steady);
        if (
            byWall is not { } first
            || bySteady is not { } second
            || first < TimeSpan.Zero
            || first > MaxGap
            || second < TimeSpan.Zero
            || second > MaxGap
        )
        {
            return before;
        }

        Counted += first < second ? first : second;
        return null;
    }
}
