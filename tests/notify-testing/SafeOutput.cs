using System.Globalization;
using System.Text;

namespace Notify.Testing;

/// <summary>The rule for text at an exit, written apart from the code that keeps it.</summary>
public static class SafeOutput
{
    /// <summary>Texts that hold every UTF-16 unit, halves of surrogate pairs included, and every plane beyond the first.</summary>
    public static IEnumerable<string> EveryCharacter { get; } =
    [
        .. Enumerable
            .Range(0, 0x1_0000)
            .Chunk(256)
            .Select(units => string.Concat(units.Select(unit => $"a{(char)unit}b"))),
        string.Concat(Enumerable.Range(1, 16).Select(plane => char.ConvertFromUtf32((plane << 16) + 1))),
    ];

    /// <summary>Throws where a text holds a control character, a direction character, or half a surrogate pair.</summary>
    /// <param name="text">What came out.</param>
    /// <param name="keepsLines">Whether line feeds may be in it.</param>
    public static void Check(string text, bool keepsLines)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var i = 0; i < text.Length; i++)
        {
            var isAllowed =
                text[i] switch
                {
                    '\n' => keepsLines,
                    '\u061C' or '\u200E' or '\u200F' => false,
                    >= '\u202A' and <= '\u202E' => false,
                    >= '\u2066' and <= '\u2069' => false,
                    var c => char.GetUnicodeCategory(c)
                        is not (
                            UnicodeCategory.Control
                            or UnicodeCategory.LineSeparator
                            or UnicodeCategory.ParagraphSeparator
                        ),
                }
                && Rune.DecodeFromUtf16(text.AsSpan(i), out _, out var length) == System.Buffers.OperationStatus.Done
                && (i += length - 1) >= 0;
            if (!isAllowed)
            {
                throw new InvalidOperationException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"U+{(int)text[i]:X4} at {i} in {Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))}"
                    )
                );
            }
        }
    }
}
