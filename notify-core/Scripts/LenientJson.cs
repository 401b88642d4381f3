using System.Runtime.InteropServices;
using System.Text;
using Notify.Contracts;

namespace Notify.Scripts;

/// <summary>
/// Reads JSON as Python scripts print it: with noise before and after, bare <c>NaN</c> and <c>Infinity</c>, lone surrogates, a byte order mark, and bytes
/// that are not UTF-8.
/// </summary>
public static class LenientJson
{
    /// <summary>Deepest nesting of a found object; deeper values become null. It is the usual limit of JSON readers, some of which take quadratic time beyond it.</summary>
    internal const int MaxDepth = SendApiLimits.JsonLevels;

    private static readonly (string Name, Encoding Encoding, int Width)[] Wide =
    [
        ("UTF-16", Encoding.Unicode, 2),
        ("UTF-16", Encoding.BigEndianUnicode, 2),
        ("UTF-32", Encoding.UTF32, 4),
        ("UTF-32", new UTF32Encoding(bigEndian: true, byteOrderMark: false), 4),
    ];

    /// <summary>Possible readings of an output in UTF-16 and UTF-32, as UTF-8, after any prefix.</summary>
    internal static IEnumerable<(string Encoding, byte[] Text)> Widened(byte[] output) =>
        from wide in Wide
        from offset in Enumerable.Range(0, Math.Min(wide.Width, output.Length))
        select (
            wide.Name,
            Encoding.UTF8.GetBytes(wide.Encoding.GetString(output, offset, output.Length - offset).TrimStart('\uFEFF'))
        );

    /// <summary>The last top-level object in a text, as strict JSON; null if there is none.</summary>
    internal static string? FindLastObject(ReadOnlySpan<byte> text)
    {
        var last = new List<byte>();
        var scanner = new LenientJsonScanner(member: null, int.MaxValue / 2)
        {
            Found = (json, _) =>
            {
                last.Clear();
                last.AddRange(json);
            },
        };
        scanner.Append(text);
        scanner.End();
        return last.Count == 0 ? null : Strict(CollectionsMarshal.AsSpan(last));
    }

    /// <summary>A found object as strict JSON.</summary>
    internal static string Strict(ReadOnlySpan<byte> found) =>
        StrictJson.Write(Encoding.UTF8.GetString(found), MaxDepth);

    /// <summary>
    /// Turns a JSON value with the liberties of Python's <c>json.dumps</c> (bare <c>NaN</c>, halves of surrogate pairs) into strict
    /// JSON; null for anything else.
    /// </summary>
    public static string? Repair(ReadOnlySpan<byte> json)
    {
        json = WithoutMark(json);
        var reader = new LenientJsonReader(member: null);
        reader.Begin();
        var progress = reader.Read(json, out var taken);
        return
            (progress == JsonProgress.Done || (taken == json.Length && reader.MayEndHere))
            && json[taken..].Trim(" \t\r\n"u8).IsEmpty
            ? StrictJson.Write(Encoding.UTF8.GetString(json), int.MaxValue - 1)
            : null;
    }

    /// <summary>Decodes bytes without byte order marks at the start. Invalid UTF-8 becomes U+FFFD.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(WithoutMark(bytes));

    /// <summary>Removes byte order marks at the start.</summary>
    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> bytes)
    {
        while (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        return bytes;
    }

    /// <summary>The nesting depth of a valid JSON text.</summary>
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
