using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Linking;
using Notify.Posix;
using Notify.Quiet;

namespace Notify.Bot.Commands;

/// <summary>Formats times for a chat, with the zone's name. The zone is that of the user's dashboard, or the server's if it is unknown.</summary>
public sealed class ChatClock(TimeProvider time)
{
    /// <summary>The user's time zone.</summary>
    internal TimeZoneInfo Zone(Link link) => time.ZoneOf(link);

    /// <summary>The name of the user's time zone.</summary>
    internal string ZoneName(Link link) =>
        Zone(link) is var zone ? Name(zone, TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone)) : "";

    /// <summary>The end of quiet hours, such as <c>07:00</c>, or <c>Mon 07:00</c> after more than a day.</summary>
    internal string QuietUntil(DateTimeOffset until, Link link) =>
        HeldWords.Until(until, time.GetUtcNow(), Zone(link).GetUtcOffset);

    /// <summary>A moment to the minute, such as <c>2026-11-30 15:05 Europe/Prague</c>.</summary>
    internal string Moment(DateTimeOffset moment, Link link)
    {
        var zone = Zone(link);
        var local = TimeZoneInfo.ConvertTime(moment, zone);
        return $"{local.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} {Name(zone, local)}";
    }

    /// <summary>
    /// The next moment at which the reader's clock shows a time of day. A time that the clock skips is the moment of the change. Of a time that it shows twice, the
    /// next one counts.
    /// </summary>
    internal DateTimeOffset Next(TimeOnly at, Link link)
    {
        var zone = Zone(link);
        var now = time.GetUtcNow();
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);

        // Today's may be over; tomorrow always has one.
        return Enumerable
            .Range(0, 3)
            .SelectMany(days => Moments(zone, today.AddDays(days).ToDateTime(at)))
            .First(moment => moment > now);
    }

    /// <summary>The moments at which a zone's clock shows a local time, the earliest first.</summary>
    private static IEnumerable<DateTimeOffset> Moments(TimeZoneInfo zone, DateTime local) =>
        zone.IsAmbiguousTime(local)
            ? zone.GetAmbiguousTimeOffsets(local)
                .OrderDescending()
                .Select(offset => new DateTimeOffset(local, offset).ToUniversalTime())
            : [LocalClock.FirstMoment(new DateTimeOffset(local, TimeSpan.Zero), zone.GetUtcOffset)];

    /// <summary>The end of a mute.</summary>
    internal string Until(DateTimeOffset until, Link link) =>
        until == Mutes.Forever ? "until you send /unmute" : $"until {Moment(until, link)}";

    /// <summary>The end of a mute as a sentence's end, with how to end it sooner.</summary>
    internal string UntilOrSooner(DateTimeOffset until, Link link) =>
        until == Mutes.Forever ? $"{Until(until, link)}." : $"{Until(until, link)}. Send /unmute to end all mutes.";

    /// <summary>A sentence about the mute of everything, with a space before it; empty without one.</summary>
    internal string EverythingMuted(Mutes mutes, Link link) =>
        mutes.All is { } until ? $" Everything is muted {UntilOrSooner(until, link)}" : "";

    /// <summary>The zone's IANA name. A server without one (no link at /etc/localtime) shows the offset to UTC.</summary>
    private static string Name(TimeZoneInfo zone, DateTimeOffset local) =>
        zone switch
        {
            { HasIanaId: true } when !zone.Id.EndsWith("UTC", StringComparison.Ordinal) => zone.Id,
            _ when local.Offset == TimeSpan.Zero => "UTC",
            _ => local.ToString("'UTC'zzz", CultureInfo.InvariantCulture),
        };
}
