using System.Globalization;
using System.Text;

namespace Notify.Formatting;

/// <summary>
/// Reads Telegram's HTML (https://core.telegram.org/bots/api#html-style; tdlib/td: <c>parse_html</c>), to know how long a text is for the reader and to split one that is
/// too long for a message.
/// </summary>
public static class HtmlReader
{
    /// <summary>The text and its entities; null where it isn't what Telegram takes: an unknown or unclosed tag, a bare <c>&lt;</c>.</summary>
    public static FormattedText? Read(string html) =>
        html.AsSpan().IndexOfAny('<', '&') < 0 ? FormattedText.Plain(html) : new Reader(html).Read();

    private readonly record struct OpenTag(string Name, string Argument, int Offset);

    private sealed class Reader(string source)
    {
        private readonly StringBuilder _text = new(source.Length);
        private readonly List<TextEntity> _entities = [];
        private readonly Stack<OpenTag> _open = [];
        private int _at;

        public FormattedText? Read()
        {
            while (_at < source.Length)
            {
                if (source[_at] == '&' && ReadReference() is { } character)
                {
                    // A character that would be changed on its way to Telegram is changed here.
                    _text.Append(TelegramText.Clean(character) is { Length: > 0 } clean ? clean : " ");
                }
                else if (source[_at] != '<')
                {
                    _text.Append(source[_at++]);
                }
                else if (!(_at + 1 < source.Length && source[_at + 1] == '/' ? ReadEndTag() : ReadStartTag()))
                {
                    return null;
                }
            }

            if (_open.Count > 0)
            {
                return null;
            }

            for (var i = 0; i < _entities.Count; i++)
            {
                // Code outside <pre> has no language.
                _entities[i] =
                    _entities[i].Kind == EntityKind.Code ? _entities[i] with { Language = null } : _entities[i];
            }

            var text = _text.ToString();
            return new FormattedText(text, EntityNesting.Settle(_entities, text));
        }

        private bool ReadStartTag()
        {
            _at++;
            var name = ReadUntil(static c => IsSpace(c) || c == '>');
            if (
                name
                is not (
                    "a"
                    or "b"
                    or "strong"
                    or "i"
                    or "em"
                    or "s"
                    or "strike"
                    or "del"
                    or "u"
                    or "ins"
                    or "tg-spoiler"
                    or "tg-emoji"
                    or "span"
                    or "pre"
                    or "code"
                    or "blockquote"
                )
            )
            {
                return false;
            }

            var argument = "";
            while (true)
            {
                SkipSpaces();
                if (_at >= source.Length)
                {
                    return false;
                }

                if (source[_at] == '>')
                {
                    _at++;
                    break;
                }

                var attribute = ReadUntil(c => IsSpace(c) || c == '=' || (c == '>' && name is "blockquote"));
                SkipSpaces();
                string value;
                if (_at < source.Length && source[_at] == '=')
                {
                    _at++;
                    SkipSpaces();
                    if (ReadValue() is not { } read)
                    {
                        return false;
                    }

                    value = read;
                }
                else if (name is "blockquote" && attribute is "expandable")
                {
                    value = "";
                }
                else
                {
                    return false;
                }

                argument = (name, attribute) switch
                {
                    ("a", "href") => value,
                    ("code", "class") when value.StartsWith("language-", StringComparison.Ordinal) => value[
                        "language-".Length..
                    ],
                    ("span", "class") => value,
                    ("blockquote", "expandable") => attribute,
                    _ => argument,
                };
            }

            if (name is "span" && argument is not "tg-spoiler")
            {
                return false;
            }

            _open.Push(new OpenTag(name, argument, _text.Length));
            return true;
        }

