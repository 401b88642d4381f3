using System.Globalization;

namespace Notify.Formatting;

/// <summary>Splits a text of any length into messages that Telegram takes.</summary>
/// <remarks>
/// <para>Cuts at the end of a paragraph, else of a line, else of a word, and within a word only if it is longer than a message. Never cuts inside
/// a surrogate pair, a character with its marks, an emoji sequence or a link (unless one alone is too long). A line of a code block or
/// table stays whole unless it alone is too long. White space at a cut goes, except the indentation of a code block's line.</para>
/// <para>Formatting across a cut is repeated in the next part. A part holds at most <see cref="TelegramLimits.Entities"/> entities. It ends before
/// a further link or code block, but drops further emphasis, so much emphasis does not tear a text into pieces.</para>
/// <para>If ten parts are not enough, paragraphs and lines are packed more tightly. Then links and code blocks beyond a part's number of entities
/// are dropped, because words are worth more than formatting. The rest is left out, and the last part says how much.</para>
/// </remarks>
public static class MessageSplitter
{
    /// <summary>Most messages of one notification.</summary>
    public const int MaxParts = 10;

    // Longest sentence of Note, with room for any string's length.
    internal const int NoteLength = 64;

    /// <summary>
    /// Splits a text that has gone through <see cref="TelegramText.Clean"/>. Parts have visible characters, no white space at both ends (except
    /// the indentation of code), and at most <paramref name="maxLength"/> UTF-16 units. No parts if nothing is visible.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">In UTF-16 units; at least 128.</param>
    public static IReadOnlyList<FormattedText> Split(FormattedText text, int maxLength = TelegramLimits.TextLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 2 * NoteLength);
        if (text.Text.Length <= maxLength && text.Entities.Count <= TelegramLimits.Entities)
        {
            var whole = new TextCutter(text, maxLength).Slice(0, text.Text.Length);
            return whole is null ? [] : [whole];
        }

        return new TextCutter(text, maxLength).Cut(Filling.Loose)
            ?? new TextCutter(text, maxLength).Cut(Filling.Tight)
            ?? new TextCutter(text, maxLength).Cut(Filling.ForTextOnly)!;
    }

    /// <summary>The sentence at the end of the last part if text is left out.</summary>
    internal static string Note(ReadOnlySpan<char> leftOut)
    {
        var characters = 0;
        foreach (var _ in leftOut.EnumerateRunes())
        {
            characters++;
        }

        return Note(characters);
    }

    /// <summary>The same, for so many characters.</summary>
    internal static string Note(long characters) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"\n\n\u2026 {characters:N0} more {(characters == 1 ? "character was" : "characters were")} left out."
        );
}
