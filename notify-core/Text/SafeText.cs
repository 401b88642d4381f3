using System.Globalization;
using System.Text;

namespace Notify.Text;

/// <summary>
/// Untrusted text, made fit to leave the program: for a log, a terminal, a chat, a page or a desktop. No result holds a control character other than the line feed
/// of the members that keep lines, a character that turns the direction of others, or half a surrogate pair.
/// </summary>
public static class SafeText
{
    private const string CutSign = "...";

    /// <summary>Several lines as one, for a log entry or a sentence: line ends and tabs become spaces, hidden characters question marks.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="maxLength">At most so many UTF-16 units, and three dots where more is left out.</param>
    public static string Line(string text, int maxLength = int.MaxValue) =>
        Clean(text, maxLength, static rune => rune.Value is '\n' or '\r' or '\t' ? " " : Marked(rune));

    /// <summary>The same in quotes.</summary>
    public static string Quoted(string text, int maxLength = 200) => $"\"{Line(text, maxLength)}\"";

    /// <summary>The lines of a trace, a report or a script's errors: hidden characters become question marks.</summary>
    /// <inheritdoc cref="Line"/>
    public static string Lines(string text, int maxLength = int.MaxValue) =>
        Clean(text, maxLength, static rune => Kept(rune) ?? Marked(rune));

    /// <summary>
    /// The lines of a message to people: hidden characters go. The joiners stay, since they hold emoji of several parts together and letters of some
    /// scripts apart.
    /// </summary>
    /// <inheritdoc cref="Line"/>
    public static string Message(string text, int maxLength = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Clean(text.ReplaceLineEndings("\n"), maxLength, InMessage);
    }

    /// <summary>A character of <see cref="Message"/>; null where it stays.</summary>
    internal static string? InMessage(Rune rune) =>
        Kept(rune) ?? (rune.Value is not (0x200C or 0x200D) && IsHidden(rune) ? "" : null);

    /// <summary>Whether a terminal, a browser or a reader of lines obeys a character instead of showing it: controls, line ends, and what turns the direction of others.</summary>
    public static bool IsObeyed(Rune rune) =>
        rune.Value is 0x061C or 0x200E or 0x200F or (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069)
        || Rune.IsControl(rune);

    /// <summary>Whether a character is obeyed, or has no shape of its own: in a name, it makes one thing look like another.</summary>
    public static bool IsHidden(Rune rune) => IsObeyed(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format;

    private static string? Kept(Rune rune) =>
        rune.Value switch
        {
            '\n' => "\n",
            '\t' => "    ",
            '\r' => "",
            _ => null,
        };

    private static string? Marked(Rune rune) =>
        IsHidden(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherNotAssigned ? "?" : null;

    /// <summary>Replaces characters; half a surrogate pair is read as U+FFFD.</summary>
    private static string Clean(string text, int maxLength, Func<Rune, string?> replacement)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            var character = replacement(rune) ?? rune.ToString();
            if (shown.Length + character.Length > maxLength)
            {
                return shown.Append(CutSign).ToString();
            }

            shown.Append(character);
        }

        return shown.ToString();
    }
}
