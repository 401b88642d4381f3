using Notify.Formatting;

namespace Notify.Tests.Formatting;

/// <summary>
/// Telegram's rules for a message, written down independently of the code under test: from the Bot API's pages and from tdlib/td (<c>fix_formatted_text</c>,
/// <c>are_entities_valid</c>, <c>strip_empty_characters</c>), and stricter where those repair or ignore something.
/// </summary>
internal static class TelegramRules
{
    /// <summary>What is wrong with the message; empty where Telegram takes it and changes nothing.</summary>
    public static IReadOnlyList<string> Violations(FormattedText message, int limit, bool mayBeEmpty = false)
    {
        var wrong = new List<string>();
        var text = message.Text;
        if (text.Length == 0)
        {
            return mayBeEmpty && message.Entities.Count == 0 ? wrong : ["is empty"];
        }

        Require(text.Length <= limit, $"is {text.Length} long, over {limit}");
        Require(VisibleCharacters(text).Length > 0, "shows nothing");
        Require(!char.IsWhiteSpace(text[^1]), "ends in white space");
        Require(
            text[0] is not '\n'
                && (
                    !char.IsWhiteSpace(text[0]) || message.Entities.Any(e => e.Kind == EntityKind.Pre && e.Offset == 0)
                ),
            "begins with white space that Telegram takes away"
        );
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var isPair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            Require(!char.IsSurrogate(c) || isPair, $"has half a pair at {i}");
            Require(c is >= ' ' or '\n', $"has control character {(int)c:X2} at {i}");
            Require(
                c is not ((>= '\u2028' and <= '\u202E') or '\u030A' or '\u0333' or '\u033F'),
                $"has {(int)c:X4}, which Telegram takes out, at {i}"
            );
            i += isPair ? 1 : 0;
        }

        Require(message.Entities.Count <= 100, $"has {message.Entities.Count} entities");
        var around = new Stack<TextEntity>();
        var previous = default(TextEntity);
        foreach (var entity in message.Entities)
        {
            Require(entity.Length > 0 && entity.Offset >= 0 && entity.End <= text.Length, $"has {entity} out of range");
            if (wrong.Count > 0)
            {
                return wrong;
            }

            Require(
                entity.Offset > previous.Offset
                    || (entity.Offset == previous.Offset && (entity.Length <= previous.Length || previous.Length == 0)),
                $"has {entity} out of order"
            );
            Require(
                !char.IsLowSurrogate(text[entity.Offset])
                    && (entity.End == text.Length || !char.IsLowSurrogate(text[entity.End])),
                $"has {entity} cutting a pair"
            );
            Require(
                !string.IsNullOrWhiteSpace(text.Substring(entity.Offset, entity.Length)),
                $"has {entity} around white space only"
            );
            Require(
                entity.Kind == EntityKind.TextLink == entity.Url is not null,
                $"has {entity} with or without an address"
            );
            Require(
                entity.Url is null
                    || (
                        Uri.TryCreate(entity.Url, UriKind.Absolute, out var uri)
                        && uri.Scheme is "http" or "https" or "tg" or "ton" or "tonsite"
                    ),
                $"has the address {entity.Url}"
            );
            while (around.TryPeek(out var ended) && ended.End <= entity.Offset)
            {
                around.Pop();
            }

            foreach (var outer in around)
            {
                Require(entity.End <= outer.End, $"has {entity} crossing {outer}");
                Require(entity.Kind != outer.Kind, $"has {entity} in its own kind");
                Require(outer.Kind is not (EntityKind.Code or EntityKind.Pre), $"has {entity} in code");
                Require(
                    entity.Kind is not (EntityKind.Code or EntityKind.Pre)
                        || outer.Kind is EntityKind.Blockquote or EntityKind.ExpandableBlockquote,
                    $"has code in {outer}"
                );
                Require(!(IsQuote(entity) && IsQuote(outer)), "has a quote in a quote");
            }

            around.Push(entity);
            previous = entity;
        }

        return wrong;

        void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                wrong.Add(otherwise);
            }
        }
    }

    /// <summary>The text without what nobody sees: white space, and Telegram's list of empty characters.</summary>
    public static string VisibleCharacters(string text) =>
        string.Concat(
            text.Where(c =>
                !char.IsWhiteSpace(c)
                && c > ' '
                && c is not ((>= '\u200B' and <= '\u200F') or '\uFEFF' or '\u180E' or '\u2800' or '\uFFFC' or '\u007F')
            )
        );

    private static bool IsQuote(TextEntity entity) =>
        entity.Kind is EntityKind.Blockquote or EntityKind.ExpandableBlockquote;
}
