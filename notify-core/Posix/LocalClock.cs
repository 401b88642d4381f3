namespace Notify.Posix;

/// <summary>Counts days of the local clock, which have 23 or 25 hours when clocks change.</summary>
public static unsafe class LocalClock
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>
    /// The local clock's offset from UTC, by the C library. It takes every form of <c>TZ</c>, like the user's other programs; the runner
    /// inherits <c>TZ</c> from the crontab.
    /// </summary>
    public static TimeSpan OffsetAt(DateTimeOffset moment)
    {
        var seconds = moment.ToUnixTimeSeconds();
        var broken = default(LibC.BrokenDownTime);
        return LibC.LocalTime(&seconds, &broken) is null
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(broken.SecondsEastOfUtc);
    }

    /// <summary>The first moment at which a local clock shows or passes the time of <paramref name="start"/> this many days later.</summary>
    /// <inheritdoc cref="FirstMoment"/>
    /// <param name="start">The moment to count from.</param>
    /// <param name="days">Zero or more.</param>
    /// <param name="offsetAt">That clock's offset from UTC at a moment.</param>
    public static DateTimeOffset AddDays(DateTimeOffset start, double days, Func<DateTimeOffset, TimeSpan> offsetAt)
    {
        ArgumentNullException.ThrowIfNull(offsetAt);
        if (DateTimeOffset.MaxValue - start < TimeSpan.FromDays(days) + (3 * Day))
        {
            return DateTimeOffset.MaxValue;
        }

        return FirstMoment(Shown(start, offsetAt) + TimeSpan.FromDays(days), offsetAt);
    }

    /// <summary>What a local clock shows at a moment, as if it were UTC.</summary>
    /// <param name="moment">The moment.</param>
    /// <param name="offsetAt">That clock's offset from UTC at a moment.</param>
    public static DateTimeOffset Shown(DateTimeOffset moment, Func<DateTimeOffset, TimeSpan> offsetAt)
    {
        ArgumentNullException.ThrowIfNull(offsetAt);
        return new DateTimeOffset(moment.UtcDateTime + offsetAt(moment), TimeSpan.Zero);
    }

    /// <summary>
    /// The first moment at which a local clock shows or passes a time. Of a repeated hour the first counts, and a skipped hour ends at the jump.
    /// Cron uses the same rule.
    /// </summary>
    /// <param name="shown">The local time, as if it were UTC. The moment itself is less than a day away.</param>
    /// <param name="offsetAt">That clock's offset from UTC at a moment.</param>
    public static DateTimeOffset FirstMoment(DateTimeOffset shown, Func<DateTimeOffset, TimeSpan> offsetAt)
    {
        ArgumentNullException.ThrowIfNull(offsetAt);
        var (before, after) = (shown - Day, shown + Day);
        var (offsetBefore, offsetAfter) = (offsetAt(before), offsetAt(after));
        var (first, second) = (shown - offsetBefore, shown - offsetAfter);
        var (showsFirst, showsSecond) = (offsetAt(first) == offsetBefore, offsetAt(second) == offsetAfter);
        if (showsFirst || showsSecond)
        {
            return !showsSecond || (showsFirst && first < second) ? first : second;
        }

        return ChangeBetween(before, after, offsetAt);
    }

    /// <summary>When a local clock changes its offset, to the second.</summary>
    /// <param name="before">A moment before the change.</param>
    /// <param name="after">A moment after it.</param>
    /// <param name="offsetAt">That clock's offset from UTC at a moment. It changes once between the two.</param>
    public static DateTimeOffset ChangeBetween(
        DateTimeOffset before,
        DateTimeOffset after,
        Func<DateTimeOffset, TimeSpan> offsetAt
    )
    {
        ArgumentNullException.ThrowIfNull(offsetAt);
        var offsetBefore = offsetAt(before);
        while (after - before > TimeSpan.FromSeconds(1))
        {
            var middle = before + ((after - before) / 2);
            (before, after) = offsetAt(middle) == offsetBefore ? (middle, after) : (before, middle);
        }

        return DateTimeOffset.FromUnixTimeSeconds(after.ToUnixTimeSeconds());
    }
}
