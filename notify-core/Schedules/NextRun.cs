using System.Globalization;

namespace Notify.Schedules;

/// <summary>The next run of a script, in words.</summary>
public static class NextRun
{
    /// <summary>A round starts within the minute of its time.</summary>
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The words of a moment: <c>next: Mon 09:00, in 14 h</c>. A week ahead and later it has the date: <c>next: 1 Dec 06:00, in 12 d</c>. If
    /// the round comes later, its time is the next: <c>next: Mon 09:15 (due 09:05), in 14 h</c>.
    /// </summary>
    /// <param name="next">When the script is due.</param>
    /// <param name="now">The time.</param>
    /// <param name="zone">The script's clock. The words name it if it is not the server's.</param>
    /// <param name="server">The server's clock.</param>
    /// <param name="roundFrom">The first round at a moment or after it; null if that is not known.</param>
    public static string InWords(
        DateTimeOffset next,
        DateTimeOffset now,
        TimeZoneInfo zone,
        TimeZoneInfo server,
        Func<DateTimeOffset, DateTimeOffset?>? roundFrom = null
    )
    {
        ArgumentNullException.ThrowIfNull(zone);
        ArgumentNullException.ThrowIfNull(server);
        if (next <= now)
        {
            return "next: with the next round";
        }

        var round = roundFrom?.Invoke(next) is { } call && call - next >= Minute ? call : next;
        var wait = round - now;
        var form = wait switch
        {
            { TotalDays: < 6 } => "ddd HH:mm",
            { TotalDays: < 300 } => "d MMM HH:mm",
            _ => "d MMM yyyy HH:mm",
        };
        var (due, begins) = (TimeZoneInfo.ConvertTime(next, zone), TimeZoneInfo.ConvertTime(round, zone));
        var named = zone.Id == server.Id || zone.HasSameRules(server) ? "" : $" {zone.Id}";
        var waits = round == next ? "" : $" (due {Text(due, due.Date == begins.Date ? "HH:mm" : form)})";
        return $"next: {Text(begins, form)}{named}{waits}, in {Wait(wait)}";
    }

    private static string Text(DateTimeOffset time, string form) => time.ToString(form, CultureInfo.InvariantCulture);

    /// <summary>The words of a schedule.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="decision">What a round would do now.</param>
    /// <inheritdoc cref="InWords(DateTimeOffset, DateTimeOffset, TimeZoneInfo, TimeZoneInfo, Func{DateTimeOffset, DateTimeOffset?})"/>
    public static string InWords(
        Schedule schedule,
        Decision decision,
        DateTimeOffset now,
        TimeZoneInfo zone,
        TimeZoneInfo server,
        Func<DateTimeOffset, DateTimeOffset?>? roundFrom = null
    ) =>
        (schedule, decision) switch
        {
            (Schedule.Manual, _) => "next: on request only",
            (_, Decision.NotDue { Next: { } next }) => InWords(next, now, zone, server, roundFrom),
            (_, Decision.NotDue) => "next: never",
            (_, Decision.PassedOver { Next: var next }) => InWords(next, now, zone, server, roundFrom),
            _ => "next: with the next round",
        };

    private static string Wait(TimeSpan wait) =>
        wait switch
        {
            { TotalMinutes: < 1 } => "less than a minute",
            { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{wait.TotalMinutes:0} min"),
            { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{wait.TotalHours:0} h"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{wait.TotalDays:0} d"),
        };
}
