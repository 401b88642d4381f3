using System.Buffers;
using System.Text;

namespace Notify.Formatting;

/// <summary>Escapes literal text for a message that Telegram reads as markup.</summary>
public static class MarkupEscape
{
    // https://core.telegram.org/bots/api#markdownv2-style: these, and the backslash itself.
    private static readonly SearchValues<char> ReservedInMarkdownV2 = SearchValues.Create("_*[]()~`>#+-=|{}.!\\");

    // https://core.telegram.org/bots/api#markdown-style
    private static readonly SearchValues<char> ReservedInMarkdown = SearchValues.Create("_*`[");

    /// <summary>For <see cref="ParseMode.Html"/>, in text and in an attribute's value in double quotes.</summary>
    public static string Html(string text) =>
        text.AsSpan().IndexOfAny("<>&\"") < 0
            ? text
            : text.Replace("&", "&amp;", StringComparison.Ordinal)
                .Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace(">", "&gt;", StringComparison.Ordinal)
                .Replace("\"", "&quot;", StringComparison.Ordinal);

    /// <summary>For <see cref="ParseMode.Markdown"/>. Text without markup stays unchanged.</summary>
    public static string LegacyMarkdown(string text)
    {
        var read = Formatting.LegacyMarkdown.Parse(text);
        return read.Entities.Count == 0 && read.Text == text ? text : Escape(text, ReservedInMarkdown);
    }

    /// <summary>For <see cref="ParseMode.MarkdownV2"/>, outside code and addresses.</summary>
    public static string MarkdownV2(string text) =>
        text.AsSpan().ContainsAny(ReservedInMarkdownV2) ? Escape(text, ReservedInMarkdownV2) : text;

    private static string Escape(string text, SearchValues<char> reserved)
    {
        var result = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (reserved.Contains(c))
            {
                result.Append('\\');
            }

            result.Append(c);
        }

        return result.ToString();
    }
}
