using System.Text.RegularExpressions;

namespace Notify.Sandbox.Telegram.Text;

/// <summary>What Telegram finds in a text by itself: commands, mentions, hashtags, links and addresses.</summary>
/// <remarks>Close to Telegram's rules, not equal to them: bare host names count as links only with the endings listed here.</remarks>
internal static partial class EntityFinder
{
    public static IReadOnlyList<MessageEntity> Find(string text)
    {
        if (text.AsSpan().IndexOfAny("/@#.:") < 0)
        {
            return [];
        }

        var found = new List<MessageEntity>();
        Add(found, Url().Matches(text), EntityType.Url);
        Add(found, Email().Matches(text), EntityType.Email);
        Add(found, BotCommand().Matches(text), EntityType.BotCommand);
        Add(found, Mention().Matches(text), EntityType.Mention);
        Add(found, Hashtag().Matches(text), EntityType.Hashtag);
        return EntityRules.Sort(found);
    }

    private static void Add(List<MessageEntity> found, MatchCollection matches, EntityType type)
    {
        foreach (var match in matches.Cast<Match>())
        {
            if (!found.Exists(e => e.Offset < match.Index + match.Length && match.Index < e.End))
            {
                found.Add(new MessageEntity(type, match.Index, match.Length));
            }
        }
    }

    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    [GeneratedRegex(@"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(@[A-Za-z0-9_]{3,32})?(?![\w/<>@])", Options, 2000)]
    private static partial Regex BotCommand();

    [GeneratedRegex(@"(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}(?![\w@])", Options, 2000)]
    private static partial Regex Mention();

    [GeneratedRegex(@"(?<![\w#])#\w*[^\W\d_]\w*", Options, 2000)]
    private static partial Regex Hashtag();

    [GeneratedRegex(@"(?<![\w@.-])[\w.+-]{1,64}@[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}(?!\w)", Options, 2000)]
    private static partial Regex Email();

    [GeneratedRegex(
        @"(?<![\w@.-])((https?|tg|ton)://[^\s<>""]*[^\s<>"".,;:!?'()\[\]]|([A-Za-z0-9-]+\.)+(com|org|net|io|dev|me|info|de|eu|uk|app)(/[^\s<>""]*[^\s<>"".,;:!?'()\[\]])?(?![\w@-]))",
        Options | RegexOptions.IgnoreCase,
        2000
    )]
    private static partial Regex Url();
}
