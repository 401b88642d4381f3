using System.Globalization;
using System.Text;
using Notify.Formatting;

namespace Notify;

/// <summary>Characters that nobody sees, that a terminal obeys, or that turn the order of others around: in a name or a line they make one thing look like another.</summary>
public static class UnseenCharacters
{
    /// <summary>Whether it is one: control and formatting characters, and what ends a line or a paragraph.</summary>
    public static bool Include(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;

    /// <summary>
    /// Whether a reader sees nothing of a text: it holds only spaces of any width, characters without a shape, and marks without a letter to stand on (variation
    /// selectors are such).
    /// </summary>
    public static bool AreAll(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var rune in text.EnumerateRunes())
        {
            if (
                !(
                    Include(rune)
                    || (rune.IsBmp && TelegramText.IsInvisible((char)rune.Value))
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
}
