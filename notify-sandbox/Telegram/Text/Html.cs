using System.Globalization;
using System.Text;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>
/// <c>parse_mode=HTML</c> by Telegram's rules: a closed set of tags, four named character references, every tag closed.
/// https://core.telegram.org/bots/api#html-style
/// </summary>
internal static class Html
{
    private static readonly HashSet<string> Tags = new(StringComparer.Ordinal)
    {
        "a",
        "b",
        "strong",
        "i",
        "em",
        "s",
        "strike",
        "del",
        "u",
        "ins",
        "tg-spoiler",
        "tg-emoji",
        "span",
        "pre",
        "code",
        "blockquote",
    };

    /// <exception cref="MarkupException">An unknown or unclosed tag, a broken attribute, half a surrogate pair.</exception>
    public static FormattedText Parse(string text) => new Parser(text).Run();

    private sealed class Parser(string text)
    {
        private readonly Markup _markup = new(text);
        private readonly StringBuilder _plain = new(text.Length);
        private readonly List<MessageEntity> _entities = [];
        private readonly Stack<Open> _open = new();
        private int _at;
        private bool _hasHalfPair;

        private sealed record Open(string Tag, string Argument, int Offset);

        public FormattedText Run()
        {
            while (_at < text.Length)
            {
                switch (text[_at])
                {
                    case '&' when TakeReference(_plain):
                        break;
                    case '<' when _markup[_at + 1] == '/':
                        EndTag();
                        break;
                    case '<':
                        StartTag();
                        break;
                    default:
                        _plain.Append(text[_at++]);
                        break;
                }
            }

            if (_open.TryPeek(out var unclosed))
            {
                throw new MarkupException($"Can't find end tag corresponding to start tag \"{unclosed.Tag}\"");
            }

            if (_hasHalfPair)
            {
                throw new MarkupException(
                    "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units"
                );
            }

            return new FormattedText(
                _plain.ToString(),
                EntityRules.Sort(_entities.Select(e => e.Type == EntityType.Code ? e with { Argument = null } : e))
            );
        }

        private void StartTag()
        {
            var begin = _at++;
            while (!Markup.IsSpace(_markup[_at]) && _markup[_at] != '>')
            {
                _at++;
            }

            if (_at >= text.Length)
            {
                throw At("Unclosed start tag", begin);
            }

            var tag = Lower(text[(begin + 1).._at]);
            if (!Tags.Contains(tag))
            {
                throw At($"Unsupported start tag \"{tag}\"", begin);
            }

            var argument = "";
            while (_markup[_at] != '>')
            {
                SkipSpaces();
                if (_markup[_at] == '>')
                {
                    break;
                }

                var nameBegin = _at;
                while (!Markup.IsSpace(_markup[_at]) && _markup[_at] is not ('=' or '>' or '/' or '"' or '\''))
                {
                    _at++;
                }

                var name = text[nameBegin..Math.Min(_at, text.Length)];
                if (name.Length == 0)
                {
                    throw At($"Empty attribute name in the tag \"{tag}\"", begin);
                }

                SkipSpaces();
                if (_markup[_at] != '=')
                {
                    if (_at >= text.Length)
                    {
                        throw At($"Unclosed start tag \"{tag}\"", begin);
                    }

                    if (Argument(tag, name, "") is { Length: > 0 } alone)
                    {
                        argument = alone;
                    }

                    continue;
                }

                _at++;
                SkipSpaces();
                if (_at >= text.Length)
                {
                    throw At($"Unclosed start tag \"{tag}\"", begin);
                }

                var value = AttributeValue();
                if (_at >= text.Length)
                {
                    throw At("Unclosed start tag", begin);
                }

                if (Argument(tag, name, value) is { } meant)
                {
                    argument = meant;
                }
            }

            if (tag == "span" && argument != "spoiler")
            {
                throw At("Tag \"span\" must have class \"tg-spoiler\"", begin);
            }

            _at++;
            _open.Push(new Open(tag, argument, _plain.Length));
        }

        private static string? Argument(string tag, string attribute, string value) =>
            (tag, attribute) switch
            {
                ("a", "href") or ("tg-emoji", "emoji-id") => value,
                ("code", "class") when value.StartsWith("language-", StringComparison.Ordinal) => value[
                    "language-".Length..
                ],
                ("span", "class") when value.StartsWith("tg-", StringComparison.Ordinal) => value["tg-".Length..],
                ("blockquote", "expandable") => "expandable",
                _ => null,
            };

        private string AttributeValue()
        {
            var begin = _at;
            var quote = _markup[_at];
            if (quote is not ('\'' or '"'))
            {
                while (char.IsAsciiLetterOrDigit(_markup[_at]) || _markup[_at] is '.' or '-')
                {
                    _at++;
                }

                if (!Markup.IsSpace(_markup[_at]) && _markup[_at] != '>')
                {
                    throw At("Unexpected end of name token", begin);
                }

                return Lower(text[begin.._at]);
            }

            _at++;
            var value = new StringBuilder();
            while (_at < text.Length && text[_at] != quote)
            {
                if (text[_at] != '&' || !TakeReference(value))
                {
                    value.Append(text[_at++]);
                }
            }

            if (_at < text.Length)
            {
                _at++;
            }

            return value.ToString();
        }

