using System.Text.Json;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>What a user has muted, as the bot says it.</summary>
internal sealed class OwnerMutes
{
    private static readonly OwnerMutes Nothing = new();

    /// <summary>Until when everything is muted; null where it is not.</summary>
    internal DateTimeOffset? All { get; private init; }

    /// <summary>The scripts that are muted, without <c>.py</c>, and until when.</summary>
    internal IReadOnlyDictionary<string, DateTimeOffset> Scripts { get; private init; } =
        new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);

    /// <summary>Asks the bot. One of an older version does not say it.</summary>
    /// <exception cref="BotUnreachableException">No bot, or no answer.</exception>
    internal static OwnerMutes Ask(SendApiClient bot, CancellationToken cancellation)
    {
        var answer = bot.Get("/mutes", cancellation);
        if (answer is not { IsOk: true, Body: { } body })
        {
            return Nothing;
        }

        var scripts = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        if (body.TryGetProperty("scripts", out var listed) && listed.ValueKind == JsonValueKind.Array)
        {
            foreach (var script in listed.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object))
            {
                var muted = new SendApiAnswer(answer.Status, script);
                if (muted.Text("stem") is { } stem && muted.MutedUntil is { } until)
                {
                    scripts[stem] = until;
                }
            }
        }

        return new OwnerMutes { All = answer.MutedUntil, Scripts = scripts };
    }

    /// <summary>The same where no bot answers: then nothing is known to be muted.</summary>
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

    /// <summary>Until when what a script says stays off the phone; null where it does not.</summary>
    /// <param name="script">The script; null for what is no script's.</param>
    internal DateTimeOffset? Until(ScriptName? script) =>
        script is not null && Scripts.TryGetValue(script.Stem, out var until) && !(All > until) ? until : All;
}
