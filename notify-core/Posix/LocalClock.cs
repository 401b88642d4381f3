namespace Notify.Posix;

/// <summary>Days as a clock on the wall counts them: 23 or 25 hours long where the clocks change.</summary>
public static unsafe class LocalClock
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>
    /// What the local clock is ahead of UTC, by the C library: it takes every form of <c>TZ</c> that the user's other programs take, and of a
    /// crontab's variables the runner inherits it.
    /// </summary>
    public static TimeSpan OffsetAt(DateTimeOffset moment)
    {
        var seconds = moment.ToUnixTimeSeconds();
        var broken = default(LibC.BrokenDownTime);
        return LibC.LocalTime(&seconds, &broken) is null
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(broken.SecondsEastOfUtc);
    }

    /// <summary>
    /// The first moment at which a local clock shows the time of <paramref name="start"/> so many days later, or has passed it. So of an hour
    /// that the clock shows twice the first counts, and an hour that it leaves out is over where it jumps; cron starts its jobs by the same rule.
    /// </summary>
    /// <param name="start">The moment to count from.</param>
    /// <param name="days">Zero or more.</param>
    /// <param name="offsetAt">What that clock is ahead of UTC at a moment.</param>
    public static DateTimeOffset AddDays(DateTimeOffset start, double days, Func<DateTimeOffset, TimeSpan> offsetAt)
    {
        ArgumentNullException.ThrowIfNull(offsetAt);
        if (DateTimeOffset.MaxValue - start < TimeSpan.FromDays(days) + (3 * Day))
        {
            return DateTimeOffset.MaxValue;
        }

        // What the clock shall show, written as if it were UTC; the moment itself is less than a day away from that.
        var shown = new DateTimeOffset(start.UtcDateTime + offsetAt(start), TimeSpan.Zero) + TimeSpan.FromDays(days);
        var (before, after) = (shown - Day, shown + Day);
        var (offsetBefore, offsetAfter) = (offsetAt(before), offsetAt(after));
        var (first, second) = (shown - offsetBefore, shown - offsetAfter);
        var (showsFirst, showsSecond) = (offsetAt(first) == offsetBefore, offsetAt(second) == offsetAfter);
        if (showsFirst || showsSecond)
        {
            return !showsSecond || (showsFirst && first < second) ? first : second;
        }

        while (after - before > TimeSpan.FromSeconds(1))
        {
            var middle = before + ((after - before) / 2);
            (before, after) = offsetAt(middle) == offsetBefore ? (middle, after) : (before, middle);
        }

        return DateTimeOffset.FromUnixTimeSeconds(after.ToUnixTimeSeconds());
    }
}
