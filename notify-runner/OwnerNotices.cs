using System.Text.Json;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>How the telling of an owner ended.</summary>
/// <param name="IsTold">Whether it is on its way to the owner's phone.</param>
/// <param name="Sentence">The same in words, for the log.</param>
/// <param name="IsBotUnreachable">Whether no bot answered.</param>
internal sealed record Told(bool IsTold, string Sentence, bool IsBotUnreachable = false);

/// <summary>
/// Tells the owner's phone what their scripts themselves can't. While the owner has muted it, nothing is sent and nothing counts as told:
/// the first round after the mute tells it. Thread-safe.
/// </summary>
/// <param name="bot">The bot.</param>
/// <param name="time">The clock.</param>
internal sealed class OwnerNotices(SendApiClient bot, TimeProvider time)
{
    /// <summary>Asked once for each round, and only where there is something to tell.</summary>
    private readonly Lazy<OwnerMutes> _mutes = new(() => OwnerMutes.AskIfReachable(bot, CancellationToken.None));

    /// <summary>Tells it.</summary>
    /// <param name="script">The script that it is about; null where it is about all.</param>
    /// <param name="html">The text.</param>
    /// <param name="what">What the owner is told, as the end of a sentence such as <c>that it works again</c>; null where the log has said it.</param>
    /// <param name="buttons">Whether the message has the script's buttons.</param>
    /// <param name="key">A key under which the bot takes it once; null for none.</param>
    internal Told Tell(ScriptName? script, string html, string? what, bool buttons, RepeatKey? key)
    {
        var of = what is null ? "" : " " + what;
        try
        {
            if (_mutes.Value.Until(script) is { } until)
            {
                return Muted(of, until);
            }

            var answer = bot.SendHtml(script, html, buttons, key, CancellationToken.None);
            return !answer.IsOk ? new Told(false, $"its owner could not be told{of} ({answer.Status}): {answer.Error}")
                : answer.MutedUntil is { } mutedMeanwhile ? Muted(of, mutedMeanwhile)
                : new Told(true, $"its owner was told{of}");
        }
        catch (BotUnreachableException e)
        {
            return new Told(false, $"its owner could not be told{of}: {e.Message}", IsBotUnreachable: true);
        }
    }

    private Told Muted(string of, DateTimeOffset until) =>
        new(false, $"its owner is told{of} after the mute ({MuteWords.Until(until, time.GetUtcNow())})");
}

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
