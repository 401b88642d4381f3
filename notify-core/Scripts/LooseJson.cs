using System.Buffers;
using System.Text;

namespace Notify.Scripts;

/// <summary>
/// Finds JSON in text that holds other things too, as Python scripts print it: noise before and after, bare <c>NaN</c> and
/// <c>Infinity</c>, lone surrogates, a byte order mark, bytes that are not UTF-8.
/// </summary>
/// <remarks>
/// Cost: every start of an object or array is tried, and a try ends at the first character that can't be JSON or at
/// <see cref="MaxDepth"/> levels. A character is therefore looked at by at most that many tries, however hostile the text.
/// </remarks>
public static class LooseJson
{
    /// <summary>Deepest nesting that is read.</summary>
    internal const int MaxDepth = 100;

    private static readonly SearchValues<char> ContainerStarts = SearchValues.Create("{[");
    private static readonly SearchValues<char> StringEnds = SearchValues.Create("\"\\" + string.Concat(Enumerable.Range(0, 0x20).Select(c => (char)c)));

    /// <summary>The last top-level object that has a member of this name, as strict JSON; null where there is none.</summary>
    /// <param name="noise">Whether there is anything else beside it but white space.</param>
    internal static string? FindLastObject(ReadOnlySpan<byte> output, string member, out bool noise)
    {
        var text = Decode(output);
        var (start, end) = (-1, -1);
        for (var at = 0; at < text.Length;)
        {
            var next = text.AsSpan(at).IndexOfAny(ContainerStarts);
            if (next < 0)
            {
                break;
            }

            at += next;
            var reader = new Reader(text, at, member);
            if (reader.TryReadValue())
            {
                if (reader.HasMember)
                {
                    (start, end) = (at, reader.Position);
                }

                at = reader.Position;
            }
            else
            {
                at++;
            }
        }

        noise = start >= 0 && !(text.AsSpan(0, start).IsWhiteSpace() && text.AsSpan(end).IsWhiteSpace());
        return start < 0 ? null : ToStrict(text.AsSpan(start, end - start));
    }

    /// <summary>
    /// A text that is one JSON value but for what Python's <c>json.dumps</c> writes into it (bare <c>NaN</c>, halves of surrogate pairs),
    /// as strict JSON; null where it is not even that.
    /// </summary>
    public static string? Mend(ReadOnlySpan<byte> json)
    {
        var text = Decode(json);
        var start = text.Length - text.AsSpan().TrimStart().Length;
        var reader = new Reader(text, start, "");
        return reader.TryReadValue() && text.AsSpan(reader.Position).IsWhiteSpace() ? ToStrict(text) : null;
    }

    /// <summary>The text of these bytes, without byte order marks at its start; what is not UTF-8 becomes U+FFFD.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');

    /// <summary>How deep a valid JSON text is nested.</summary>
    internal static int Depth(string json)
    {
        var (depth, deepest, inString) = (0, 0, false);
        for (var i = 0; i < json.Length; i++)
        {
            switch (json[i])
            {
                case '\\' when inString: i++; break;
                case '"': inString = !inString; break;
                case '{' or '[' when !inString: deepest = Math.Max(deepest, ++depth); break;
                case '}' or ']' when !inString: depth--; break;
                default: break;
            }
        }

        return deepest;
    }

    /// <summary>Puts null where a bare NaN or Infinity is, and U+FFFD where an escape names half a surrogate pair. Text inside strings stays.</summary>
    private static string ToStrict(ReadOnlySpan<char> json)
    {
        var strict = new StringBuilder(json.Length);
        for (var i = 0; i < json.Length;)
        {
            var rest = json[i..];
            if (rest[0] == '"')
            {
                i += CopyString(rest, strict);
            }
            else if (NonFinite(rest) is > 0 and var length)
            {
                strict.Append("null");
                i += length;
            }
            else
            {
                strict.Append(rest[0]);
                i++;
            }
        }

        return strict.ToString();
    }

    private static int CopyString(ReadOnlySpan<char> text, StringBuilder strict)
    {
        strict.Append('"');
        for (var i = 1; ;)
        {
            var plain = text[i..].IndexOfAny('"', '\\');
            strict.Append(text.Slice(i, plain));
            i += plain;
            if (text[i] == '"')
            {
                strict.Append('"');
                return i + 1;
            }

            if (text[i + 1] != 'u')
            {
                strict.Append(text.Slice(i, 2));
                i += 2;
            }
            else if (char.IsHighSurrogate(Escaped(text[i..])) && text[(i + 6)..] is ['\\', 'u', ..] && char.IsLowSurrogate(Escaped(text[(i + 6)..])))
            {
                strict.Append(text.Slice(i, 12));
                i += 12;
            }
            else
            {
                strict.Append(char.IsSurrogate(Escaped(text[i..])) ? @"\uFFFD" : text.Slice(i, 6));
                i += 6;
            }
        }
    }

