using System.Buffers;
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

    /// <summary>The last top-level object that has a member of this name, as strict JSON; null where there is none.</summary>
    /// <param name="noise">Whether there is anything else beside it but white space.</param>
    internal static string? FindLastObject(ReadOnlySpan<byte> output, string member, out bool noise)
    {
        var text = Decode(output);
        var reader = new LooseJsonReader(text, member);
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
        return start < 0 ? null : StrictJson.Write(text.AsSpan(start, end - start), MaxDepth);
    }

    /// <summary>
    /// A text that is one JSON value but for what Python's <c>json.dumps</c> writes into it (bare <c>NaN</c>, halves of surrogate pairs),
    /// as strict JSON; null where it is not even that.
    /// </summary>
    public static string? Mend(ReadOnlySpan<byte> json)
    {
        var text = Decode(json);
        var start = text.Length - text.AsSpan().TrimStart().Length;
        var reader = new LooseJsonReader(text, "");
        return start < text.Length && reader.TryRead(start) && text.AsSpan(reader.Position).IsWhiteSpace() ? StrictJson.Write(text, int.MaxValue - 1) : null;
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
}
