using System.Buffers;
using System.Globalization;
using System.Text;

namespace Notify.Text;

/// <summary>The width of a text in the columns of a monospace font. Counts what a reader sees as one character (a grapheme), so an emoji of several parts counts once.</summary>
public static class DisplayWidth
{
    private const int EmojiPresentation = 0xFE0F;

    /// <summary>
    /// Characters of two columns: East Asian wide and fullwidth ones, and pictographs (https://www.unicode.org/reports/tr11). Each pair is the first and the last of a range, in
    /// order.
    /// </summary>
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F),
        (0x231A, 0x231B),
        (0x2329, 0x232A),
        (0x23E9, 0x23EC),
        (0x23F0, 0x23F0),
        (0x23F3, 0x23F3),
        (0x25FD, 0x25FE),
        (0x2614, 0x2615),
        (0x2648, 0x2653),
        (0x267F, 0x267F),
        (0x2693, 0x2693),
        (0x26A1, 0x26A1),
        (0x26AA, 0x26AB),
        (0x26BD, 0x26BE),
        (0x26C4, 0x26C5),
        (0x26CE, 0x26CE),
        (0x26D4, 0x26D4),
        (0x26EA, 0x26EA),
        (0x26F2, 0x26F3),
        (0x26F5, 0x26F5),
        (0x26FA, 0x26FA),
        (0x26FD, 0x26FD),
        (0x2705, 0x2705),
        (0x270A, 0x270B),
        (0x2728, 0x2728),
        (0x274C, 0x274C),
        (0x274E, 0x274E),
        (0x2753, 0x2755),
        (0x2757, 0x2757),
        (0x2795, 0x2797),
        (0x27B0, 0x27B0),
        (0x27BF, 0x27BF),
        (0x2B1B, 0x2B1C),
        (0x2B50, 0x2B50),
        (0x2B55, 0x2B55),
        (0x2E80, 0x303E),
        (0x3041, 0x3247),
        (0x3250, 0x4DBF),
        (0x4E00, 0xA4C6),
        (0xA960, 0xA97C),
        (0xAC00, 0xD7A3),
        (0xF900, 0xFAFF),
        (0xFE10, 0xFE19),
        (0xFE30, 0xFE6B),
        (0xFF01, 0xFF60),
        (0xFFE0, 0xFFE6),
        (0x16FE0, 0x1B2FB),
        (0x1F004, 0x1F004),
        (0x1F0CF, 0x1F0CF),
        (0x1F18E, 0x1F18E),
        (0x1F191, 0x1F19A),
        (0x1F1E6, 0x1F1FF),
        (0x1F200, 0x1F64F),
        (0x1F680, 0x1F6FF),
        (0x1F7E0, 0x1F7F0),
        (0x1F90C, 0x1F9FF),
        (0x1FA70, 0x1FAFF),
        (0x20000, 0x3FFFD),
    ];

    /// <summary>The width of a text on one line, in columns.</summary>
    public static int Of(ReadOnlySpan<char> text)
    {
        var width = 0;
        while (!text.IsEmpty)
        {
            var length = Next(text, out var columns);
            width += columns;
            text = text[length..];
        }

        return width;
    }

    /// <summary>The length in UTF-16 units of the first grapheme of a text that is not empty, and its columns: 0, 1 or 2.</summary>
    public static int Next(ReadOnlySpan<char> text, out int columns)
    {
        if (text[0] is >= ' ' and < '\u007F' && (text.Length == 1 || text[1] < '\u007F'))
        {
            columns = 1;
            return 1;
        }

        var length = StringInfo.GetNextTextElementLength(text);
        columns = 0;
        for (var rest = text[..length]; !rest.IsEmpty; )
        {
            var isWhole = Rune.DecodeFromUtf16(rest, out var rune, out var taken) == OperationStatus.Done;
            columns = Math.Max(
                columns,
                rune.Value == EmojiPresentation ? 2
                    : isWhole ? ColumnsOf(rune)
                    : 1
            );
            rest = rest[taken..];
        }

        return length;
    }

    private static int ColumnsOf(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format
                or UnicodeCategory.Control
            ? 0
        : IsWide(rune.Value) ? 2
        : 1;

    private static bool IsWide(int value)
    {
        var (low, high) = (0, Wide.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (value < Wide[middle].First)
            {
                high = middle - 1;
            }
            else if (value > Wide[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}
