using System.Globalization;

namespace Notify.Linking;

/// <summary>Verification codes as people type them.</summary>
public static class VerificationCodeText
{
    /// <summary>Length of a code.</summary>
    public const int Length = 6;

    /// <summary>The six digits of a typed code, without spaces and dashes, with digits of any script as <c>0</c> to <c>9</c>; null if it can't be a code.</summary>
    public static string? Normalise(string? typed)
    {
        Span<char> digits = stackalloc char[Length];
        var count = 0;
        foreach (var c in typed ?? "")
        {
            if (
                char.IsWhiteSpace(c)
                || char.GetUnicodeCategory(c) is UnicodeCategory.DashPunctuation or UnicodeCategory.Format
            )
            {
                continue;
            }

            if (!char.IsDigit(c) || count == Length)
            {
                return null;
            }

            digits[count++] = (char)('0' + CharUnicodeInfo.GetDecimalDigitValue(c));
        }

        return count == Length ? digits.ToString() : null;
    }

    /// <summary>Whether a text is exactly six ASCII digits.</summary>
    public static bool IsCode(string text) => text.Length == Length && text.All(char.IsAsciiDigit);
}
