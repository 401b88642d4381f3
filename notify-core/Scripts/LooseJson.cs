using System.Buffers;
using System.Collections;
using System.Text;

namespace Notify.Scripts;

/// <summary>
/// Finds JSON in text that holds other things too, as Python scripts print it: noise before and after, bare <c>NaN</c> and
/// <c>Infinity</c>, lone surrogates, a byte order mark, bytes that are not UTF-8.
/// </summary>
/// <remarks>
/// Cost: linear in the text, however hostile. Every start of an object or array is tried; where a try fails, the starts that it has found
/// open at that point would fail there too and are never tried themselves, and what it found closed is read once more at most.
/// </remarks>
public static class LooseJson
{
    /// <summary>Deepest nesting of a found object; what is deeper becomes null. The usual limit of JSON readers, some of which take quadratic time beyond it.</summary>
    internal const int MaxDepth = 64;

    private static readonly SearchValues<char> ContainerStarts = SearchValues.Create("{[");
    private static readonly SearchValues<char> StringEnds = SearchValues.Create("\"\\" + string.Concat(Enumerable.Range(0, 0x20).Select(c => (char)c)));

    /// <summary>The last top-level object that has a member of this name, as strict JSON; null where there is none.</summary>
    /// <param name="noise">Whether there is anything else beside it but white space.</param>
    internal static string? FindLastObject(ReadOnlySpan<byte> output, string member, out bool noise)
    {
        var text = Decode(output);
        var reader = new Reader(text, member);
        var (start, end) = (-1, -1);
        for (var at = 0; text.AsSpan(at).IndexOfAny(ContainerStarts) is >= 0 and var next;)
        {
            at += next;
            if (!reader.TryRead(at))
            {
                at++;
                continue;
            }

            if (reader.HasMember)
            {
                (start, end) = (at, reader.Position);
            }

            at = reader.Position;
        }

        noise = start >= 0 && !(text.AsSpan(0, start).IsWhiteSpace() && text.AsSpan(end).IsWhiteSpace());
        return start < 0 ? null : ToStrict(text.AsSpan(start, end - start), MaxDepth);
    }

