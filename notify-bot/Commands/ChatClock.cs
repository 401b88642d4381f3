using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>Formats times for a chat, with the zone's name. The zone is that of the user's dashboard, or the server's if it is unknown.</summary>
public sealed class ChatClock(TimeProvider time)
{
    /// <summary>A moment to the minute, such as <c>2026-11-30 15:05 Europe/Prague</c>.</summary>
    internal string Moment(DateTimeOffset moment, Link link)
    {
        var zone = link.TimeZone?.Find() ?? time.LocalTimeZone;
        var local = TimeZoneInfo.ConvertTime(moment, zone);
        return $"{local.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} {Name(zone, local)}";
    }

    /// <summary>The end of a mute.</summary>
    internal string Until(DateTimeOffset until, Link link) =>
        until == Mutes.Forever ? "until you send /unmute" : $"until {Moment(until, link)}";

    /// <summary>The end of a mute as a sentence's end, with how to end it sooner.</summary>
    internal string UntilOrSooner(DateTimeOffset until, Link link) =>
        until == Mutes.Forever ? $"{Until(until, link)}." : $"{Until(until, link)}. Send /unmute to end all mutes.";

    /// <summary>The zone's IANA name. A server without one (no link at /etc/localtime) shows the offset to UTC.</summary>
    private static string Name(TimeZoneInfo zone, DateTimeOffset local) =>
        zone switch
        {
            { HasIanaId: true } when !zone.Id.EndsWith("UTC", StringComparison.Ordinal) => zone.Id,
            _ when local.Offset == TimeSpan.Zero => "UTC",
            _ => local.ToString("'UTC'zzz", CultureInfo.InvariantCulture),
        };
}
