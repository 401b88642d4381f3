using System.Text;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>
/// <c>parse_mode=MarkdownV2</c> by Telegram's rules: entities nest, reserved characters must be escaped, a quote runs over lines that begin
/// with <c>&gt;</c> and is expandable if it ends in <c>||</c>. https://core.telegram.org/bots/api#markdownv2-style
/// </summary>
internal static class MarkdownV2
{
    private const string Reserved = "_*[]()~`>#+-=|{}.!\n";

    /// <exception cref="MarkupException">A reserved character is not escaped, or an entity has no end.</exception>
    public static FormattedText Parse(string text) => new Parser(text).Run();

    private sealed class Parser(string text)
    {
        private readonly Markup _markup = new(text);
        private readonly StringBuilder _plain = new(text.Length);
        private readonly List<MessageEntity> _entities = [];
        private readonly Stack<Open> _open = new();
        private bool _inQuote;
        private bool _quoteMayBegin = true;
        private int _at;

        private sealed record Open(EntityType Type, string? Argument, int Offset, int Index);

        public FormattedText Run()
        {
            for (_at = 0; _at < text.Length; _at++)
            {
                var c = text[_at];
                if (c == '\\' && _markup[_at + 1] is > '\0' and <= '~')
                {
                    var escaped = text[++_at];
                    _plain.Append(escaped);
                    if (escaped != '\r')
                    {
                        _quoteMayBegin = escaped == '\n';
                    }
                }
                else if (!IsReservedHere(c))
                {
                    _plain.Append(c);
                    if (c != '\r')
                    {
                        _quoteMayBegin = false;
                    }
                }
                else if (EndsEntity(c))
                {
                    End(c);
                }
                else
                {
                    Begin(c);
                }
            }

            EndQuoteWithText();
            if (_open.TryPeek(out var unclosed))
            {
                throw NoEnd(unclosed);
            }

            return new FormattedText(_plain.ToString(), EntityRules.Sort(_entities));
        }

        private bool IsReservedHere(char c) =>
            _open.TryPeek(out var top) && top.Type is EntityType.Code or EntityType.Pre or EntityType.PreCode
                ? c == '`'
                : Reserved.Contains(c, StringComparison.Ordinal);

        private bool EndsEntity(char c)
        {
            if (!_open.TryPeek(out var top))
            {
                return false;
            }

            if (_inQuote && c == '\n' && _markup[_at + 1] != '>')
            {
                return true;
            }

            var next = _markup[_at + 1];
            return top.Type switch
            {
                EntityType.Bold => c == '*',
                EntityType.Italic => c == '_' && next != '_',
                EntityType.Underline => c == '_' && next == '_',
                EntityType.Strikethrough => c == '~',
                EntityType.Spoiler => c == '|' && next == '|',
                EntityType.Code => c == '`',
                EntityType.Pre or EntityType.PreCode => c == '`' && next == '`' && _markup[_at + 2] == '`',
                EntityType.TextLink or EntityType.CustomEmoji => c == ']',
                _ => false,
            };
        }

        private void Begin(char c)
        {
            switch (c)
            {
                case '\n':
                    _plain.Append('\n');
                    _quoteMayBegin = true;
                    return;
                case '>' when _quoteMayBegin && _inQuote:
                    return;
                default:
                    break;
            }

            var index = _at;
            var next = _markup[_at + 1];
            var (type, length) = c switch
            {
                '_' when next == '_' => (EntityType.Underline, 2),
                '_' => (EntityType.Italic, 1),
                '*' => (EntityType.Bold, 1),
                '~' => (EntityType.Strikethrough, 1),
                '|' when next == '|' => (EntityType.Spoiler, 2),
                '[' => (EntityType.TextLink, 1),
                '!' when next == '[' => (EntityType.CustomEmoji, 2),
                '`' when next == '`' && _markup[_at + 2] == '`' => (EntityType.Pre, 3),
                '`' => (EntityType.Code, 1),
                '>' when _quoteMayBegin => (EntityType.Blockquote, 1),
                _ => throw new MarkupException(
                    $"Character '{c}' is reserved and must be escaped with the preceding '\\'"
                ),
            };
            _at += length;
            _inQuote |= type == EntityType.Blockquote;
            var argument = type == EntityType.Pre ? _markup.TakeCodeBlockHead(ref _at) : null;

            // On the last character that is taken; the loop goes on from there.
            _at--;
            _open.Push(new Open(argument is null ? type : EntityType.PreCode, argument, _plain.Length, index));
        }

