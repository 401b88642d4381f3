using System.Globalization;
using System.Text;

namespace Notify.Scripts;

/// <summary>Writes what <see cref="LenientJsonReader"/> has read as strict JSON.</summary>
internal static class StrictJson
{
    /// <summary>
    /// Replaces bare NaN and Infinity, and values nested deeper than <paramref name="deepest"/>, by null. Escapes of half a surrogate
    /// pair become U+FFFD. Other text in strings stays.
    /// </summary>
    internal static string Write(ReadOnlySpan<char> json, int deepest)
    {
        var strict = new StringBuilder(json.Length);
        var depth = 0;
        for (var i = 0; i < json.Length; )
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
        for (var i = 1; ; )
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
            else if (
                char.IsHighSurrogate(Escaped(text[i..]))
                && text[(i + 6)..] is ['\\', 'u', ..]
                && char.IsLowSurrogate(Escaped(text[(i + 6)..]))
            )
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

    /// <summary>The UTF-16 unit of an already checked <c>\uXXXX</c>.</summary>
    private static char Escaped(ReadOnlySpan<char> escape) =>
        (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Length of the bare NaN or Infinity here; 0 for none.</summary>
    private static int NonFinite(ReadOnlySpan<char> text) =>
        text.StartsWith("NaN") ? 3
        : text.StartsWith("Infinity") ? 8
        : text.StartsWith("-Infinity") ? 9
        : 0;
}
