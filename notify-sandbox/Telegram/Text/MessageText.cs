using System.Text;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>From what a bot sends (text, parse mode, entities) to what a chat shows, or to Telegram's refusal.</summary>
internal static class MessageText
{
    /// <summary>UTF-16 code units of a message after the parsing of entities. https://core.telegram.org/bots/api#sendmessage</summary>
    public const int MaxTextLength = 4096;

    /// <summary>UTF-16 code units of a caption after the parsing of entities. https://core.telegram.org/bots/api#sendphoto</summary>
    public const int MaxCaptionLength = 1024;

    // Telegram's own limit on what is looked at; a longer text is too long anyway.
    private const int MaxBytes = 35_000;

    /// <summary>Reads markup by its parse mode; without one the text stays as it is, with the entities given beside it.</summary>
    /// <exception cref="BotApiRefusal">Unknown mode, or markup that can't be parsed.</exception>
    public static FormattedText Parse(string text, string parseMode, IReadOnlyList<MessageEntity> entities)
    {
        if (IsPlain(parseMode))
        {
            return new FormattedText(text, entities);
        }

        try
        {
            if (parseMode.Equals("markdown", StringComparison.OrdinalIgnoreCase))
            {
                return LegacyMarkdown.Parse(text);
            }

            if (parseMode.Equals("markdownv2", StringComparison.OrdinalIgnoreCase))
            {
                return MarkdownV2.Parse(text);
            }

            if (parseMode.Equals("html", StringComparison.OrdinalIgnoreCase))
            {
                return Html.Parse(text);
            }
        }
        catch (MarkupException markup)
        {
            throw BotApiRefusal.BadRequest("can't parse entities: " + markup.Message);
        }

        throw BotApiRefusal.BadRequest("unsupported parse_mode");
    }

    /// <summary>Whether a parse mode means no markup; then the given entities count.</summary>
    public static bool IsPlain(string parseMode) =>
        parseMode.Length == 0 || parseMode.Equals("none", StringComparison.OrdinalIgnoreCase);

    /// <summary>Cleans and trims a text as Telegram does before it stores it, putting its entities right on the way.</summary>
    /// <exception cref="BotApiRefusal">Nothing is left, or an entity lies outside the text or begins or ends inside a surrogate pair.</exception>
    public static FormattedText Normalize(FormattedText raw, bool mayBeEmpty)
    {
        foreach (var entity in raw.Entities)
        {
            if (entity.Offset is < 0 or > 1_000_000)
            {
                throw BotApiRefusal.BadRequest($"receive an entity with incorrect offset {entity.Offset}");
            }

            if (entity.Length is < 0 or > 1_000_000)
            {
                throw BotApiRefusal.BadRequest($"receive an entity with incorrect length {entity.Length}");
            }
        }

        var fixedEntities = EntityRules.Fix(raw.Entities.Where(e => e.Length > 0));
        var clean = Clean(raw.Text, fixedEntities);
        var trimmed = Trim(clean);
        if (IsInvisible(trimmed.Text))
        {
            return mayBeEmpty ? FormattedText.Empty : throw BotApiRefusal.BadRequest("text must be non-empty");
        }

        var kept = EntityRules.KeepFirst(trimmed.Entities);
        return new FormattedText(
            trimmed.Text,
            EntityRules.Merge(kept, trimmed.Text.Length > MaxBytes ? [] : EntityFinder.Find(trimmed.Text))
        );
    }

    /// <summary>Control characters become spaces, carriage returns and direction marks go, and entities move along.</summary>
    private static FormattedText Clean(string text, IReadOnlyList<MessageEntity> entities)
    {
        CheckBorders(text, entities);
        var clean = new StringBuilder(text.Length);
        // Where each code unit of the given text lies in the clean one; needed only for entities.
        var moved = entities.Count > 0 ? new int[text.Length + 1] : null;
        for (var i = 0; i < text.Length; i++)
        {
            if (moved is not null)
            {
                moved[i] = clean.Length;
            }

            var c = text[i];
            if (IsDropped(c))
            {
                continue;
            }

            clean.Append(c < ' ' && c != '\n' ? ' ' : c);
        }

        if (moved is null)
        {
            return new FormattedText(clean.ToString(), entities);
        }

        moved[text.Length] = clean.Length;
        var shifted = entities
            .Select(e => e with { Offset = moved[e.Offset], Length = moved[e.End] - moved[e.Offset] })
            .Where(e => e.Length > 0);
        return new FormattedText(clean.ToString(), EntityRules.Fix(shifted));
    }

    private static bool IsDropped(char c) =>
        c is '\r' or (>= '\u2028' and <= '\u202e') or '\u0333' or '\u033f' or '\u030a';

    private static void CheckBorders(string text, IReadOnlyList<MessageEntity> entities)
    {
        foreach (var entity in entities)
        {
            if (entity.Offset >= text.Length)
            {
                throw BotApiRefusal.BadRequest(
                    $"entity begins after the end of the text at UTF-16 offset {entity.Offset}"
                );
            }

            if (IsInsidePair(text, entity.Offset))
            {
                throw BotApiRefusal.BadRequest(
                    $"entity begins in a middle of a UTF-16 symbol at byte offset {ByteOffsetAfterPair(text, entity.Offset)}"
                );
            }

            if (entity.End > text.Length)
            {
                throw BotApiRefusal.BadRequest(
                    $"entity beginning at UTF-16 offset {entity.Offset} ends after the end of the text at UTF-16 offset {entity.End}"
                );
            }

            if (IsInsidePair(text, entity.End))
            {
                throw BotApiRefusal.BadRequest(
                    $"entity beginning at UTF-16 offset {entity.Offset} ends in a middle of a UTF-16 symbol at byte offset {ByteOffsetAfterPair(text, entity.End)}"
                );
            }
        }
    }

    private static bool IsInsidePair(string text, int offset) =>
        offset > 0
        && offset < text.Length
        && char.IsLowSurrogate(text[offset])
        && char.IsHighSurrogate(text[offset - 1]);

    private static int ByteOffsetAfterPair(string text, int inside) =>
        Encoding.UTF8.GetByteCount(text.AsSpan(0, inside + 1));

    /// <summary>Spaces and line ends go at the end, and at the beginning up to the first entity.</summary>
    private static FormattedText Trim(FormattedText clean)
    {
        var text = clean.Text;
        var end = text.Length;
        while (end > 0 && text[end - 1] is ' ' or '\n')
        {
            end--;
        }

        var begin = 0;
        var firstEntity = clean.Entities.Count > 0 ? clean.Entities[0].Offset : end;
        while (begin < end && begin < firstEntity && text[begin] is ' ' or '\n')
        {
            begin++;
        }

        if (begin == 0 && end == text.Length)
        {
            return clean;
        }

        var kept = clean
            .Entities.Where(e => e.Offset < end)
            .Select(e => e with { Offset = e.Offset - begin, Length = Math.Min(e.End, end) - e.Offset });
        return new FormattedText(text[begin..end], EntityRules.Sort(kept));
    }

    /// <summary>Nothing a person could see: Telegram takes spaces and these marks for an empty text.</summary>
    private static bool IsInvisible(string text) =>
        text.All(c =>
            c
                is ' '
                    or '\n'
                    or '\u00a0'
                    or '\u200b'
                    or '\u200c'
                    or '\u200d'
                    or '\u200e'
                    or '\u200f'
                    or '\ufeff'
                    or '\u2060'
                    or '\u3164'
        );
}
