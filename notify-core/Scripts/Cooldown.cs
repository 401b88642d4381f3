using System.Globalization;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>How long a script's notifications are held back after one was sent: a number and <c>m</c>, <c>h</c> or <c>d</c>. Days are those of the local clock.</summary>
/// <param name="Length">The span, zero to 366 days.</param>
/// <param name="Text">As it was written.</param>
public sealed record Cooldown(TimeSpan Length, string Text)
{
    /// <summary>What counts where a script says nothing, or nothing that can be read.</summary>
    public static readonly Cooldown Default = new(TimeSpan.FromHours(1), "1h");

    /// <summary>Longest cooldown that is taken. A longer one is more likely a slip than a wish, and would silence the script for good.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>How much of a cooldown may be missing at most, so that <c>1h</c> on an hourly cron, whose rounds start seconds early or late, sends every hour.</summary>
    private static readonly TimeSpan MostForgiven = TimeSpan.FromSeconds(60);

    /// <summary>Reads <c>30m</c>, <c>1h</c>, <c>1.5h</c>, <c>7d</c>; null for anything else.</summary>
    public static Cooldown? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Compared so that "NaN", which is a number to the parser, is none here.
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

        return new Cooldown(TimeSpan.FromSeconds(number * seconds), trimmed);
    }

    /// <summary>Whether it is written in days, which the local clock counts; <c>24h</c> is 24 hours on every day.</summary>
    private bool IsInDays => Text.EndsWith('d');

    private TimeSpan Forgiven => Length / 10 < MostForgiven ? Length / 10 : MostForgiven;

    /// <summary>
    /// The number of the span of this length that a moment lies in, counted from the last sending, or without one from 1970: what is said
    /// once in each is said as often as this cooldown lets it, without anything that is noted. Null where the cooldown is none.
    /// </summary>
    public long? SpanOf(DateTimeOffset moment, DateTimeOffset? lastSent)
    {
        if (Length < TimeSpan.FromSeconds(1))
        {
            return null;
        }

        var from = lastSent <= moment ? lastSent.Value : DateTimeOffset.UnixEpoch;
        var elapsed = moment - from;
        if (IsInDays)
        {
            elapsed +=
                LocalClock.OffsetAt(moment)
                - (from == DateTimeOffset.UnixEpoch ? TimeSpan.Zero : LocalClock.OffsetAt(from));
        }

        return (elapsed + Forgiven).Ticks / Length.Ticks;
    }

    /// <summary>From when on the next notification may go, if one went at <paramref name="lastSent"/>: up to 10 % or 60 s early, whichever is less.</summary>
    public DateTimeOffset OverAt(DateTimeOffset lastSent) => OverAt(lastSent, LocalClock.OffsetAt);

    /// <summary>The same on another clock than this process's own.</summary>
    /// <param name="lastSent">When one went.</param>
    /// <param name="offsetAt">What that clock is ahead of UTC at a moment.</param>
    public DateTimeOffset OverAt(DateTimeOffset lastSent, Func<DateTimeOffset, TimeSpan> offsetAt)
    {
        var forgiven = Forgiven;
        if (IsInDays)
        {
            var over = LocalClock.AddDays(lastSent, Length.TotalDays, offsetAt);
            return over == DateTimeOffset.MaxValue ? over : over - forgiven;
        }

        var held = Length - forgiven;
        return DateTimeOffset.MaxValue - lastSent < held ? DateTimeOffset.MaxValue : lastSent + held;
    }
}