    /// <summary>
    /// A text that is one JSON value but for what Python's <c>json.dumps</c> writes into it (bare <c>NaN</c>, halves of surrogate pairs),
    /// as strict JSON; null where it is not even that.
    /// </summary>
    public static string? Mend(ReadOnlySpan<byte> json)
    {
        var text = Decode(json);
        var start = text.Length - text.AsSpan().TrimStart().Length;
        var reader = new Reader(text, "");
        return start < text.Length && reader.TryRead(start) && text.AsSpan(reader.Position).IsWhiteSpace() ? ToStrict(text, int.MaxValue - 1) : null;
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

    /// <summary>
    /// Puts null where a bare NaN or Infinity is, and where nesting is deeper than <paramref name="deepest"/>; U+FFFD where an escape names half a
    /// surrogate pair. Text inside strings stays.
    /// </summary>
    private static string ToStrict(ReadOnlySpan<char> json, int deepest)
    {
        var strict = new StringBuilder(json.Length);
        var depth = 0;
        for (var i = 0; i < json.Length;)
        {
            var rest = json[i..];
            var kept = strict.Length;
            var wasTooDeep = depth > deepest;
            switch (rest[0])
            {
                case '"':
                    i += CopyString(rest, strict);
                    break;
                case '{' or '[':
                    depth++;
                    strict.Append(depth == deepest + 1 ? "null" : rest[..1]);
                    wasTooDeep = depth > deepest + 1;
                    i++;
                    break;
                case '}' or ']':
                    depth--;
                    strict.Append(rest[0]);
                    i++;
                    break;
                case var _ when NonFinite(rest) is > 0 and var length:
                    strict.Append("null");
                    i += length;
                    break;
                default:
                    strict.Append(rest[0]);
                    i++;
                    break;
            }

            if (wasTooDeep)
            {
                strict.Length = kept;
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

    /// <summary>What must come next.</summary>
    private enum Step
    {
        Value,
        Name,
        CommaOrEnd,
    }

    /// <summary>Reads one value from a position on, and says where it ends.</summary>
    private sealed class Reader(string text, string member)
    {
        private readonly BitArray _hopeless = new(text.Length);

        /// <summary>Where the objects and arrays begin that are open at the position, the outermost first.</summary>
        private readonly List<int> _open = [];

        /// <summary>Behind what was read.</summary>
        internal int Position { get; private set; }

        /// <summary>Whether what was read is an object that has the member.</summary>
        internal bool HasMember { get; private set; }

        internal bool TryRead(int start)
        {
            if (_hopeless[start])
            {
                return false;
            }

            Position = start;
            HasMember = false;
            _open.Clear();
            var step = Step.Value;
            do
            {
                SkipWhiteSpace();
                if (!TryTake(ref step))
                {
                    _open.ForEach(opened => _hopeless[opened] = true);
                    return false;
                }
            }
            while (_open.Count > 0);
            return true;
        }

        private bool TryTake(ref Step step)
        {
            switch (step)
            {
                case Step.Name:
                    if (!TryTakeName())
                    {
                        return false;
                    }

                    step = Step.Value;
                    return true;
                case Step.CommaOrEnd:
                    if (TryTake(','))
                    {
                        step = IsInObject ? Step.Name : Step.Value;
                        return true;
                    }

                    return TryClose();
                default:
                    if (Peek() is '{' or '[')
                    {
                        _open.Add(Position++);
                        SkipWhiteSpace();
                        step = IsInObject ? Step.Name : Step.Value;
                        if (Peek() is not ('}' or ']'))
                        {
                            return true;
                        }

                        // Empty.
                        step = Step.CommaOrEnd;
                        return TryClose();
                    }

                    step = Step.CommaOrEnd;
                    return TryTakeScalar();
            }
        }

        private bool IsInObject => text[_open[^1]] == '{';

        private bool TryClose()
        {
            if (!TryTake(IsInObject ? '}' : ']'))
            {
                return false;
            }

            _open.RemoveAt(_open.Count - 1);
            return true;
        }

        private bool TryTakeName()
        {
            var start = Position;
            if (!TryTakeString())
            {
                return false;
            }

            HasMember |= _open.Count == 1 && text.AsSpan(start + 1, Position - start - 2).SequenceEqual(member);
            SkipWhiteSpace();
            return TryTake(':');
        }

        private bool TryTakeScalar()
        {
            switch (Peek())
            {
                case '"': return TryTakeString();
                case 't': return TryTake("true");
                case 'f': return TryTake("false");
                case 'n': return TryTake("null");
                default: break;
            }

            if (NonFinite(text.AsSpan(Position)) is > 0 and var length)
            {
                Position += length;
                return true;
            }

            return TryTakeNumber();
        }

        private bool TryTakeString()
        {
            if (!TryTake('"'))
            {
                return false;
            }

            while (text.AsSpan(Position).IndexOfAny(StringEnds) is >= 0 and var plain)
            {
                Position += plain;
                if (TryTake('"'))
                {
                    return true;
                }

                if (!TryTakeEscape())
                {
                    return false;
                }
            }

            return false;
        }

        private bool TryTakeEscape()
        {
            var rest = text.AsSpan(Position);
            var length = rest switch
            {
                ['\\', '"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't', ..] => 2,
                ['\\', 'u', var a, var b, var c, var d, ..]
                    when char.IsAsciiHexDigit(a) && char.IsAsciiHexDigit(b) && char.IsAsciiHexDigit(c) && char.IsAsciiHexDigit(d) => 6,
                _ => 0,
            };
            Position += length;
            return length > 0;
        }

        private bool TryTakeNumber()
        {
            TryTake('-');
            if (!TryTake('0') && !TryTakeDigits())
            {
                return false;
            }

            if (TryTake('.') && !TryTakeDigits())
            {
                return false;
            }

            if (!TryTake('e') && !TryTake('E'))
            {
                return true;
            }

            if (!TryTake('+'))
            {
                TryTake('-');
            }

            return TryTakeDigits();
        }

        private bool TryTakeDigits()
        {
            var start = Position;
            while (char.IsAsciiDigit(Peek()))
            {
                Position++;
            }

            return Position > start;
        }

        private char Peek() => Position < text.Length ? text[Position] : '\0';

        private bool TryTake(char c)
        {
            if (Position >= text.Length || text[Position] != c)
            {
                return false;
            }

            Position++;
            return true;
        }

        private bool TryTake(string word)
        {
            if (!text.AsSpan(Position).StartsWith(word))
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
