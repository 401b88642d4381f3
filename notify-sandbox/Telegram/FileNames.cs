using System.Globalization;
using System.Text;

namespace Notify.Sandbox.Telegram;

/// <summary>The names that Telegram gives to documents.</summary>
internal static class FileNames
{
    private const int MaxStemLength = 64;
    private const int MaxExtensionLength = 16;

    /// <summary>
    /// A name as Telegram cleans it: without folders, at most 64 characters before the last dot and 16 behind it. What is neither
    /// letter, digit nor harmless ASCII becomes a space, combining marks go, and spaces and dots go from both ends.
    /// </summary>
    public static string Clean(string name)
    {
        var file = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var dot = file.LastIndexOf('.');
        var stem = Part(dot <= 0 ? file : file[..dot], MaxStemLength);
        var extension = Part(dot <= 0 ? "" : file[(dot + 1)..], MaxExtensionLength);
        return stem.Length == 0 ? extension
            : extension.Length == 0 ? stem
            : $"{stem}.{extension}";
    }

    private static string Part(string part, int max)
    {
        var clean = new StringBuilder();
        var count = 0;
        foreach (var rune in part.EnumerateRunes())
        {
            if (count == max)
            {
                break;
            }

            var category = Rune.GetUnicodeCategory(rune);
            if (
                category
                is UnicodeCategory.NonSpacingMark
                    or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.Format
            )
            {
                continue;
            }

            var kept = IsKept(rune, category) ? rune : new Rune(' ');
            if (clean.Length == 0 && kept.Value is ' ' or '.')
            {
                continue;
            }

            clean.Append(kept.ToString());
            count++;
        }

        return clean.ToString().TrimEnd(' ', '.');
    }

    private static bool IsKept(Rune rune, UnicodeCategory category) =>
        rune.IsAscii
            ? rune.Value is >= ' ' and < 127 && !"<>:\"/\\|?*&`'".Contains((char)rune.Value, StringComparison.Ordinal)
            : Rune.IsLetter(rune)
                || category
                    is UnicodeCategory.DecimalDigitNumber
                        or UnicodeCategory.LetterNumber
                        or UnicodeCategory.OtherNumber;
}
