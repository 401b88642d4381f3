using Cronos;
using Notify.Posix;

namespace Notify.Schedules;

/// <summary>The times of an <c>at</c> schedule, on the clock of a time zone. They are whole minutes.</summary>
/// <remarks>
/// Cronos knows the calendar. It is asked for times of a clock without changes, because with a time zone it goes wrong where winter has the
/// special offset (Europe/Dublin, Africa/Casablanca). The change of clocks follows its rules. A time that the clock skips comes at the
/// first moment after the gap. A time that comes twice counts once, but both times if minute or hour has a <c>*</c>, a range or a step.
/// </remarks>
public sealed class DueTimes
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly IReadOnlyList<Expression> _expressions;

    private DueTimes(IReadOnlyList<Expression> expressions) => _expressions = expressions;

    /// <summary>Times that come where any of these does.</summary>
    internal static DueTimes Any(IEnumerable<DueTimes> times) => new([.. times.SelectMany(one => one._expressions)]);

    /// <summary>Times of expressions with five fields, as Cronos reads them: both days must match.</summary>
    /// <exception cref="CronFormatException">One can't be read.</exception>
    internal static DueTimes Of(IEnumerable<string> expressions) =>
        new([
            .. expressions.Select(text => new Expression(
                CronExpression.Parse(text),
                text.Split(' ').Take(2).Any(field => field.AsSpan().IndexOfAny("*-/") >= 0)
            )),
        ]);

    /// <summary>The times of a crontab's five fields, or of <c>@daily</c> and the like; null for other text.</summary>
    public static DueTimes? TryParseCron(string expression) => AtLine.Read($"cron {expression}").Value;

    /// <summary>The first time after a moment; null if none comes any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        DateTimeOffset? first = null;
        foreach (var expression in _expressions)
        {
            if (Next(expression, after, zone.GetUtcOffset) is { } next && !(next >= first))
            {
                first = next;
            }
        }

        return first;
    }

    /// <summary>The last time in a stretch; null if it has none. The cost grows with the logarithm of the stretch, also where each minute is a time.</summary>
    /// <param name="after">Where the stretch begins; this moment itself does not count.</param>
    /// <param name="upTo">Where it ends; this moment counts.</param>
    /// <param name="zone">The clock.</param>
    public DateTimeOffset? Newest(DateTimeOffset after, DateTimeOffset upTo, TimeZoneInfo zone) =>
        Newest(after, upTo, moment => Next(moment, zone));

    /// <summary>The same with any function for the next time.</summary>
    internal static DateTimeOffset? Newest(
        DateTimeOffset after,
        DateTimeOffset upTo,
        Func<DateTimeOffset, DateTimeOffset?> next
    )
    {
        if (next(after) is not { } found || found > upTo)
        {
            return null;
        }

        // Halves what may hold a later one. Times are at least a minute apart.
        for (var end = upTo; end - found >= Minute; )
        {
            var middle = found + ((end - found) / 2);
            if (next(middle) is { } later && later <= upTo)
            {
                found = later;
            }
            else
            {
                end = middle;
            }
        }

        return found;
    }

    private static DateTimeOffset? Next(
        Expression expression,
        DateTimeOffset after,
        Func<DateTimeOffset, TimeSpan> offsetAt
    )
    {
        var offset = offsetAt(after);
        var shown = LocalClock.Shown(after, offsetAt);
        DateTimeOffset? next = null;
        // Times that the clock shows again, after it was set back, had their moment before.
        while (next is null && expression.Next(shown, inclusive: false) is { } time)
        {
            shown = time;
            next =
                LocalClock.FirstMoment(time, offsetAt) is var moment && moment > after ? moment
                : expression.IsInterval ? time - offset
                : null;
        }

        if (expression.IsInterval && offsetAt(after + Day) is var later && later < offset)
        {
            // The clock is set back within a day. Times that it shows again come at once after that.
            var change = LocalClock.ChangeBetween(after, after + Day, offsetAt);
            if (expression.Next(LocalClock.Shown(change, offsetAt), inclusive: true) is { } again)
            {
                var moment = again - later;
                return !(moment >= next) ? moment : next;
            }
        }

        return next;
    }

    /// <param name="Cron">On a clock that never changes.</param>
    /// <param name="IsInterval">Whether its times go on while the clock shows an hour again.</param>
    private sealed record Expression(CronExpression Cron, bool IsInterval)
    {
        internal DateTimeOffset? Next(DateTimeOffset shown, bool inclusive) =>
            Cron.GetNextOccurrence(shown, TimeZoneInfo.Utc, inclusive);
    }
}
