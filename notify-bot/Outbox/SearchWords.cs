using System.Globalization;
using System.Text;

namespace Notify.Bot.Outbox;

/// <summary>
/// The words of a search as a query of FTS5. What a person types is never syntax: only runs of letters, digits and marks count, as the tokenizer
/// <c>unicode61</c> takes them (https://www.sqlite.org/fts5.html#unicode61_tokenizer), each in quotes.
/// </summary>
internal static class SearchWords
{
    /// <summary>Maximum number of words that count. More narrow a search no further.</summary>
    private const int Max = 16;

    /// <summary>Maximum length of a word in UTF-16 characters.</summary>
    private const int MaxLength = 64;

    /// <summary>The query for a user's rows; null if the text has no word, so that nothing can be found.</summary>
    internal static string? Query(UserName user, string text)
    {
        var words = Read(text);
        if (words.Count == 0)
        {
            return null;
        }

        var query = new StringBuilder("owner : \"").Append(Owner(user.Value)).Append("\" AND body : (");
        foreach (var (word, index) in words.Select((word, index) => (word, index)))
        {
            // One letter alone is no beginning: it would stand for a quarter of all words of all users.
            query
                .Append(index == 0 ? "" : " AND ")
                .Append('"')
                .Append(word)
                .Append('"')
                .Append(word.Length > 1 ? "*" : "");
        }

        return query.Append(')').ToString();
    }

    /// <summary>A user as one word of the index.</summary>
    internal static string Owner(string user) => "u" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(user));

    private static List<string> Read(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsOfWord(rune))
            {
                if (word.Length < MaxLength)
                {
                    word.Append(rune.ToString());
                }
            }
            else
            {
                End();
            }
        }

        End();
        return words;

        void End()
        {
            // Marks alone are no word.
            if (word.Length > 0 && words.Count < Max && word.ToString().EnumerateRunes().Any(Rune.IsLetterOrDigit))
            {
                words.Add(word.ToString());
            }

            word.Clear();
        }
    }

    private static bool IsOfWord(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber
        || Rune.IsLetterOrDigit(rune);
}
