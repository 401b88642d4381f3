using System.Globalization;
using Notify.Posix;

namespace Notify.Quiet;

/// <summary>The end of quiet hours in words.</summary>
public static class HeldWords
{
    /// <summary><c>held until 07:00 by your quiet hours</c>, for who sent it.</summary>
    /// <param name="until">The end of the quiet time.</param>
    /// <param name="now">The time.</param>
    /// <param name="offsetAt">The reader's clock: its offset from UTC at a moment.</param>
    public static string Held(DateTimeOffset until, DateTimeOffset now, Func<DateTimeOffset, TimeSpan> offsetAt) =>
        $"held until {Until(until, now, offsetAt)} by your quiet hours";

    /// <summary><c>07:00</c>, or <c>Mon 07:00</c> if the clock shows that time before.</summary>
    /// <inheritdoc cref="Held"/>
    public static string Until(DateTimeOffset until, DateTimeOffset now, Func<DateTimeOffset, TimeSpan> offsetAt)
    {
        var (end, start) = (LocalClock.Shown(until, offsetAt), LocalClock.Shown(now, offsetAt));
        return end.ToString(end - start < TimeSpan.FromDays(1) ? "HH:mm" : "ddd HH:mm", CultureInfo.InvariantCulture);
    }
}
