using System.Globalization;
using Notify.Posix;

namespace Notify.Runner;

/// <summary>A mute in words, on the user's clock.</summary>
internal static class MuteWords
{
    /// <summary>A longer mute counts as endless.</summary>
    private static readonly TimeSpan Endless = TimeSpan.FromDays(180);

    /// <summary><c>muted until 14:30</c>, <c>muted until 2026-05-01 08:00</c>, or <c>muted until you unmute it</c>.</summary>
    internal static string Until(DateTimeOffset until, DateTimeOffset now)
    {
        if (until - now > Endless)
        {
            return "muted until you unmute it";
        }

        var (local, today) = (
            until.UtcDateTime + LocalClock.OffsetAt(until),
            now.UtcDateTime + LocalClock.OffsetAt(now)
        );
        return $"muted until {local.ToString(local.Date == today.Date ? "HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}";
    }
}
