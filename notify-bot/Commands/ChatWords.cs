using System.Globalization;

namespace Notify.Bot.Commands;

/// <summary>Words that several answers use, and how an answer says a length of time and a long text.</summary>
internal static class ChatWords
{
    internal const string UseStart = "Use /start to link your account.";

    /// <summary>Characters that Telegram shows of the answer to a pressed button.</summary>
    internal const int MaxToast = 200;

    internal const string NothingHasChanged = "Nothing has changed.";

    /// <summary>The first characters of a text, with an ellipsis where there are more; never half a surrogate pair.</summary>
    internal static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";

    /// <summary>The last lines of a text, and of those the last characters.</summary>
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
