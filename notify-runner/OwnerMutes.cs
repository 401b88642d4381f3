using Notify.Contracts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>A user's mutes, from the bot.</summary>
internal sealed class OwnerMutes
{
    private static readonly OwnerMutes Nothing = new();

    /// <summary>The end of the mute of everything; null without one.</summary>
    internal DateTimeOffset? All { get; private init; }

    /// <summary>Muted scripts, without <c>.py</c>, and the ends of their mutes.</summary>
    internal IReadOnlyDictionary<string, DateTimeOffset> Scripts { get; private init; } =
        new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);

    /// <summary>Asks the bot. An older version does not know.</summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    internal static OwnerMutes Ask(SendApiClient bot, CancellationToken cancellation)
    {
        var answer = bot.Get("/mutes", cancellation);
        return answer.IsOk && answer.Read(ScriptsContract.Json.MutesAnswer) is { } muted
            ? new OwnerMutes
            {
                All = muted.MutedUntil,
                Scripts = (muted.Scripts ?? []).ToDictionary(
                    script => script.Stem,
                    script => script.MutedUntil,
                    StringComparer.Ordinal
                ),
            }
            : Nothing;
    }

    /// <summary>Without a bot: nothing counts as muted.</summary>
    internal static OwnerMutes AskIfReachable(SendApiClient bot, CancellationToken cancellation)
    {
        try
        {
            return Ask(bot, cancellation);
        }
        catch (BotUnreachableException)
        {
            return Nothing;
        }
    }

    /// <summary>The end of a script's mute; null if it is not muted.</summary>
    /// <param name="script">The script; null for a notice about all.</param>
    internal DateTimeOffset? Until(ScriptName? script) =>
        script is not null && Scripts.TryGetValue(script.Stem, out var until) && !(All > until) ? until : All;
}
