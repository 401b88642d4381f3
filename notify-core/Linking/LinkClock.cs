namespace Notify.Linking;

/// <summary>The clock of a person whose notifications go to a chat.</summary>
public static class LinkClock
{
    /// <summary>The time zone of a link; the server's if there is no link, or its zone is unknown.</summary>
    public static TimeZoneInfo ZoneOf(this TimeProvider time, Link? link)
    {
        ArgumentNullException.ThrowIfNull(time);
        return link?.TimeZone?.Find() ?? time.LocalTimeZone;
    }
}