        private bool ReadEndTag()
        {
            _at += 2;
            var name = ReadUntil(static c => IsSpace(c) || c == '>');
            SkipSpaces();
            if (
                _at >= source.Length
                || source[_at] != '>'
                || !_open.TryPop(out var tag)
                || (name.Length > 0 && !string.Equals(name, tag.Name, StringComparison.Ordinal))
            )
            {
                return false;
            }

            _at++;
            var length = _text.Length - tag.Offset;
            if (length == 0 || _open.Count >= EntityNesting.MaxDepth)
            {
                return true;
            }

            switch (tag.Name)
            {
                case "b" or "strong":
                    Add(EntityKind.Bold);
                    break;
                case "i" or "em":
                    Add(EntityKind.Italic);
                    break;
                case "u" or "ins":
                    Add(EntityKind.Underline);
                    break;
                case "s" or "strike" or "del":
                    Add(EntityKind.Strikethrough);
                    break;
                case "tg-spoiler" or "span":
                    Add(EntityKind.Spoiler);
                    break;
                case "blockquote":
                    Add(tag.Argument.Length > 0 ? EntityKind.ExpandableBlockquote : EntityKind.Blockquote);
                    break;
                case "a":
                    _entities.Add(
                        new TextEntity(
                            EntityKind.TextLink,
                            tag.Offset,
                            length,
                            tag.Argument.Length > 0 ? tag.Argument : null
                        )
                    );
                    break;
                case "code":
                    // The language is kept for a <pre> that closes around the very same text.
                    _entities.Add(
                        new TextEntity(
                            EntityKind.Code,
                            tag.Offset,
                            length,
                            Language: tag.Argument.Length > 0 ? tag.Argument : null
                        )
                    );
                    break;
                case "pre":
                    var inner = _entities.Count > 0 ? _entities[^1] : default;
                    var wraps =
                        inner is { Kind: EntityKind.Code, Language: not null }
                        && inner.Offset == tag.Offset
                        && inner.Length == length;
                    if (wraps)
                    {
                        _entities.RemoveAt(_entities.Count - 1);
                    }

                    _entities.Add(
                        new TextEntity(EntityKind.Pre, tag.Offset, length, Language: wraps ? inner.Language : null)
                    );
                    break;
            }

            return true;

            void Add(EntityKind kind) => _entities.Add(new TextEntity(kind, tag.Offset, length));
        }

        private string? ReadValue()
        {
            if (_at >= source.Length)
            {
                return null;
            }

            if (source[_at] is not ('"' or '\''))
            {
                var token = ReadUntil(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-'));
                return _at < source.Length && (IsSpace(source[_at]) || source[_at] == '>') ? token : null;
            }

            var quote = source[_at++];
            var value = new StringBuilder();
            while (_at < source.Length && source[_at] != quote)
            {
                if (source[_at] == '&' && ReadReference() is { } character)
                {
                    value.Append(character);
                }
                else
                {
                    value.Append(source[_at++]);
                }
            }

            if (_at >= source.Length)
            {
                return null;
            }

            _at++;
            return value.ToString();
        }

        /// <summary>The character that a reference such as <c>&amp;lt;</c> or <c>&amp;#9731;</c> stands for; null where it stands for none, and nothing is read then.</summary>
        private string? ReadReference()
        {
            var end = _at + 1;
            string? character;
            if (end < source.Length && source[end] == '#')
            {
                end++;
                var isHex = end < source.Length && source[end] == 'x';
                var digits = isHex ? ++end : end;
                while (
                    end < source.Length
                    && end - _at < 10
                    && (isHex ? char.IsAsciiHexDigit(source[end]) : char.IsAsciiDigit(source[end]))
                )
                {
                    end++;
                }

                if (
                    end - _at >= 10
                    || !int.TryParse(
                        source.AsSpan(digits, end - digits),
                        isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                        CultureInfo.InvariantCulture,
                        out var code
                    )
                    || code == 0
                    || !Rune.TryCreate(code, out var rune)
                )
                {
                    return null;
                }

                character = rune.ToString();
            }
            else
            {
                while (end < source.Length && end - _at < 6 && char.IsAsciiLetter(source[end]))
                {
                    end++;
                }

                character = source.AsSpan((_at + 1)..end) switch
                {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    _ => null,
                };
                if (character is null)
                {
                    return null;
                }
            }

            _at = end < source.Length && source[end] == ';' ? end + 1 : end;
            return character;
        }

        private string ReadUntil(Func<char, bool> isEnd)
        {
            var start = _at;
            while (_at < source.Length && !isEnd(source[_at]))
            {
                _at++;
            }

            return AsciiText.Lower(source.AsSpan(start.._at));
        }

        private void SkipSpaces()
        {
            while (_at < source.Length && IsSpace(source[_at]))
            {
                _at++;
            }
        }

        private static bool IsSpace(char c) => c is ' ' or '\n';
    }
}
