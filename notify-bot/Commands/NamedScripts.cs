using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Bot.Scripts;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Commands;

/// <summary>Finds the script that a typed name means: with or without <c>.py</c>, in any letter case.</summary>
public sealed class NamedScripts(ScriptLists lists, IOutbox outbox, HistoryTurns turns)
{
    /// <summary>Most notifications in which names are looked for. Callers of the send API use names without a file.</summary>
    private const int MaxHistory = 300;

    /// <summary>Most names that are compared with a misspelt one.</summary>
    private const int MaxCompared = 1000;

    /// <summary>Longest name of a file, in bytes.</summary>
    private const int ScriptNameLength = 255;

    /// <summary>Finds a user's script among the files, the history and the mutes.</summary>
    internal async Task<NamedScript> FindAsync(Link link, string typed, CancellationToken cancellation)
    {
        var stem = Stem(typed);
        var known = new HashSet<string>(outbox.MutesOf(link.User).Scripts.Keys, StringComparer.Ordinal);
        var history = await turns.ReadAsync(
            link.User,
            () => outbox.History(link.User, MaxHistory, text: 0, cancellation: cancellation),
            cancellation
        );
        known.UnionWith(history.Select(past => past.Script).OfType<string>().Select(Mutes.Stem));
        if (known.Contains(stem))
        {
            return new NamedScript(stem);
        }

        string? trouble = null;
        try
        {
            known.UnionWith((await lists.ListAsync(link.User, cancellation)).Select(script => script.Stem));
        }
        catch (ScriptsHelperException e)
        {
            trouble = e.Message;
        }

        if (known.Contains(stem))
        {
            return new NamedScript(stem);
        }

        var similar = known
            .Where(name => name.Equals(stem, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .ToArray();
        return similar switch
        {
            [var only] => new NamedScript(only),
            [var first, ..] => new NamedScript(null, first),
            _ => new NamedScript(
                null,
                stem.Length <= ScriptNameLength
                    ? NearestName.Find(stem, known.Order(StringComparer.Ordinal).Take(MaxCompared))
                    : null,
                trouble
            ),
        };
    }

    private static string Stem(string typed) =>
        typed.EndsWith(".py", StringComparison.OrdinalIgnoreCase) ? typed[..^3] : typed;
}

/// <summary>The script that a typed name means.</summary>
/// <param name="Stem">Its name without <c>.py</c>; null if no script has this name.</param>
/// <param name="Nearest">The script that is probably meant; null for none.</param>
/// <param name="Trouble">Why the files could not be looked at; null if they were.</param>
internal sealed record NamedScript(string? Stem, string? Nearest = null, string? Trouble = null);
