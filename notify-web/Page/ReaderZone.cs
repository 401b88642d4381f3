using System.Globalization;

namespace Notify.Web.Page;

/// <summary>The time zone whose days a page shows: the reader's, as the browser's scripts say it; without them the server's.</summary>
/// <param name="Zone">It.</param>
/// <param name="Asked">As the browser calls it, or the server where no browser has said a word.</param>
public sealed record ReaderZone(TimeZoneInfo Zone, string Asked)
{
    private static readonly TimeSpan LargestOffset = TimeSpan.FromHours(14);

    /// <summary>What the page says of its days.</summary>
    public string Name =>
        Zone.Id is "UTC" or "Etc/UTC" ? "UTC"
        : Zone.Id is "Local" ? OffsetWords(Zone.BaseUtcOffset)
        : Zone.Id;

    /// <summary>The reader's.</summary>
    /// <param name="zone">The IANA name that the browser gives; null where it said none.</param>
    /// <param name="offset">How many minutes it is ahead of UTC now: for a name that this machine does not know, such as an old one.</param>
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
            && TimeSpan.FromMinutes(minutes).Duration() <= LargestOffset
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
