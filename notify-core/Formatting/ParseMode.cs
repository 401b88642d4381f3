namespace Notify.Formatting;

/// <summary>The notation of a notification's text.</summary>
public enum ParseMode
{
    /// <summary>Telegram's legacy Markdown, read by <see cref="LegacyMarkdown"/>. What scripts write, and the default.</summary>
    Markdown,

    /// <summary>Telegram's HTML, read by Telegram.</summary>
    Html,

    /// <summary>Telegram's MarkdownV2, read by Telegram.</summary>
    MarkdownV2,

    /// <summary>No markup.</summary>
    Plain,
}

/// <summary>The names of <see cref="ParseMode"/> in the send API and the Bot API.</summary>
public static class ParseModes
{
    /// <summary>Reads the send API's <c>parse_mode</c>: <c>Markdown</c> (also for null), <c>HTML</c>, <c>MarkdownV2</c>, or empty for plain. Case doesn't matter, as with Telegram.</summary>
    public static bool TryParse(string? text, out ParseMode mode)
    {
        mode = ParseMode.Markdown;
        if (text is null || text.Equals("Markdown", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (text.Equals("HTML", StringComparison.OrdinalIgnoreCase))
        {
            mode = ParseMode.Html;
            return true;
        }

        if (text.Equals("MarkdownV2", StringComparison.OrdinalIgnoreCase))
        {
            mode = ParseMode.MarkdownV2;
            return true;
        }

        mode = ParseMode.Plain;
        return text.Length == 0;
    }

    /// <summary>The Bot API's <c>parse_mode</c>; empty for plain.</summary>
    public static string BotApiName(this ParseMode mode) =>
        mode switch
        {
            ParseMode.Markdown => "Markdown",
            ParseMode.Html => "HTML",
            ParseMode.MarkdownV2 => "MarkdownV2",
            ParseMode.Plain => "",
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a parse mode."),
        };
}
