using Notify.Posix;
using Notify.Schedules;

namespace Notify.Scripts;

/// <summary>The shortest time between two notifications of a script.</summary>
/// <param name="Length">The span, zero to 366 days.</param>
/// <param name="Text">As the script wrote it.</param>
public sealed record Cooldown(TimeSpan Length, string Text) : Interval(Length, Text)
{
    /// <summary>The default, also for an unreadable value.</summary>
    public static readonly Cooldown Default = new(TimeSpan.FromHours(1), "1h");

    /// <inheritdoc cref="Interval.TryParse"/>
    public static new Cooldown? TryParse(string text) =>
        Interval.TryParse(text) is { } interval ? new Cooldown(interval.Length, interval.Text) : null;

    /// <summary>
    /// The number of the cooldown period that a moment lies in, counted from the last sending, or from 1970 without one. A key with this
    /// number limits sending to once in each period without a saved state. Null without a cooldown.
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
}
