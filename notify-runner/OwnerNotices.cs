using Notify.Contracts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>The result of a notice to an owner.</summary>
/// <param name="IsTold">Whether the bot took it.</param>
/// <param name="Sentence">The same in words, for the log.</param>
/// <param name="IsBotUnreachable">Whether the bot was unreachable.</param>
internal sealed record Told(bool IsTold, string Sentence, bool IsBotUnreachable = false);

/// <summary>
/// Sends notices about scripts to their owner's phone. During a mute nothing is sent and nothing counts as told:
/// the first round after the mute sends it. Thread-safe.
/// </summary>
/// <param name="bot">The bot.</param>
/// <param name="time">The clock.</param>
internal sealed class OwnerNotices(SendApiClient bot, TimeProvider time)
{
    /// <summary>Asked at most once a round, and only for a notice.</summary>
    private readonly Lazy<OwnerMutes> _mutes = new(() => OwnerMutes.AskIfReachable(bot, CancellationToken.None));

    /// <summary>Sends a notice.</summary>
    /// <param name="script">Its script; null for all.</param>
    /// <param name="html">The text.</param>
    /// <param name="what">The news as a clause such as <c>that it works again</c>; null if the log has it.</param>
    /// <param name="buttons">Whether the message has the script's buttons.</param>
    /// <param name="key">A key that makes a repeat harmless; null for none.</param>
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
                : answer.Read(SendContract.Json.SentAnswer)?.MutedUntil is { } mutedMeanwhile
                    ? Muted(of, mutedMeanwhile)
                : new Told(true, $"its owner was told{of}");
        }
        catch (BotUnreachableException e)
        {
            return new Told(false, $"its owner could not be told{of}: {e.Message}", IsBotUnreachable: true);
        }
    }

    private Told Muted(string of, DateTimeOffset until) =>
        new(false, $"its owner will be told{of} after the mute ({MuteWords.Until(until, time.GetUtcNow())})");
}
