using Notify.Bot.Delivery;
using Notify.Bot.Events;
using Notify.Bot.Outbox;
using Notify.Bot.Rounds;
using Notify.Contracts;
using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.Operators;

/// <summary>
/// Erases all that the bot keeps of a user's name, of whatever account. Each step can be done again, so after a kill in the middle forgetting once more finishes it: charts and
/// files go before the rows that name them, and the link first, so nothing new comes.
/// </summary>
internal sealed class Forgetting(
    IOutbox outbox,
    AttachmentStore attachments,
    ILinkStore links,
    RoundStore rounds,
    DeliveryWorker worker,
    HistorySearch search,
    ChangeFeed changes,
    TimeProvider time
)
{
    /// <summary>How long a message that is being sent may take to end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Erases, and says what was erased.</summary>
    /// <exception cref="ApiException">503: a message is being sent.</exception>
    /// <exception cref="IOException">Something can't be erased now. What is left is erased when it is done again.</exception>
    internal async Task<string> RunAsync(UserName user)
    {
        // The audit has it, so a service that is down now learns of it, too.
        changes.Forgotten(user);
        var link = await links.EraseAsync(user, CancellationToken.None);
        await EndWaitingAsync(user);
        var (notifications, charts, files) = await EraseHistoryAsync(user);
        // Also where nothing was left to erase: a kill may have come in between.
        search.Restart();
        var settings = await outbox.EraseSettingsAsync(user);
        var hadRounds = await rounds.EraseAsync(user, CancellationToken.None);
        string?[] erased =
        [
            link.Link is null ? null : "the link",
            Counted(link.Codes, "pending code"),
            notifications == 0
                ? null
                : OperatorDesk.Count(notifications, "notification")
                    + Within(Counted(charts, "chart"), Counted(files, "file")),
            Counted(settings.Incidents, "incident"),
            Counted(settings.Mutes, "mute"),
            settings.QuietHours ? "the quiet hours" : null,
            hadRounds ? "the rounds" : null,
        ];
        var what = string.Join(", ", erased.OfType<string>());
        var aside = outbox.FilesSetAside();
        return (
                what.Length == 0
                    ? $"The bot kept nothing of {user}."
                    : $"The bot has forgotten {user}. It erased: {what}."
            )
            + " The dashboard ends the sessions and devices as soon as it runs."
            + $" The files in {user}'s home (~/user/notifications, ~/.notifications) belong to {user} and stay."
            + (
                aside.Count == 0
                    ? ""
                    : $" Files that were set aside after damage may still hold old notifications; look through them or delete them: {string.Join(", ", aside)}."
            );
    }

    /// <summary>Ends what waits, through the delivery's loop. Without a link nothing new waits for a phone.</summary>
    private async Task EndWaitingAsync(UserName user)
    {
        foreach (var waiting in await worker.DropAsync(user))
        {
            if ((await waiting.WaitAsync(Patience, time, CancellationToken.None)).State == DeliveryState.Queued)
            {
                throw new ApiException(
                    StatusCodes.Status503ServiceUnavailable,
                    $"A message to {user} is just being sent, so not all is erased yet. Forget {user} again in a minute.",
                    TimeSpan.FromMinutes(1)
                );
            }
        }
    }

    private async Task<(int Notifications, int Charts, int Files)> EraseHistoryAsync(UserName user)
    {
        var (notifications, charts, files) = (0, 0, 0);
        while (outbox.FindToErase(user) is { Count: > 0 } rows)
        {
            foreach (var attachment in rows.SelectMany(row => row.Attachments))
            {
                Remove(user, attachment);
                charts += attachment is StoredImage ? 1 : 0;
                files += attachment is StoredFile ? 1 : 0;
            }

            await outbox.EraseAsync([.. rows.Select(row => row.Sequence)]);
            notifications += rows.Count;
        }

        return (notifications, charts, files);
    }

    private void Remove(UserName user, StoredAttachment attachment)
    {
        try
        {
            attachments.Remove(attachment);
        }
        catch (IOException e)
        {
            throw new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                $"A chart or file can't be removed, so not all is erased yet: {e.Message.TrimEnd('.')}. Make it removable, and forget {user} again.",
                TimeSpan.FromSeconds(30)
            );
        }
    }

    private static string? Counted(int count, string noun) => count == 0 ? null : OperatorDesk.Count(count, noun);

    private static string Within(params string?[] parts)
    {
        var all = string.Join(" and ", parts.OfType<string>());
        return all.Length == 0 ? "" : $" with {all}";
    }
}
