using Notify.Runs;
using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads one script of a user with its runs and notifications. If the bot fails, the card shows the problem and what to do.</summary>
public sealed class ScriptReader(BotClient bot, TimeProvider time)
{
    /// <summary>The card.</summary>
    /// <param name="user">Whose script.</param>
    /// <param name="name">Which.</param>
    /// <param name="before">Only runs that began before this moment; null for the newest.</param>
    /// <param name="zone">The reader's.</param>
    /// <param name="cancellation">Ends the reading.</param>
    internal async Task<ScriptCard> ReadAsync(
        UserName user,
        ScriptName name,
        DateTimeOffset? before,
        ReaderZone zone,
        CancellationToken cancellation
    )
    {
        var card = new ScriptCard
        {
            Name = name,
            Before = before,
            Now = time.GetUtcNow(),
            Zone = zone,
        };
        // One more than is shown says whether there are more.
        var runs = bot.RunsAsync(user, name, ScriptCard.PageSize + 1, before, cancellation);
        var sent = SentAsync(user, name, cancellation);
        try
        {
            var listing = await bot.ScriptsAsync(user, cancellation);
            card = card with
            {
                AllMutedUntil = listing.MutedUntil,
                Script = listing.Scripts.FirstOrDefault(script => script.Name == name.Value) is { } script
                    ? ScriptsReader.View(script, listing)
                    : null,
            };
        }
        catch (BotUnreachableException e)
        {
            card = card with
            {
                Problem = new Problem(
                    e.Message,
                    "Cron still runs your scripts. This page comes back when the bot answers."
                ),
            };
        }
        catch (BotRefusedException e)
        {
            card = card with { Problem = new Problem("Your scripts can’t be listed.", e.Message) };
        }

        return WithRuns(card, await RunsAsync(runs)) with
        {
            Notifications = await sent,
        };
    }

    private static ScriptCard WithRuns(ScriptCard card, (IReadOnlyList<RunRecord> Runs, Problem? Problem) read) =>
        card with
        {
            Runs = [.. read.Runs.Take(ScriptCard.PageSize).Select(run => new RunView(run))],
            Older = read.Runs.Count > ScriptCard.PageSize ? read.Runs[ScriptCard.PageSize - 1].Started : null,
            RunsProblem = read.Problem,
        };

    private static async Task<(IReadOnlyList<RunRecord> Runs, Problem? Problem)> RunsAsync(
        Task<IReadOnlyList<RunRecord>> runs
    )
    {
        try
        {
            return (await runs, null);
        }
        catch (BotUnreachableException e)
        {
            return ([], new Problem(e.Message, "The runs come back when the bot answers."));
        }
        catch (BotRefusedException e)
        {
            return ([], new Problem("Its runs can’t be read.", e.Message));
        }
    }

    /// <summary>Its latest notifications; none if they can't be read, which the page of notifications says.</summary>
    private async Task<IReadOnlyList<NotificationView>> SentAsync(
        UserName user,
        ScriptName name,
        CancellationToken cancellation
    )
    {
        try
        {
            var found = await bot.NotificationsAsync(
                user,
                new HistoryQuery { Limit = 4 * ScriptCard.MaxNotifications, Script = name.Stem },
                cancellation
            );
            // A bot of an earlier version gives those of all scripts.
            return
            [
                .. found
                    .Where(notification => notification.Script == name.Value || notification.Script == name.Stem)
                    .Take(ScriptCard.MaxNotifications)
                    .Select(NotificationsReader.View),
            ];
        }
        catch (Exception e) when (e is BotUnreachableException or BotRefusedException)
        {
            return [];
        }
    }
}