        private void EndTag()
        {
            var begin = _at;
            if (!_open.TryPop(out var opened))
            {
                throw At("Unexpected end tag", begin);
            }

            _at += 2;
            while (!Markup.IsSpace(_markup[_at]) && _markup[_at] != '>')
            {
                _at++;
            }

            var tag = Lower(text[(begin + 2)..Math.Min(_at, text.Length)]);
            SkipSpaces();
            if (_markup[_at] != '>')
            {
                throw At("Unclosed end tag", begin);
            }

            if (tag.Length > 0 && tag != opened.Tag)
            {
                throw new MarkupException(
                    $"Unmatched end tag at byte offset {MarkupException.ByteOffset(text, begin)}, expected \"</{opened.Tag}>\", found \"</{tag}>\""
                );
            }

            _at++;
            var length = _plain.Length - opened.Offset;
            if (length > 0)
            {
                AddEntity(opened, length);
            }
        }

        private void AddEntity(Open opened, int length)
        {
            var offset = opened.Offset;
            var last = _entities.Count > 0 ? _entities[^1] : null;
            var coversLast = last is not null && last.Offset == offset && last.Length == length;
            switch (opened.Tag)
            {
                case "pre" when coversLast && last!.Type == EntityType.Code && !string.IsNullOrEmpty(last.Argument):
                    _entities[^1] = last with { Type = EntityType.PreCode };
                    break;
                case "code" when coversLast && last!.Type == EntityType.Pre && opened.Argument.Length > 0:
                    _entities[^1] = last with { Type = EntityType.PreCode, Argument = opened.Argument };
                    break;
                case "code":
                    _entities.Add(new MessageEntity(EntityType.Code, offset, length, opened.Argument));
                    break;
                case "a":
                    var url = opened.Argument.Length > 0 ? opened.Argument : _plain.ToString(offset, length);
                    if (Links.ToEntity(url, offset, length) is { } link)
                    {
                        _entities.Add(link);
                    }

                    break;
                case "tg-emoji":
                    if (!long.TryParse(opened.Argument, out var id) || id == 0)
                    {
                        throw new MarkupException("Invalid custom emoji identifier specified");
                    }

                    _entities.Add(new MessageEntity(EntityType.CustomEmoji, offset, length, opened.Argument));
                    break;
                default:
                    _entities.Add(new MessageEntity(Style(opened), offset, length));
                    break;
            }
        }

        private static EntityType Style(Open opened) =>
            opened.Tag switch
            {
                "b" or "strong" => EntityType.Bold,
                "i" or "em" => EntityType.Italic,
                "u" or "ins" => EntityType.Underline,
                "s" or "strike" or "del" => EntityType.Strikethrough,
                "pre" => EntityType.Pre,
                "blockquote" => opened.Argument.Length > 0 ? EntityType.ExpandableBlockquote : EntityType.Blockquote,
                _ => EntityType.Spoiler,
            };

        /// <summary>Decodes <c>&amp;lt;</c>, <c>&amp;#39;</c> and the like; false (and nothing moved) where it is only an ampersand.</summary>
        private bool TakeReference(StringBuilder into)
        {
            var end = _at + 1;
            uint code = 0;
            if (_markup[end] == '#')
            {
                end++;
                var isHex = _markup[end] == 'x';
                if (isHex)
                {
                    end++;
                }

                var begin = end;
                while (isHex ? char.IsAsciiHexDigit(_markup[end]) : char.IsAsciiDigit(_markup[end]))
                {
                    end++;
                }

                if (
                    end - _at >= 10
                    || !uint.TryParse(
                        text.AsSpan(begin, end - begin),
                        isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                        CultureInfo.InvariantCulture,
                        out code
                    )
                    || code is 0 or >= 0x10ffff
                )
                {
                    return false;
                }
            }
            else
            {
                while (char.IsAsciiLetter(_markup[end]))
                {
                    end++;
                }

                code = text.AsSpan(_at + 1, end - _at - 1) switch
                {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "quot" => '"',
                    _ => 0,
                };
                if (code == 0)
                {
                    return false;
                }
            }

            // Two halves written as two references make no character for Telegram either.
            _hasHalfPair |= into == _plain && code is >= 0xd800 and <= 0xdfff;
            if (code > 0xffff)
            {
                into.Append(char.ConvertFromUtf32((int)code));
            }
            else
            {
                into.Append((char)code);
            }

            _at = _markup[end] == ';' ? end + 1 : end;
            return true;
        }

        private void SkipSpaces()
        {
            while (_at < text.Length && Markup.IsSpace(text[_at]))
            {
                _at++;
            }
        }

        private MarkupException At(string what, int index) =>
            new($"{what} at byte offset {MarkupException.ByteOffset(text, index)}");

#pragma warning disable CA1308 // Tag and attribute names are compared in lower case, as HTML writes them.
        private static string Lower(string name) =>
            string.Concat(name.Select(c => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c));
#pragma warning restore CA1308
    }
}
