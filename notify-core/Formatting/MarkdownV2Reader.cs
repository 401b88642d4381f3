using System.Buffers;
using System.Globalization;
using System.Text;

namespace Notify.Formatting;

/// <summary>
/// Reads Telegram's MarkdownV2 (https://core.telegram.org/bots/api#markdownv2-style; tdlib/td: <c>parse_markdown_v2</c>), to find a text's visible length and to split one that is
/// too long for a message.
/// </summary>
public static class MarkdownV2Reader
{
    private static readonly SearchValues<char> Reserved = SearchValues.Create("_*[]()~`>#+-=|{}.!\n\\");

    /// <summary>The text and its entities; null if Telegram would refuse it: a reserved character that isn't escaped, an entity that isn't closed.</summary>
    public static FormattedText? Read(string markdown) =>
        markdown.AsSpan().ContainsAny(Reserved) ? new Reader(markdown).Read() : FormattedText.Plain(markdown);

    private const string EmojiAddress = "tg://emoji?id=";

    private enum Opened
    {
        Bold,
        Italic,
        Underline,
        Strikethrough,
        Spoiler,
        Code,
        Pre,
        Link,
        Emoji,
        Quote,
    }

    private readonly record struct Open(Opened What, int Offset, int Source, string? Language = null);

    private sealed class Reader(string source)
    {
        private readonly StringBuilder _text = new(source.Length);
        private readonly List<TextEntity> _entities = [];
        private readonly Stack<Open> _open = [];
        private int _at;
        private bool _inQuote;

        // Nothing but markers so far in this line.
        private bool _atLineStart = true;

        public FormattedText? Read()
        {
            while (_at < source.Length)
            {
                if (!ReadOne())
                {
                    return null;
                }
            }

            if (_inQuote && !EndQuote())
            {
                return null;
            }

            if (_open.Count > 0)
            {
                return null;
            }

            var text = _text.ToString();
            return new FormattedText(text, EntityNesting.Settle(_entities, text));
        }

        private bool ReadOne()
        {
            var c = source[_at];
            if (c == '\\' && _at + 1 < source.Length && source[_at + 1] is > '\0' and <= '~')
            {
                Append(source[_at + 1]);
                _at += 2;
                return true;
            }

            var inner = _open.TryPeek(out var top) ? top.What : (Opened?)null;
            if (inner is Opened.Code or Opened.Pre ? c != '`' : c == '\\' || !Reserved.Contains(c))
            {
                // A quote can't begin after a line end in code.
                _text.Append(c);
                _atLineStart = false;
                _at++;
                return true;
            }

            // The end of a quote is the end of its last line.
            if (_inQuote && c == '\n' && !(_at + 1 < source.Length && source[_at + 1] == '>'))
            {
                // The line end belongs to the quote, as in Telegram.
                Append(c);
                if (!EndQuote())
                {
                    return false;
                }

                _at++;
                return true;
            }

            return inner is { } innermost && Ends(innermost) ? Close() : Begin(c);
        }

        private void Append(char c)
        {
            _text.Append(c);
            _atLineStart = c == '\n';
        }

        private bool Ends(Opened what) =>
            what switch
            {
                Opened.Bold => source[_at] == '*',
                Opened.Italic => source[_at] == '_' && !Follows("__"),
                Opened.Underline => Follows("__"),
                Opened.Strikethrough => source[_at] == '~',
                Opened.Spoiler => Follows("||"),
                Opened.Code => source[_at] == '`',
                Opened.Pre => Follows("```"),
                Opened.Link or Opened.Emoji => source[_at] == ']',
                _ => false,
            };

        private bool Begin(char c)
        {
            switch (c)
            {
                case '_' when Follows("__"):
                    return Push(Opened.Underline, 2);
                case '_':
                    return Push(Opened.Italic, 1);
                case '*':
                    return Push(Opened.Bold, 1);
                case '~':
                    return Push(Opened.Strikethrough, 1);
                case '|' when Follows("||"):
                    return Push(Opened.Spoiler, 2);
                case '[':
                    return Push(Opened.Link, 1);
                case '!' when Follows("!["):
                    return Push(Opened.Emoji, 2);
                case '`' when Follows("```"):
                    return BeginBlock();
                case '`':
                    return Push(Opened.Code, 1);
                case '>' when _atLineStart && _inQuote:
                    _at++;
                    return true;
                case '>' when _atLineStart:
                    _inQuote = true;
                    return Push(Opened.Quote, 1);
                case '\n':
                    Append(c);
                    _at++;
                    return true;
                default:
                    return false;
            }
        }

