using System.Globalization;

namespace Notify.Bot.Outbox;

/// <summary>How long an incident lasts, for people.</summary>
internal static class IncidentSpan
{
    /// <summary>Such as <c>5 min</c>, <c>6 h</c>, <c>3 h 10 min</c>, <c>2 days 4 h</c>. Less than a minute counts as one.</summary>
    internal static string Text(TimeSpan span)
    {
        var minutes = Math.Max(1, (long)Math.Round(span.TotalMinutes));
        var (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
        return (days >= 2, hours, minutes >= 60, rest) switch
        {
            (true, 0, _, _) => $"{Number(days)} days",
            (true, _, _, _) => $"{Number(days)} days {Number(hours)} h",
            (_, _, true, 0) => $"{Number(minutes / 60)} h",
            (_, _, true, _) => $"{Number(minutes / 60)} h {Number(rest)} min",
            _ => $"{Number(minutes)} min",
        };
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
