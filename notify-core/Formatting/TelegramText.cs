using System.Buffers;
using System.Globalization;
using System.Text;

namespace Notify.Formatting;

/// <summary>
/// What Telegram does to every text before it looks at it, done beforehand, so that offsets are counted in the text that will
/// arrive. Behaviour after <c>clean_input_string</c> of Telegram's own library (tdlib/td: td/telegram/misc.cpp).
/// </summary>
public static class TelegramText
{
    private const char Replacement = '\uFFFD';

    // All that Clean changes, and surrogates, which it must look at in pairs.
    private static readonly SearchValues<char> s_suspicious = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Where(c => c != '\n').Select(c => (char)c),
        '\u030A',
        '\u0333',
        '\u033F',
        .. Enumerable.Range(0x2028, 7).Select(c => (char)c),
        .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c),
    ]);

    /// <summary>
    /// Any text as one that Telegram keeps unchanged. Lone surrogates become U+FFFD. Control characters, NUL and tab among them,
    /// become spaces. Every kind of line end becomes <c>\n</c>. Characters that Telegram takes out are taken out: direction
    /// overrides (U+202A to U+202E) and three combining lines and rings; a ring over a letter is kept where the two together are
    /// one letter (<c>å</c> as macOS writes it in file names).
    /// </summary>
    /// <returns>The same string where there is nothing to change.</returns>
    public static string Clean(string text)
    {
        var first = text.AsSpan().IndexOfAny(s_suspicious);
        if (first < 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        var kept = 0;
        for (var i = first; i >= 0; )
        {
            result.Append(text, kept, i - kept);
            kept = i + CleanOne(text, i, result);
            var next = text.AsSpan(kept).IndexOfAny(s_suspicious);
            i = next < 0 ? -1 : kept + next;
        }

        return result.Append(text, kept, text.Length - kept).ToString();
    }

    /// <summary>Whether a reader would see anything: Telegram refuses a message of spaces and invisible characters only (<c>is_empty_string</c>, same file).</summary>
    public static bool HasVisible(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is > ' ' and < '\u007F')
            {
                return true;
            }

            // Tag characters, U+E0000 to U+E007F.
            if (c == '\uDB40' && i + 1 < text.Length && text[i + 1] is >= '\uDC00' and <= '\uDC7F')
            {
                i++;
                continue;
            }

            if (!IsInvisible(c))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Spaces of every width, and characters without any; a superset of Telegram's list.</summary>
    internal static bool IsInvisible(char c) =>
        c <= ' '
        || char.IsWhiteSpace(c)
        || c
            is '\u007F'
                or '\u00AD'
                or '\u180E'
                or '\u2800'
                or '\uFFFC'
                or '\uFEFF'
                or (>= '\u200B' and <= '\u200F')
                or (>= '\u2028' and <= '\u202E')
                or (>= '\u2060' and <= '\u2064')
                or '\u115F'
                or '\u1160'
                or '\u3164'
                or '\uFFA0';

    /// <summary>Writes what becomes of the character at <paramref name="i"/>.</summary>
    /// <returns>How many units of the source it stands for.</returns>
    private static int CleanOne(string text, int i, StringBuilder result)
    {
        var c = text[i];
        switch (c)
        {
            case '\r':
                result.Append('\n');
                return i + 1 < text.Length && text[i + 1] == '\n' ? 2 : 1;
            case < ' ':
                result.Append(' ');
                return 1;
            case '\u2028' or '\u2029':
                result.Append('\n');
                return 1;
            case '\u030A':
                if (result.Length > 0 && WithRing(result[^1]) is { } composed)
                {
                    result[^1] = composed;
                }

                return 1;
            case '\u0333' or '\u033F' or (>= '\u202A' and <= '\u202E'):
                return 1;
        }

        if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
        {
            result.Append(c).Append(text[i + 1]);
            return 2;
        }

        result.Append(Replacement);
        return 1;
    }

    private static char? WithRing(char letter) =>
        letter switch
        {
            'A' => 'Å',
            'a' => 'å',
            'U' => 'Ů',
            'u' => 'ů',
            'w' => '\u1E98',
            'y' => '\u1E99',
            _ => null,
        };

    /// <summary>Whether a word goes on over this character: letters, digits and the marks on them.</summary>
    internal static bool IsWordCharacter(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter
                or UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber
                or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark;
}
