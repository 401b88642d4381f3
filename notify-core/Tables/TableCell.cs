using System.Buffers;
using System.Runtime.InteropServices;

namespace Notify.Tables;

/// <summary>A cell of a table.</summary>
/// <param name="Text">What it holds. A number stands as its sender wrote it, so no digit is lost. Empty for null.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TableCell(string Text)
{
    /// <summary>Digits, and what separates them in different countries.</summary>
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.,'_ \u00A0\u202F");

    private static readonly string[] NumberWords = ["nan", "inf", "infinity", "<na>", "nat", "none", "n/a"];

    /// <summary>Whether it reads as a number: digits with sign, separators, exponent and percent sign, or a word for a missing number. A date does not.</summary>
    public bool IsNumber
    {
        get
        {
            var text = Text.AsSpan().Trim();
            if (text.IsEmpty)
            {
                return false;
            }

            foreach (var word in NumberWords)
            {
                if (text.TrimStart("+-").Equals(word, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return IsWritten(text);
        }
    }

    private static bool IsWritten(ReadOnlySpan<char> text)
    {
        text = text[0] is '+' or '-' or '\u2212' ? text[1..] : text;
        text = text.EndsWith("%") ? text[..^1].TrimEnd() : text;
        if (text.IsEmpty || !(char.IsAsciiDigit(text[0]) || (text[0] == '.' && text.Length > 1)))
        {
            return false;
        }

        var exponent = text.IndexOfAny('e', 'E');
        if (exponent > 0)
        {
            var power = text[(exponent + 1)..];
            power = power.Length > 1 && power[0] is '+' or '-' ? power[1..] : power;
            if (power.IsEmpty || power.ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            text = text[..exponent];
        }

        return char.IsAsciiDigit(text[^1]) && !text.ContainsAnyExcept(Digits);
    }
}
