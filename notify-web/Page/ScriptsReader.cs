using Notify.Contracts;
using Notify.Runs;
using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads the scripts of a user. If the bot fails, the card shows the problem and what to do.</summary>
public sealed class ScriptsReader(BotClient bot, TimeProvider time)
{
    /// <summary>The card with all scripts.</summary>
    internal Task<ScriptsCard> ReadAsync(UserName user, CancellationToken cancellation) =>
        ReadAsync(user, new ScriptsFilter(), hasRuns: false, cancellation);

    /// <summary>The card of a page of the list, with the last runs of its scripts.</summary>
    internal Task<ScriptsCard> ReadAsync(UserName user, ScriptsFilter filter, CancellationToken cancellation) =>
        ReadAsync(user, filter, hasRuns: true, cancellation);

    private async Task<ScriptsCard> ReadAsync(
        UserName user,
        ScriptsFilter filter,
        bool hasRuns,
        CancellationToken cancellation
    )
    {
        var card = new ScriptsCard { Now = time.GetUtcNow(), Filter = filter };
        try
        {
            var listing = await bot.ScriptsAsync(user, hasRuns, cancellation);
            return card with
            {
                AllMutedUntil = listing.MutedUntil,
                Scripts =
                [
                    .. listing
                        .Scripts.OrderBy(script => !ScriptOutcomes.IsFailing(script.LastOutcome))
                        .Select(script => View(script, listing)),
                ],
            };
        }
        catch (BotUnreachableException e)
        {
            return card with
            {
                Problem = new Problem(
                    e.Message,
                    "Cron still runs your scripts. This list comes back when the bot answers."
                ),
            };
        }
        catch (BotRefusedException e)
        {
            return card with { Problem = new Problem("Your scripts can’t be listed.", e.Message) };
        }
    }

    /// <summary>A script of a listing as the page shows it.</summary>
    internal static ScriptView View(ScriptAnswer script, ScriptsAnswer listing) =>
        new()
        {
            Name = script.Name,
            Stem = script.Stem,
            LastRun = script.LastRun,
            LastRound = script.LastRound,
            NoRun = script.NoRun,
            Warnings = script.Warnings ?? [],
            LastSent = script.LastSent,
            CooldownEnds = script.CooldownEnds,
            LastOutcome = script.LastOutcome,
            Error = script.Error,
            Running = script.Running,
            TookMs = script.TookMs,
            Schedule = script.Schedule,
            Next = script.Next,
            NextAt = script.NextAt,
            Strip = script.LastRuns is { } runs ? new RunStripView(RunStrip.Outcomes(runs)) : null,
            Settings = script.Settings,
            // The bot says the later of the script's own and of all; of the latter the card says so once.
            MutedUntil = script.MutedUntil == listing.MutedUntil ? null : script.MutedUntil,
        };
}
