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
