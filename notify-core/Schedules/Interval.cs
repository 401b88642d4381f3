using System.Globalization;
using Notify.Posix;

namespace Notify.Schedules;

/// <summary>A time between two things: a number and <c>m</c>, <c>h</c> or <c>d</c>. Days follow the local clock.</summary>
/// <param name="Length">The span, zero to 366 days.</param>
/// <param name="Text">As it was written.</param>
public record Interval(TimeSpan Length, string Text)
{
    /// <summary>Longest interval. A longer one is probably a slip, and would silence a script for good.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>How early an interval may end. With <c>1h</c> on an hourly cron, whose rounds vary by seconds, a script then sends every hour.</summary>
    private static readonly TimeSpan MaxTolerance = TimeSpan.FromSeconds(60);

    /// <summary>Parses <c>30m</c>, <c>1h</c>, <c>1.5h</c>, <c>7d</c>; null for other text.</summary>
    public static Interval? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // This comparison refuses "NaN", which the parser takes.
        var trimmed = text.Trim();
        double? unit =
            trimmed.Length < 2
                ? null
                : trimmed[^1] switch
                {
                    'm' => 60,
                    'h' => 3600,
                    'd' => 86400,
                    _ => null,
                };
        if (
            unit is not { } seconds
            || !double.TryParse(
                trimmed.AsSpan(0, trimmed.Length - 1).TrimEnd(),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var number
            )
            || !(number * seconds <= Longest.TotalSeconds)
        )
        {
            return null;
        }

        return new Interval(TimeSpan.FromSeconds(number * seconds), trimmed);
    }

    /// <summary>Whether its unit is days of the local clock; <c>24h</c> is always 24 hours.</summary>
    internal bool IsInDays => Text.EndsWith('d');

    private protected TimeSpan Forgiven => Length / 10 < MaxTolerance ? Length / 10 : MaxTolerance;

    /// <summary>When the next one may come after one at <paramref name="last"/>: up to 10 % or 60 s early, whichever is less.</summary>
    public DateTimeOffset OverAt(DateTimeOffset last) => OverAt(last, LocalClock.OffsetAt);

    /// <summary>The same on another clock than this process's.</summary>
    /// <param name="last">The last one.</param>
    /// <param name="offsetAt">That clock's offset from UTC at a moment.</param>
    public DateTimeOffset OverAt(DateTimeOffset last, Func<DateTimeOffset, TimeSpan> offsetAt)
    {
        var forgiven = Forgiven;
        if (IsInDays)
        {
            var over = LocalClock.AddDays(last, Length.TotalDays, offsetAt);
            return over == DateTimeOffset.MaxValue ? over : over - forgiven;
        }

        var held = Length - forgiven;
        return DateTimeOffset.MaxValue - last < held ? DateTimeOffset.MaxValue : last + held;
    }

    /// <summary>Until when the next one has to wait; null if it may come now.</summary>
    /// <remarks>A last one in the future means that the clock was set back. Then the interval does not count, or a script would be silent for hours.</remarks>
    /// <param name="last">The last one.</param>
    /// <param name="now">The time.</param>
    /// <param name="offsetAt">The offset from UTC of the clock that counts days.</param>
    public DateTimeOffset? HeldUntil(
        DateTimeOffset last,
        DateTimeOffset now,
        Func<DateTimeOffset, TimeSpan> offsetAt
    ) => last <= now && OverAt(last, offsetAt) is var over && over > now ? over : null;
}
