using System.Text;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>
/// <c>parse_mode=Markdown</c> by Telegram's rules: a marker anywhere opens an entity, nothing nests, a marker without a partner is an error.
/// https://core.telegram.org/bots/api#markdown-style
/// </summary>
internal static class LegacyMarkdown
{
    /// <exception cref="MarkupException">An entity has no end.</exception>
    public static FormattedText Parse(string text)
    {
        var markup = new Markup(text);
        var plain = new StringBuilder(text.Length);
        var entities = new List<MessageEntity>();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && IsMarker(markup[i + 1]))
            {
                plain.Append(text[++i]);
                continue;
            }

            if (!IsMarker(c))
            {
                plain.Append(c);
                continue;
            }

            var begin = i++;
            var isBlock = c == '`' && markup[i] == '`' && markup[i + 1] == '`';
            string? language = null;
            if (isBlock)
            {
                i += 2;
                language = markup.TakeCodeBlockHead(ref i);
            }

            var offset = plain.Length;
            var content = i;
            var closing = c == '[' ? ']' : c;
            while (
                i < text.Length && (text[i] != closing || (isBlock && !(markup[i + 1] == '`' && markup[i + 2] == '`')))
            )
            {
                plain.Append(text[i++]);
            }

            if (i >= text.Length)
            {
                throw new MarkupException(
                    $"Can't find end of the entity starting at byte offset {MarkupException.ByteOffset(text, begin)}"
                );
            }

            var url = c == '[' ? text[content..i] : null;
            if (c == '[' && markup[i + 1] == '(')
            {
                var address = i + 2;
                i = address;
                while (i < text.Length && text[i] != ')')
                {
                    i++;
                }

                url = text[address..i];
            }

            var length = plain.Length - offset;
            if (length > 0)
            {
                var entity = c switch
                {
                    '_' => new MessageEntity(EntityType.Italic, offset, length),
                    '*' => new MessageEntity(EntityType.Bold, offset, length),
                    '[' => Links.ToEntity(url!, offset, length),
                    _ when !isBlock => new MessageEntity(EntityType.Code, offset, length),
                    _ => new MessageEntity(
                        language is null ? EntityType.Pre : EntityType.PreCode,
                        offset,
                        length,
                        language
                    ),
                };
                if (entity is not null)
                {
                    entities.Add(entity);
                }
            }

            if (isBlock)
            {
                i += 2;
            }
        }

        return new FormattedText(plain.ToString(), entities);
    }

    private static bool IsMarker(char c) => c is '_' or '*' or '`' or '[';
}