        private bool BeginBlock()
        {
            _at += 3;
            var end = _at;
            while (end < source.Length && source[end] is not (' ' or '\n' or '`'))
            {
                end++;
            }

            string? language = null;
            if (end > _at && end < source.Length && source[end] != '`')
            {
                language = source[_at..end];
                _at = end;
            }

            if (_at < source.Length && source[_at] == '\n')
            {
                _at++;
            }

            _open.Push(new Open(Opened.Pre, _text.Length, _at, language));
            return true;
        }

        private bool Push(Opened what, int length)
        {
            _open.Push(new Open(what, _text.Length, _at));
            _at += length;

            // All need an end marker, except a quote and its folding sign.
            return _open.Count - 2 <= source.Length - _at;
        }

        private bool Close()
        {
            var ended = _open.Pop();
            var length = _text.Length - ended.Offset;
            _at += ended.What switch
            {
                Opened.Pre => 3,
                Opened.Underline or Opened.Spoiler => 2,
                _ => 1,
            };
            string? url = null;
            if (ended.What is Opened.Link or Opened.Emoji)
            {
                if (_at < source.Length && source[_at] == '(')
                {
                    if (ReadAddress() is not { } read)
                    {
                        return false;
                    }

                    url = read;
                }

                if (ended.What == Opened.Emoji)
                {
                    // Its text is an emoji that everybody can see; only some bots may send the custom one.
                    return url?.StartsWith(EmojiAddress, StringComparison.OrdinalIgnoreCase) == true
                        && long.TryParse(
                            url.AsSpan(EmojiAddress.Length),
                            NumberStyles.AllowLeadingSign,
                            CultureInfo.InvariantCulture,
                            out var id
                        )
                        && id != 0;
                }
            }

            if (length > 0 && _open.Count < EntityNesting.MaxDepth)
            {
                _entities.Add(new TextEntity(KindOf(ended.What), ended.Offset, length, url, ended.Language));
            }

            return true;
        }

        private string? ReadAddress()
        {
            _at++;
            var address = new StringBuilder();
            while (_at < source.Length && source[_at] != ')')
            {
                if (source[_at] == '\\' && _at + 1 < source.Length && source[_at + 1] is > '\0' and <= '~')
                {
                    _at++;
                }

                address.Append(source[_at++]);
            }

            if (_at >= source.Length)
            {
                return null;
            }

            _at++;
            return address.ToString();
        }

        /// <summary>Ends the quote here. Everything in it must be closed, except a final <c>||</c>, which folds it.</summary>
        private bool EndQuote()
        {
            var ended = _open.Pop();
            var isFolded = ended.What == Opened.Spoiler && ended.Source == _at - 2;
            if ((isFolded && !_open.TryPop(out ended)) || ended.What != Opened.Quote)
            {
                return false;
            }

            _inQuote = false;
            if (_text.Length > ended.Offset)
            {
                _entities.Add(
                    new TextEntity(
                        isFolded ? EntityKind.ExpandableBlockquote : EntityKind.Blockquote,
                        ended.Offset,
                        _text.Length - ended.Offset
                    )
                );
            }

            return true;
        }

        private bool Follows(string what) => source.AsSpan(_at).StartsWith(what);

        private static EntityKind KindOf(Opened what) =>
            what switch
            {
                Opened.Bold => EntityKind.Bold,
                Opened.Italic => EntityKind.Italic,
                Opened.Underline => EntityKind.Underline,
                Opened.Strikethrough => EntityKind.Strikethrough,
                Opened.Spoiler => EntityKind.Spoiler,
                Opened.Code => EntityKind.Code,
                Opened.Pre => EntityKind.Pre,
                _ => EntityKind.TextLink,
            };
    }
}
