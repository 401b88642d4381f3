using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Notify.Sending;

namespace Notify.Scripts;

/// <summary>
/// Finds JSON in text that holds other things too, as Python scripts print it: noise before and after, bare <c>NaN</c> and
/// <c>Infinity</c>, lone surrogates, a byte order mark, bytes that are not UTF-8.
/// </summary>
/// <remarks>
/// Cost: linear in the text, however hostile. Every start of an object or array is tried; where a try fails, the starts that it has found
/// open at that point would fail there too and are never tried themselves, and what it found closed is read once more at most.
/// </remarks>
public static class LenientJson
{
    /// <summary>Deepest nesting of a found object; what is deeper becomes null. The usual limit of JSON readers, some of which take quadratic time beyond it.</summary>
    internal const int MaxDepth = SendApiLimits.JsonLevels;

    private static readonly SearchValues<char> ContainerStarts = SearchValues.Create("{[");

    private static readonly (string Name, Encoding Encoding, int Width)[] Wide =
    [
        ("UTF-16", Encoding.Unicode, 2),
        ("UTF-16", Encoding.BigEndianUnicode, 2),
        ("UTF-32", Encoding.UTF32, 4),
        ("UTF-32", new UTF32Encoding(bigEndian: true, byteOrderMark: false), 4),
    ];

    /// <summary>The last top-level object that has a member of this name, as strict JSON; null where there is none.</summary>
    /// <remarks>UTF-8 is what is expected. Only where nothing is found in it, and zero bytes hint at wider characters, UTF-16 and UTF-32 are tried, whatever stands before.</remarks>
    internal static FoundJson? FindLastObject(ReadOnlySpan<byte> output, string member)
    {
        if (FindLastObject(Decode(output), member) is { } found)
        {
            return found with
            {
                HasWrongBytes = found.Json.Contains('\uFFFD', StringComparison.Ordinal) && !Utf8.IsValid(output),
            };
        }

        if (output.Contains((byte)0))
        {
            foreach (var (name, encoding, width) in Wide)
            {
                for (var offset = 0; offset < width; offset++)
                {
                    if (
                        offset < output.Length
                        && FindLastObject(encoding.GetString(output[offset..]).TrimStart('\uFEFF'), member) is { } wide
                    )
                    {
                        return wide with { Encoding = name };
                    }
                }
            }
        }

        return null;
    }

    /// <summary>The same in a text.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="member">The member that the object must have; null: any object will do.</param>
    internal static FoundJson? FindLastObject(string text, string? member)
    {
        var reader = new LenientJsonReader(text, member ?? "");
        var (start, end, count) = (-1, -1, 0);
        for (var at = 0; text.AsSpan(at).IndexOfAny(ContainerStarts) is >= 0 and var next; )
        {
            at += next;
            if (!reader.TryRead(at))
            {
                at++;
                continue;
            }

            if (member is null ? text[at] == '{' : reader.HasMember)
            {
                (start, end) = (at, reader.Position);
                count++;
            }

            at = reader.Position;
        }

        return start < 0
            ? null
            : new FoundJson(
                StrictJson.Write(text.AsSpan(start, end - start), MaxDepth),
                count - 1,
                !(text.AsSpan(0, start).IsWhiteSpace() && text.AsSpan(end).IsWhiteSpace())
            );
    }

    /// <summary>
    /// Whether the output breaks off within an object or array that holds this member somewhere: what was printed last is not there whole, and
    /// an object within it must not be taken for it.
    /// </summary>
    internal static bool IsCutOff(ReadOnlySpan<byte> output, string member)
    {
        var text = Decode(output);
        var reader = new LenientJsonReader(text, member);
        for (var at = 0; text.AsSpan(at).IndexOfAny(ContainerStarts) is >= 0 and var next; )
        {
            at += next;
            if (reader.TryRead(at))
            {
                at = reader.Position;
            }
            else if (reader.IsCutOff && text.AsSpan(at).Contains($"\"{member}\"", StringComparison.Ordinal))
            {
                return true;
            }
            else
            {
                at++;
            }
        }

        return false;
    }

    /// <summary>
    /// A text that is one JSON value but for what Python's <c>json.dumps</c> writes into it (bare <c>NaN</c>, halves of surrogate pairs),
    /// as strict JSON; null where it is not even that.
    /// </summary>
    public static string? Mend(ReadOnlySpan<byte> json)
    {
        var text = Decode(json);
        var start = text.Length - text.AsSpan().TrimStart().Length;
        var reader = new LenientJsonReader(text, "");
        return start < text.Length && reader.TryRead(start) && text.AsSpan(reader.Position).IsWhiteSpace()
            ? StrictJson.Write(text, int.MaxValue - 1)
            : null;
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
                case '\\' when inString:
                    i++;
                    break;
                case '"':
                    inString = !inString;
                    break;
                case '{' or '[' when !inString:
                    deepest = Math.Max(deepest, ++depth);
                    break;
                case '}' or ']' when !inString:
                    depth--;
                    break;
                default:
                    break;
            }
        }

        return deepest;
    }
}

/// <summary>An object that was found in a text.</summary>
/// <param name="Json">The object, as strict JSON.</param>
/// <param name="Others">How many more of its kind stand before it.</param>
/// <param name="HasNoise">Whether there is anything beside it but white space.</param>
internal sealed record FoundJson(string Json, int Others, bool HasNoise)
{
    /// <summary>The encoding of the text, where it is not UTF-8.</summary>
    internal string? Encoding { get; init; }

    /// <summary>Whether bytes that are not UTF-8 stand in it as U+FFFD.</summary>
    internal bool HasWrongBytes { get; init; }
}
