using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Html;
using Notify.Formatting;
using Notify.Text;

namespace Notify.Web.Page;

/// <summary>
/// A notification's text as HTML that looks like the phone's. Every character goes through the page's encoder; only the elements are ours.
/// Only http and https links become links; others stay visible text.
/// </summary>
/// <param name="text">The text with its formatting, in UTF-16 offsets.</param>
internal sealed partial class MessageHtml(FormattedText text) : IHtmlContent
{
    /// <summary>More than fits one line of a wide page.</summary>
    private const int MaxExcerpt = 300;

    /// <summary>Reads a message with its markup. Unreadable markup is shown as written, as in Telegram.</summary>
    public static MessageHtml Read(string message, ParseMode mode)
    {
        message = TelegramText.Clean(message);
        return new(
            mode switch
            {
                ParseMode.Markdown => MarkdownReader.Parse(message),
                ParseMode.Html => HtmlReader.Read(message),
                ParseMode.MarkdownV2 => MarkdownV2Reader.Read(message),
                _ => null,
            } ?? FormattedText.Plain(message)
        );
    }

    /// <summary>The beginning of the text for one line: without markup, and without what is hidden.</summary>
    public string Excerpt
    {
        get
        {
            var seen = new StringBuilder();
            var at = 0;
            foreach (var spoiler in text.Entities.Where(entity => entity.Kind is EntityKind.Spoiler))
            {
                Take(spoiler.Offset);
                seen.Append('…');
                at = Math.Max(at, spoiler.End);
            }

            Take(text.Text.Length);
            return SafeText.Line(seen.ToString(), MaxExcerpt);

            void Take(int until) => seen.Append(text.Text.AsSpan(Math.Min(at, until), Math.Max(0, until - at)));
        }
    }

    /// <summary>Whether the page folds the message because of its length.</summary>
    public bool IsLong
    {
        get
        {
            var (length, lines, at) = (0, 0, 0);
            foreach (
                var hidden in text.Entities.Where(entity =>
                    entity.Kind is EntityKind.ExpandableBlockquote or EntityKind.Spoiler && entity.Length > 0
                )
            )
            {
                Count(hidden.Offset);
                // A folded part is one line, whatever is in it.
                (at, lines) = (Math.Max(at, hidden.End), lines + 1);
            }

            Count(text.Text.Length);
            return length > 700 || lines > 9;

            void Count(int until)
            {
                if (until > at)
                {
                    var seen = text.Text.AsSpan(at, until - at);
                    (length, lines, at) = (length + seen.Length, lines + seen.Count('\n'), until);
                }
            }
        }
    }

    /// <inheritdoc />
    public void WriteTo(TextWriter writer, HtmlEncoder encoder)
    {
        var open = new Stack<TextEntity>();
        var literal = 0;
        var at = 0;
        var isAfterBlock = false;
        foreach (var entity in text.Entities)
        {
            Close(entity.Offset);
            WriteText(entity.Offset, IsBlock(entity));
            writer.Write(Start(entity, encoder));
            isAfterBlock = false;
            open.Push(entity);
            literal += IsLiteral(entity) ? 1 : 0;
        }

        Close(int.MaxValue);
        WriteText(text.Text.Length, isBeforeBlock: false);

        void Close(int until)
        {
            while (open.TryPeek(out var inner) && inner.End <= until)
            {
                WriteText(inner.End, isBeforeBlock: false);
                writer.Write(End(open.Pop()));
                isAfterBlock = IsBlock(inner);
                literal -= IsLiteral(inner) ? 1 : 0;
            }
        }

        void WriteText(int until, bool isBeforeBlock)
        {
            if (until <= at)
            {
                return;
            }

            // A block has a margin, so line breaks around it would add space.
            var piece = text.Text[at..until];
            piece = isAfterBlock ? piece.TrimStart('\n') : piece;
            piece = isBeforeBlock ? piece.TrimEnd('\n') : piece;
            (at, isAfterBlock) = (until, false);
            if (literal > 0)
            {
                encoder.Encode(writer, piece);
            }
            else
            {
                WriteWithAddresses(writer, encoder, piece);
            }
        }
    }

    private static bool IsBlock(TextEntity entity) =>
        entity.Kind is EntityKind.Pre or EntityKind.Blockquote or EntityKind.ExpandableBlockquote;

    // Parts where addresses do not become links.
    private static bool IsLiteral(TextEntity entity) =>
        entity.Kind is EntityKind.Code or EntityKind.Pre or EntityKind.TextLink;

    // Telegram turns bare addresses into links; so do we, for http and https.
    private static void WriteWithAddresses(TextWriter writer, HtmlEncoder encoder, string piece)
    {
        var at = 0;
        foreach (Match match in BareAddress().Matches(piece))
        {
            var shown = match.Value.TrimEnd('.', ',', ';', ':', '!', '?', ')', ']', '\'', '"');
            if (WebAddress(shown) is not { } address)
            {
                continue;
            }

            encoder.Encode(writer, piece, at, match.Index - at);
            writer.Write(LinkStart(address, encoder));
            encoder.Encode(writer, shown);
            writer.Write("</a>");
            at = match.Index + shown.Length;
        }

        encoder.Encode(writer, piece, at, piece.Length - at);
    }

    private static string Start(TextEntity entity, HtmlEncoder encoder) =>
        entity.Kind switch
        {
            EntityKind.Bold => "<strong>",
            EntityKind.Italic => "<em>",
            EntityKind.Underline => "<u>",
            EntityKind.Strikethrough => "<s>",
            EntityKind.Code => "<code>",
            // Focusable, because arrow keys scroll a wide table in it.
            EntityKind.Pre => "<pre tabindex=\"0\"><code>",
            EntityKind.TextLink when WebAddress(entity.Url) is { } address => LinkStart(address, encoder),
            EntityKind.Blockquote => "<blockquote>",
            EntityKind.ExpandableBlockquote => "<details class=\"quote\"><summary>Details</summary><blockquote>",
            EntityKind.Spoiler => "<details class=\"spoiler\"><summary>Hidden text</summary>",
            _ => "<span>",
        };

    private static string End(TextEntity entity) =>
        entity.Kind switch
        {
            EntityKind.Bold => "</strong>",
            EntityKind.Italic => "</em>",
            EntityKind.Underline => "</u>",
            EntityKind.Strikethrough => "</s>",
            EntityKind.Code => "</code>",
            EntityKind.Pre => "</code></pre>",
            EntityKind.TextLink when WebAddress(entity.Url) is not null => "</a>",
            EntityKind.Blockquote => "</blockquote>",
            EntityKind.ExpandableBlockquote => "</blockquote></details>",
            EntityKind.Spoiler => "</details>",
            _ => "</span>",
        };

    private static string LinkStart(string address, HtmlEncoder encoder) =>
        $"<a href=\"{encoder.Encode(address)}\" target=\"_blank\" rel=\"noopener noreferrer\">";

    private static string? WebAddress(string? link) =>
        link is not null
        && LinkAddress.Check(link) is { } address
        && Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? address
            : null;

    [GeneratedRegex(@"\bhttps?://[^\s<>""]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex BareAddress();
}