        private void End(char c)
        {
            var closed = _open.Pop();
            var type = closed.Type;
            if (c == '\n' && type != EntityType.Blockquote)
            {
                // The only entity that may be open at the end of a quote is the empty spoiler "||" that makes it expandable.
                var isMark =
                    type == EntityType.Spoiler
                    && (
                        closed.Index == _at - 2 || (closed.Index == _at - 3 && _plain.Length > 0 && _plain[^1] == '\r')
                    );
                if (!isMark)
                {
                    throw NoEnd(closed);
                }

                closed = _open.Pop();
                if (closed.Type != EntityType.Blockquote)
                {
                    throw NoEnd(closed);
                }

                type = EntityType.ExpandableBlockquote;
            }

            var argument = closed.Argument;
            var drop = _plain.Length == closed.Offset;
            switch (type)
            {
                case EntityType.Underline or EntityType.Spoiler:
                    _at++;
                    break;
                case EntityType.Pre or EntityType.PreCode:
                    _at += 2;
                    break;
                case EntityType.TextLink:
                    var url =
                        _markup[_at + 1] == '('
                            ? TakeAddress("a URL")
                            : _plain.ToString(closed.Offset, _plain.Length - closed.Offset);
                    if (!drop && Links.ToEntity(url, closed.Offset, _plain.Length - closed.Offset) is { } link)
                    {
                        _entities.Add(link);
                    }

                    return;
                case EntityType.CustomEmoji:
                    if (_markup[_at + 1] != '(')
                    {
                        throw new MarkupException("Custom emoji entity must contain a tg://emoji URL");
                    }

                    argument = CustomEmojiId(TakeAddress("a custom emoji URL"));
                    break;
                case EntityType.Blockquote or EntityType.ExpandableBlockquote:
                    _inQuote = false;
                    _plain.Append(c);
                    _quoteMayBegin = true;
                    drop = false;
                    break;
                default:
                    break;
            }

            if (!drop)
            {
                _entities.Add(new MessageEntity(type, closed.Offset, _plain.Length - closed.Offset, argument));
            }
        }

        private void EndQuoteWithText()
        {
            if (!_inQuote)
            {
                return;
            }

            var type = EntityType.Blockquote;
            if (_open.Peek() is { Type: EntityType.Spoiler } mark && mark.Index == text.Length - 2)
            {
                _open.Pop();
                type = EntityType.ExpandableBlockquote;
            }

            if (!_open.TryPeek(out var quote) || quote.Type != EntityType.Blockquote)
            {
                return;
            }

            _open.Pop();
            if (_plain.Length > quote.Offset)
            {
                _entities.Add(new MessageEntity(type, quote.Offset, _plain.Length - quote.Offset));
            }
        }

        /// <summary>Reads <c>](address)</c> from the bracket on and stops at the closing parenthesis.</summary>
        private string TakeAddress(string what)
        {
            _at += 2;
            var begin = _at;
            var address = new StringBuilder();
            while (_at < text.Length && text[_at] != ')')
            {
                if (text[_at] == '\\' && _markup[_at + 1] is > '\0' and <= '~')
                {
                    _at++;
                }

                address.Append(text[_at++]);
            }

            if (_at >= text.Length)
            {
                throw new MarkupException(
                    $"Can't find end of {what} at byte offset {MarkupException.ByteOffset(text, begin)}"
                );
            }

            return address.ToString();
        }

        private static string CustomEmojiId(string url)
        {
            const string Prefix = "tg://emoji?id=";
            if (!url.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                throw new MarkupException("Custom emoji URL must have scheme tg");
            }

            return long.TryParse(url.AsSpan(Prefix.Length), out var id) && id != 0
                ? url[Prefix.Length..]
                : throw new MarkupException("Invalid custom emoji identifier specified");
        }

        private MarkupException NoEnd(Open open) =>
            new(
                $"Can't find end of {NameInErrors(open.Type)} entity at byte offset {MarkupException.ByteOffset(text, open.Index)}"
            );

        private static string NameInErrors(EntityType type) =>
            type switch
            {
                EntityType.TextLink => "TextUrl",
                EntityType.Blockquote => "BlockQuote",
                _ => type.ToString(),
            };
    }
}
