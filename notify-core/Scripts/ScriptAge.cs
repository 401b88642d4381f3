using System.Globalization;

namespace Notify.Scripts;

/// <summary>Formats time spans for people.</summary>
public static class ScriptAge
{
    /// <summary>An age in its largest unit: <c>5m ago</c>, <c>3h ago</c>, <c>2d ago</c>; <c>just now</c> under a minute or for the future.</summary>
    public static string Ago(TimeSpan age) => age < TimeSpan.FromMinutes(1) ? "just now" : Largest(age) + " ago";

    /// <summary>A waiting time, rounded down to the minute below a day and to the hour above: <c>45s</c>, <c>5m</c>, <c>11h 54m</c>, <c>2d 3h</c>.</summary>
    public static string Span(TimeSpan span) =>
        span switch
        {
            { TotalDays: >= 1, Hours: > 0 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{Largest(span)} {span.Hours}h"
            ),
            { TotalDays: < 1, TotalHours: >= 1, Minutes: > 0 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{Largest(span)} {span.Minutes}m"
            ),
            _ => Largest(span),
        };

    /// <summary>Rounded down: an age of 3 h 59 min is <c>3h</c>.</summary>
    private static string Largest(TimeSpan span) =>
        span switch
        {
            { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalDays}d"),
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalHours}h"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalMinutes}m"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (long)span.TotalSeconds)}s"),
        };
}
