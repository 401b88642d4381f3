using System.Globalization;

namespace Notify.Bot.Commands;

/// <summary>Words that several answers share, and the formats of time spans and long texts.</summary>
internal static class ChatWords
{
    internal const string UseStart = "Use /start to link your account.";

    /// <summary>Longest answer to a pressed button that Telegram shows, in characters.</summary>
    internal const int MaxToast = 200;

    internal const string NothingHasChanged = "Nothing has changed.";

    /// <summary>The last lines of a text, cut to the last characters.</summary>
    internal static string LastLines(string text, int lines, int length)
    {
        var last = string.Join('\n', text.TrimEnd().ReplaceLineEndings("\n").Split('\n').TakeLast(lines));
        return last.Length > length ? "..." + last[^length..] : last;
    }

    internal static string Ago(TimeSpan span) => span < TimeSpan.FromMinutes(1) ? "just now" : $"{Span(span)} ago";

    internal static string Span(TimeSpan span) =>
        span switch
        {
            { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days"),
            { TotalHours: >= 1 } => string.Create(
                CultureInfo.InvariantCulture,
                $"{(int)span.TotalHours} h {span.Minutes} min"
            ),
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"{Math.Max(1, (int)Math.Ceiling(span.TotalMinutes))} min"
            ),
        };
}