    /// <summary>The UTF-16 unit of a <c>\uXXXX</c> that was read before, so that its digits are known to be right.</summary>
    private static char Escaped(ReadOnlySpan<char> escape) =>
        (char)ushort.Parse(escape.Slice(2, 4), System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture);

    private static int NonFinite(ReadOnlySpan<char> text) =>
        text.StartsWith("NaN") ? 3 : text.StartsWith("Infinity") ? 8 : text.StartsWith("-Infinity") ? 9 : 0;

    /// <summary>Reads one value from a position on, and says where it ends.</summary>
    private ref struct Reader(ReadOnlySpan<char> text, int position, string member)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private readonly string _member = member;
        private int _depth;

        internal int Position { get; private set; } = position;

        /// <summary>Whether the outermost object has the member.</summary>
        internal bool HasMember { get; private set; }

        internal bool TryReadValue()
        {
            switch (Peek())
            {
                case '{': return Nested(TryReadMembers());
                case '[': return Nested(TryReadItems());
                case '"': return TryReadString(out _);
                case 't': return TryTake("true");
                case 'f': return TryTake("false");
                case 'n': return TryTake("null");
                default:
                    if (NonFinite(_text[Position..]) is > 0 and var length)
                    {
                        Position += length;
                        return true;
                    }

                    return TryReadNumber();
            }
        }

        private readonly char Peek() => Position < _text.Length ? _text[Position] : '\0';

        private bool Nested(bool read)
        {
            _depth--;
            return read;
        }

        private bool TryReadMembers()
        {
            Position++;
            if (++_depth > MaxDepth)
            {
                return false;
            }

            SkipWhiteSpace();
            if (TryTake("}"))
            {
                return true;
            }

            while (true)
            {
                SkipWhiteSpace();
                if (!TryReadString(out var name))
                {
                    return false;
                }

                HasMember |= _depth == 1 && name.SequenceEqual(_member);
                SkipWhiteSpace();
                if (!TryTake(":"))
                {
                    return false;
                }

                SkipWhiteSpace();
                if (!TryReadValue())
                {
                    return false;
                }

                SkipWhiteSpace();
                if (TryTake("}"))
                {
                    return true;
                }

                if (!TryTake(","))
                {
                    return false;
                }
            }
        }

        private bool TryReadItems()
        {
            Position++;
            if (++_depth > MaxDepth)
            {
                return false;
            }

            SkipWhiteSpace();
            if (TryTake("]"))
            {
                return true;
            }

            while (true)
            {
                SkipWhiteSpace();
                if (!TryReadValue())
                {
                    return false;
                }

                SkipWhiteSpace();
                if (TryTake("]"))
                {
                    return true;
                }

                if (!TryTake(","))
                {
                    return false;
                }
            }
        }

        private bool TryReadString(out ReadOnlySpan<char> raw)
        {
            raw = default;
            if (!TryTake("\""))
            {
                return false;
            }

            var start = Position;
            while (true)
            {
                var plain = _text[Position..].IndexOfAny(StringEnds);
                if (plain < 0)
                {
                    return false;
                }

                Position += plain;
                switch (_text[Position])
                {
                    case '"':
                        raw = _text[start..Position];
                        Position++;
                        return true;
                    case '\\' when Position + 1 < _text.Length && _text[Position + 1] is '"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't':
                        Position += 2;
                        break;
                    case '\\' when Position + 6 <= _text.Length && _text[Position + 1] == 'u' && AreHex(_text.Slice(Position + 2, 4)):
                        Position += 6;
                        break;
                    default:
                        return false;
                }
            }
        }

        private static bool AreHex(ReadOnlySpan<char> digits)
        {
            foreach (var digit in digits)
            {
                if (!char.IsAsciiHexDigit(digit))
                {
                    return false;
                }
            }

            return true;
        }

        private bool TryReadNumber()
        {
            TryTake("-");
            if (!TryTake("0") && !TryReadDigits())
            {
                return false;
            }

            if (TryTake(".") && !TryReadDigits())
            {
                return false;
            }

            if (Peek() is 'e' or 'E')
            {
                Position++;
                if (Peek() is '+' or '-')
                {
                    Position++;
                }

                return TryReadDigits();
            }

            return true;
        }

        private bool TryReadDigits()
        {
            var start = Position;
            while (char.IsAsciiDigit(Peek()))
            {
                Position++;
            }

            return Position > start;
        }

        private bool TryTake(string word)
        {
            if (!_text[Position..].StartsWith(word))
            {
                return false;
            }

            Position += word.Length;
            return true;
        }

        private void SkipWhiteSpace()
        {
            while (Peek() is ' ' or '\t' or '\n' or '\r')
            {
                Position++;
            }
        }
    }
}
