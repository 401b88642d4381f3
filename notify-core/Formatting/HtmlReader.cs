using System.Globalization;
using System.Text;

namespace Notify.Formatting;

/// <summary>
/// Reads Telegram's HTML (https://core.telegram.org/bots/api#html-style; tdlib/td: <c>parse_html</c>) to measure the visible text, and to split a text that is
/// too long for a message.
/// </summary>
public static class HtmlReader
{
    /// <summary>The text and its entities; null if Telegram would refuse it: an unknown or unclosed tag, a bare <c>&lt;</c>.</summary>
    public static FormattedText? Read(string html) =>
        html.AsSpan().IndexOfAny('<', '&') < 0 ? FormattedText.Plain(html) : new Reader(CleanReferences(html)).Read();

    /// <summary>Replaces references to characters that <see cref="TelegramText.Clean"/> changes by the clean text, or by a space. Telegram cleans a text before it reads references.</summary>
    /// <remarks>A space, because the text before and after could form another reference.</remarks>
    internal static string CleanReferences(string html)
    {
        var result = new StringBuilder();
        var kept = 0;
        for (
            var at = html.IndexOf("&#", StringComparison.Ordinal);
            at >= 0;
            at = html.IndexOf("&#", at + 1, StringComparison.Ordinal)
        )
        {
            if (
                TryReadNumber(html, at, out var rune, out var end)
                && rune.ToString() is var character
                && TelegramText.Clean(character) is var clean
                && clean != character
            )
            {
                result.Append(html, kept, at - kept).Append(clean.Length > 0 ? clean : " ");
                kept = end < html.Length && html[end] == ';' ? end + 1 : end;
            }
        }

        return kept == 0 ? html : result.Append(html, kept, html.Length - kept).ToString();
    }

    /// <summary>Reads a reference by number, such as <c>&amp;#x41</c>, up to its semicolon.</summary>
    private static bool TryReadNumber(string source, int at, out Rune rune, out int end)
    {
        rune = default;
        end = at + 2;
        var isHex = end < source.Length && source[end] == 'x';
        var digits = isHex ? ++end : end;
        while (
            end < source.Length
            && end - at < 10
            && (isHex ? char.IsAsciiHexDigit(source[end]) : char.IsAsciiDigit(source[end]))
        )
        {
            end++;
        }

        return end - at < 10
            && int.TryParse(
                source.AsSpan(digits, end - digits),
                isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var code
            )
            && code != 0
            && Rune.TryCreate(code, out rune);
    }

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
                    _text.Append(character);
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
            var name = AsciiText.Lower(ReadUntil(static c => IsSpace(c) || c == '>'));
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

                var attribute = ReadUntil(static c => IsSpace(c) || c is '=' or '>' or '/' or '"' or '\'');
                if (attribute.Length == 0)
                {
                    return false;
                }

                SkipSpaces();
                string? value = null;
                if (_at < source.Length && source[_at] == '=')
                {
                    _at++;
                    SkipSpaces();
                    value = ReadValue();
                    if (value is null)
                    {
                        return false;
                    }
                }

                argument = (name, attribute) switch
                {
                    ("blockquote", "expandable") => attribute,
                    _ when value is null => argument,
                    ("a", "href") => value,
                    ("code", "class") when value.StartsWith("language-", StringComparison.Ordinal) => value[
                        "language-".Length..
                    ],
                    ("span", "class") when value.StartsWith("tg-", StringComparison.Ordinal) => value,
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
            var name = AsciiText.Lower(ReadUntil(static c => IsSpace(c) || c == '>'));
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
                    // Keeps the language for a <pre> around exactly the same text.
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
                return _at < source.Length && (IsSpace(source[_at]) || source[_at] == '>')
                    ? AsciiText.Lower(token)
                    : null;
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

        /// <summary>Reads the character of a reference such as <c>&amp;lt;</c> or <c>&amp;#9731;</c>. An invalid one gives null and reads nothing.</summary>
        private string? ReadReference()
        {
            var end = _at + 1;
            string? character;
            if (end < source.Length && source[end] == '#')
            {
                if (!TryReadNumber(source, _at, out var rune, out end))
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

            return source[start.._at];
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
