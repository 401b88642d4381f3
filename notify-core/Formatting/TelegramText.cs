using System.Buffers;
using System.Globalization;
using System.Text;
using Notify.Text;

namespace Notify.Formatting;

/// <summary>
/// Cleans a text beforehand like Telegram does, so offsets count in the text that will
/// arrive. Follows <c>clean_input_string</c> of Telegram's own library (tdlib/td: td/telegram/misc.cpp).
/// </summary>
public static class TelegramText
{
    // All characters that Clean changes, and surrogates, which it checks in pairs.
    private static readonly SearchValues<char> Suspicious = SearchValues.Create([
        .. Enumerable
            .Range(0, 0xD800)
            .Select(c => (char)c)
            .Where(c => c is not '\n' && (SafeText.IsObeyed(new Rune(c)) || c is '\u030A' or '\u0333' or '\u033F')),
        .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c),
    ]);

    /// <summary>
    /// Turns any text into one that Telegram keeps unchanged. Lone surrogates become U+FFFD. Control characters, NUL and tab among them,
    /// become spaces. Every kind of line end becomes <c>\n</c>. Three combining lines and rings are removed, as Telegram does; a ring
    /// over a letter is kept where the two together are one letter (<c>å</c> as macOS writes it in file names). All characters that
    /// turn the direction of others are removed too: Telegram removes only U+202A to U+202E.
    /// </summary>
    /// <returns>The same string if there is nothing to change.</returns>
    public static string Clean(string text)
    {
        var first = text.AsSpan().IndexOfAny(Suspicious);
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
            var next = text.AsSpan(kept).IndexOfAny(Suspicious);
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

    /// <summary>
    /// Whether a reader sees nothing of a text: it holds only spaces of any width, characters without a shape, and marks without a letter to stand on (variation
    /// selectors are such).
    /// </summary>
    public static bool IsBlank(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var rune in text.EnumerateRunes())
        {
            if (
                !(
                    SafeText.IsHidden(rune)
                    || (rune.IsBmp && IsInvisible((char)rune.Value))
                    || Rune.GetUnicodeCategory(rune)
                        is UnicodeCategory.SpaceSeparator
                            or UnicodeCategory.NonSpacingMark
                            or UnicodeCategory.EnclosingMark
                )
            )
            {
                return false;
            }
        }

        return true;
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

    /// <summary>Writes the result of the character at <paramref name="i"/>.</summary>
    /// <returns>Its length in the source.</returns>
    private static int CleanOne(string text, int i, StringBuilder result)
    {
        var c = text[i];
        switch (c)
        {
            case '\r':
                result.Append('\n');
                return i + 1 < text.Length && text[i + 1] == '\n' ? 2 : 1;
            case < ' ' or (>= '\u007F' and <= '\u009F'):
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
            case '\u0333' or '\u033F':
                return 1;
        }

        if (!char.IsSurrogate(c))
        {
            return 1;
        }

        Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
        result.Append(rune.ToString());
        return length;
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

    /// <summary>Whether the character belongs to a word: letters, digits and marks.</summary>
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
