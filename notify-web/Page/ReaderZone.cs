using System.Globalization;

namespace Notify.Web.Page;

/// <summary>The time zone of a page's days: the reader's, from the browser's scripts, or the server's without them.</summary>
/// <param name="Zone">The zone.</param>
/// <param name="Asked">Its name, from the browser or the server.</param>
public sealed record ReaderZone(TimeZoneInfo Zone, string Asked)
{
    private static readonly TimeSpan MaxOffset = TimeSpan.FromHours(14);

    /// <summary>The zone's name on the page.</summary>
    public string Name =>
        Zone.Id is "UTC" or "Etc/UTC" ? "UTC"
        : Zone.Id is "Local" ? OffsetWords(Zone.BaseUtcOffset)
        : Zone.Id;

    /// <summary>The reader's.</summary>
    /// <param name="zone">The browser's IANA name; null without one.</param>
    /// <param name="offset">Its current offset from UTC in minutes, for a name that this machine does not know.</param>
    /// <param name="server">The server's.</param>
    public static ReaderZone Of(string? zone, string? offset, TimeZoneInfo server)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (!TimeZoneName.TryParse(zone, out var name))
        {
            return new ReaderZone(server, server.Id);
        }

        if (name.Find() is { } known)
        {
            return new ReaderZone(known, zone);
        }

        return
            int.TryParse(offset, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var minutes)
            && TimeSpan.FromMinutes(minutes).Duration() <= MaxOffset
            ? new ReaderZone(
                TimeZoneInfo.CreateCustomTimeZone(
                    OffsetWords(TimeSpan.FromMinutes(minutes)),
                    TimeSpan.FromMinutes(minutes),
                    null,
                    null
                ),
                zone
            )
            : new ReaderZone(server, zone);
    }

    /// <summary>The day of a moment.</summary>
    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, Zone).DateTime);

    /// <summary>Such as <c>UTC+05:30</c>; <c>UTC</c> for none.</summary>
    internal static string OffsetWords(TimeSpan offset) =>
        offset == TimeSpan.Zero
            ? "UTC"
            : string.Create(CultureInfo.InvariantCulture, $"UTC{(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm}");
}
