using System.Globalization;
using System.Text;

namespace Notify;

/// <summary>Characters that nobody sees, that a terminal obeys, or that turn the order of others around: in a name or a line they make one thing look like another.</summary>
public static class UnseenCharacters
{
    /// <summary>Whether it is one: control and formatting characters, and what ends a line or a paragraph.</summary>
    public static bool Include(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
