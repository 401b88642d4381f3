using Notify.Bot.Events;
using Notify.Bot.Limits;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>Delivers an accepted notification, one message at a time: finds the chat, sends the next message, and records the result before anything else happens.</summary>
internal sealed partial class NotificationDelivery(
    IOutbox outbox,
    ILinkStore links,
    Accounts accounts,
    TelegramSender sender,
    PendingNotifications pendings,
    BotSettings settings,
    ChangeFeed changes,
    BotMetrics metrics,
    LargeTexts largeTexts,
    TimeProvider time,
    ILogger<NotificationDelivery> log
)
{
    private readonly IncidentView _incidents = new(outbox, links, time);

    /// <summary>Pause while the outbox is locked or its disk hangs.</summary>
    private static readonly TimeSpan OutboxPause = TimeSpan.FromSeconds(3);

    /// <summary>Pause between checks for a missing account.</summary>
    private static readonly TimeSpan AccountPause = TimeSpan.FromSeconds(5);

    /// <summary>The chat of a notification at this moment; null if its account has none.</summary>
    /// <exception cref="StateUnreadableException">The links can't be read now.</exception>
    internal ChatId? ChatOf(NotificationJob job)
    {
        var user = job.Pending.User;
        var now = accounts.Of(user).Id;
        job.Account ??= now;
        return job.Account == now ? links.Find(user)?.Chat : null;
    }

    /// <summary>Sends the next message of a notification. The chat is null if there is none, or if the time is over.</summary>
    internal async Task<AttemptResult> TryAsync(NotificationJob job, ChatId? chat, CancellationToken stopping)
    {
        var progress = job.Pending.Progress;
        if (outbox.Trouble is { Kind: OutboxTroubleKind.Locked or OutboxTroubleKind.NotAnswering })
        {
            // The outcome could not be stored, and a restart before that would send the message again.
            return new AttemptResult.Wait(OutboxPause);
        }

        if (job.IsDropped)
        {
            await FailAsync(job, DeliveryReason.Dropped, DeliveryProgress.DroppedText, progress.Attempts);
            return new AttemptResult.Ended();
        }

        if (job.Left <= TimeSpan.Zero)
        {
            await FailAsync(
                job,
                DeliveryReason.Expired,
                $"not delivered within 24 hours{(progress.ReasonText is { } last ? $"; last: {last}" : "")}"
            );
            return new AttemptResult.Ended();
        }

        if (chat is not { } to)
        {
            return await WithoutChatAsync(job);
        }

        if (links.Find(job.Pending.User)?.Dead is { } dead)
        {
            // Telegram would refuse each call again, and counts refused calls.
            await FailAsync(job, DeliveryReason.DeadLink, dead.Reason.Word(), progress.Attempts);
            return new AttemptResult.Ended();
        }

        var isChanging = job.Rendered is { Incident: not null } && progress.PartsDone == 0;
        if ((job.Rendered is null || isChanging) && await RenderAsync(job, stopping) is { } reason)
        {
            await FailAsync(job, reason.Reason, reason.Text);
            return new AttemptResult.Ended();
        }

        var rendered = job.Rendered!;
        var sent = await sender.SendAsync(job.Pending, rendered, progress, job.SendsPhotosSingly, to, stopping);
        job.SendsPhotosSingly = sent.GoesSingly;
        var done = progress.PartsDone + sent.Parts;
        var shown =
            sent.Shown is { } message && rendered.Incident is { } incident
                ? new ShownIncident(incident.Id, job.Pending.Id, message, incident.Version, time.GetUtcNow())
                : null;
        if (sent.Failure is { } failure)
        {
            return await FailedAsync(job, failure, to, sent.MayHaveArrived);
        }

        if (done >= rendered.Parts)
        {
            await EndAsync(job, new DeliveryProgress(DeliveryState.Delivered) { PartsDone = done - 1 }, shown);
            return new AttemptResult.Answered();
        }

        await RecordAsync(
            job,
            new DeliveryProgress(DeliveryState.Queued)
            {
                PartsDone = done,
                OutcomeUnknown = sent is { GoesSingly: true, MayHaveArrived: true },
            },
            shown
        );
        return new AttemptResult.More();
    }

    /// <summary>Ends a notification for a user without a phone, after the gateway's answer.</summary>
    internal async Task EndOnDesktopAsync(NotificationJob job, Task<int?> shown)
    {
        var end = EndAsync(job, await shown > 0 ? DeliveryProgress.OnDesktopOnly : DeliveryProgress.Unreached);
        try
        {
            // The outbox records it as soon as it can. The sender does not wait for a lock or a disk.
            await end.WaitAsync(SqliteOutbox.StoreTimeout, time);
        }
        catch (Exception e) when (e is TimeoutException or OutboxNotWritableException)
        {
            job.Pending.End();
        }
    }

    /// <summary>Renders a notification that was accepted before the bot started.</summary>
    /// <returns>Why it has no messages; null if it has.</returns>
    private async Task<(DeliveryReason Reason, string Text)?> RenderAsync(
        NotificationJob job,
        CancellationToken stopping
    )
    {
        if (outbox.Read(job.Sequence) is not { Accepted: var accepted })
        {
            return (DeliveryReason.Forgotten, "no longer in the outbox");
        }

        var content = _incidents.ContentOf(accepted);
        using var turn = await largeTexts.ReadAsync(
            accepted.User,
            accepted.Message.Length + (accepted.Title?.Length ?? 0L) + (accepted.Table?.Length ?? 0L),
            stopping
        );
        job.Rendered = content is null ? Plain(accepted) : _incidents.Render(content);
        return job.Rendered is null ? (DeliveryReason.NothingToShow, "nothing to show") : null;
    }

    private static RenderedNotification? Plain(AcceptedNotification accepted) =>
        NotificationRenderer.TryRender(accepted.Content, out var messages)
            ? new RenderedNotification(messages, accepted)
            : null;

    /// <summary>
    /// Handles a missing chat. A missing account, or one outside the group, may come back soon, for example after a fault of a directory. So the notification waits until its
    /// time is over. It never goes to another account of the same name.
    /// </summary>
    private async Task<AttemptResult> WithoutChatAsync(NotificationJob job)
    {
        var user = job.Pending.User;
        var now = accounts.Of(user);
        (DeliveryReason Reason, string Text)? wait = (now.Id == job.Account, now.Id == AccountId.None) switch
        {
            (true, _) when now.IsOutside && links.Stored(user) is not null => (
                DeliveryReason.GroupLeft,
                $"{user} is not in the group {settings.AnalystGroup}"
            ),
            (false, true) => (DeliveryReason.AccountGone, $"the account {user} does not exist"),
            _ => null,
        };
        if (wait is not var (reason, text))
        {
            await FailAsync(
                job,
                DeliveryReason.NoLink,
                now.Id == job.Account
                    ? "the user has no linked chat any more"
                    : $"it was for an earlier account {user} ({job.Account}); the name has {now.Id} now"
            );
            return new AttemptResult.Ended();
        }

        var progress = job.Pending.Progress;
        if (progress.ReasonText != text)
        {
            await RecordAsync(
                job,
                progress with
                {
                    Reason = reason,
                    ReasonText = text,
                    NextTryAt = null,
                    WaitsSince = null,
                }
            );
        }

        return new AttemptResult.Wait(AccountPause);
    }

    /// <summary>Acts on a failure. <see cref="BotApiFailure"/> sorts them.</summary>
    /// <param name="job">The notification.</param>
    /// <param name="failure">What failed.</param>
    /// <param name="chat">The chat.</param>
    /// <param name="mayHaveArrived">Whether photos of a broken album may have arrived.</param>
    private async Task<AttemptResult> FailedAsync(
        NotificationJob job,
        BotApiFailure failure,
        ChatId chat,
        bool mayHaveArrived
    )
    {
        // An unknown outcome stays until Telegram answers this message, because it may be sent only once more.
        var before = job.Pending.Progress;
        before = before with { OutcomeUnknown = before.OutcomeUnknown || mayHaveArrived };
        var tried = before with
        {
            Attempts = before.Attempts + 1,
            Reason = DeliveryReason.TelegramUnreachable,
            ReasonText = failure.Description,
            NextTryAt = null,
            WaitsSince = null,
        };
        switch (failure)
        {
            case BotApiFailure.Migrated moved when moved.NewChat != chat:
                LogChatMoved(log, chat, moved.NewChat);
                await OnLinkAsync(store => store.MoveChatAsync(chat, moved.NewChat, CancellationToken.None));
                await RecordAsync(job, tried with { Reason = DeliveryReason.ChatMoved });

                // If the move is stored, the next attempt follows at once. Otherwise the disk is probably full.
                return links.Find(job.Pending.User)?.Chat == chat
                    ? new AttemptResult.Wait(job.Backoff.Next())
                    : new AttemptResult.More();
            case BotApiFailure.ChatGone gone:
                await OnLinkAsync(store => store.MarkDeadAsync(chat, gone.Reason, CancellationToken.None));
                await FailAsync(job, gone.Reason.ForDelivery(), gone.Reason.Word(), tried.Attempts);
                return new AttemptResult.Answered();
            case BotApiFailure.RateLimited limited:
                metrics.FloodWait();
                var now = time.GetUtcNow();
                await RecordAsync(
                    job,
                    tried with
                    {
                        Reason = DeliveryReason.RateLimited,
                        ReasonText = "Telegram makes this chat wait",
                        NextTryAt = now + limited.RetryAfter,
                        WaitsSince = now,
                    }
                );
                return new AttemptResult.ChatHeld(limited.RetryAfter);
            case BotApiFailure.Unreachable { OutcomeUnknown: true } when before.OutcomeUnknown:
                await EndAsync(
                    job,
                    new DeliveryProgress(DeliveryState.Unknown)
                    {
                        Reason = DeliveryReason.OutcomeUnknown,
                        ReasonText = $"it may have arrived: {failure.Description}",
                        PartsDone = before.PartsDone,
                        Attempts = tried.Attempts,
                    }
                );
                return new AttemptResult.Outage(failure, GivesUp: true);
            case BotApiFailure.Unreachable unreachable:
                await RecordAsync(
                    job,
                    tried with
                    {
                        OutcomeUnknown = tried.OutcomeUnknown || unreachable.OutcomeUnknown,
                    }
                );
                return new AttemptResult.Outage(failure);
            case BotApiFailure.TokenRefused:
                await RecordAsync(job, tried with { Reason = DeliveryReason.TokenRefused });
                return new AttemptResult.Outage(failure);
            case BotApiFailure.PolledElsewhere:
                await RecordAsync(job, tried with { Reason = DeliveryReason.PolledElsewhere });
                return new AttemptResult.Outage(failure);
            default:
                await FailAsync(job, DeliveryReason.Refused, failure.Description, tried.Attempts);
                return new AttemptResult.Answered();
        }
    }

    private async Task OnLinkAsync(Func<ILinkStore, Task> change)
    {
        try
        {
            await change(links);
        }
        catch (IOException e)
        {
            LogLinkNotStored(log, e.Message);
        }
    }

    private Task FailAsync(NotificationJob job, DeliveryReason reason, string text, int attempts = 0) =>
        EndAsync(
            job,
            new DeliveryProgress(DeliveryState.Failed)
            {
                Reason = reason,
                ReasonText = text,
                PartsDone = job.Pending.Progress.PartsDone,
                Attempts = attempts,
            }
        );

    private async Task EndAsync(NotificationJob job, DeliveryProgress end, ShownIncident? shown = null)
    {
        var pending = job.Pending;
        await RecordAsync(job, end, shown);
        if (end.State == DeliveryState.Delivered && !end.IsOnDesktopOnly)
        {
            metrics.Delivered();
        }
        else if (end.State != DeliveryState.Delivered)
        {
            metrics.Failed(end.Reason!.Value.Word());
            LogNotDelivered(log, pending.Id, pending.User, end.ReasonText!);
        }

        pendings.Remove(pending);
        pending.End();
    }

    /// <summary>Stores progress before anything else happens: a delivered message must not go out again after a restart.</summary>
    private async Task RecordAsync(NotificationJob job, DeliveryProgress next, ShownIncident? shown = null)
    {
        var pending = job.Pending;
        var before = pending.Progress;
        pending.Progress = next;
        await outbox.RecordAsync(job.Sequence, next, shown);
        if ((before.State, before.ReasonText, before.NextTryAt) != (next.State, next.ReasonText, next.NextTryAt))
        {
            changes.NotificationChanged(pending.User, pending.Id, next.State);
        }
    }

    [LoggerMessage(1501, LogLevel.Warning, "Notification {Id} for {User} failed: {Reason}")]
    private static partial void LogNotDelivered(ILogger log, string id, UserName user, string reason);

    [LoggerMessage(1502, LogLevel.Information, "Chat {Previous} has become {Current}.")]
    private static partial void LogChatMoved(ILogger log, ChatId previous, ChatId current);

    [LoggerMessage(1503, LogLevel.Error, "The bot can't store in a link what Telegram said about its chat: {Reason}")]
    private static partial void LogLinkNotStored(ILogger log, string reason);
}
