using System.Globalization;

namespace Notify.Formatting;

/// <summary>Makes messages that Telegram takes out of a text of any length.</summary>
/// <remarks>
/// <para>A cut is made at the end of a paragraph, else of a line, else of a word; within a word only where that alone is longer than a message. It never falls inside
/// a surrogate pair, a character with its marks, an emoji sequence or a link (unless one alone is too long). A line of a code block or of
/// a table stays whole unless it alone is too long. White space at a cut goes, except what indents a line of a code block.</para>
/// <para>What formats both sides of a cut is repeated in the next part. A part holds at most <see cref="TelegramLimits.Entities"/> entities: it ends before
/// a further link or code block, while other formatting beyond that number is left out, so that a much emphasised text isn't torn into pieces.</para>
/// <para>Where ten parts would not do, paragraphs and lines of prose are filled up more tightly first; then links and code blocks beyond a part's number of entities
/// give way, as words are worth more than what formats them; what is over then is left out, and the last part says how much.</para>
/// </remarks>
public static class MessageSplitter
{
    /// <summary>Most messages that one notification may become (specification, section 8).</summary>
    public const int MaxParts = 10;

    // Longest sentence that Note makes, with room for the number of any string's characters.
    internal const int NoteLength = 64;

    /// <summary>
    /// Splits a text that has gone through <see cref="TelegramText.Clean"/>. Parts have visible characters, begin and end without white space (but
    /// for the indentation of code), and are at most <paramref name="maxLength"/> UTF-16 units long. No parts where nothing is visible.
    /// </summary>
    /// <param name="text">What to split.</param>
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

    /// <summary>The sentence that ends the last part where not all of the text has room.</summary>
    internal static string Note(ReadOnlySpan<char> leftOut)
    {
        var characters = 0;
        foreach (var _ in leftOut.EnumerateRunes())
        {
            characters++;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"\n\n\u2026 {characters:N0} more {(characters == 1 ? "character was" : "characters were")} left out."
        );
    }
}
