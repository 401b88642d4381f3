using System.Globalization;

namespace Notify.Scripts;

/// <summary>Spans of time for people.</summary>
public static class ScriptAge
{
    /// <summary>How long ago, in the largest unit that fits: <c>5m ago</c>, <c>3h ago</c>, <c>2d ago</c>; <c>just now</c> under a minute or for a time to come.</summary>
    public static string Ago(TimeSpan age) => age < TimeSpan.FromMinutes(1) ? "just now" : Span(age) + " ago";

    /// <summary>A span in the largest unit that fits, rounded down: <c>45s</c>, <c>5m</c>, <c>3h</c>, <c>2d</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalDays}d"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalHours}h"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalMinutes}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, (long)span.TotalSeconds)}s"),
    };
}
