using Notify.Bot.Desktops;
using Notify.Bot.Events;
using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Bot.Delivery;

/// <summary>
/// Reads the outbox's commits in the order of acceptance and passes them on: to watchers, to desktops, and as jobs to <see cref="DeliveryWorker"/>. Begins with
/// the notifications that waited when the bot ended.
/// </summary>
internal sealed partial class CommitReader(
    IOutbox outbox,
    PendingNotifications pendings,
    NotificationDelivery delivery,
    DeliveryWorker worker,
    DesktopDispatch desktops,
    ChangeFeed changes,
    TimeProvider time,
    ILogger<CommitReader> log
) : BackgroundService
{
    /// <inheritdoc />
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Before anybody can send: earlier notifications come first in their queues.
        Resume();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await outbox.Committed.WaitToReadAsync(stoppingToken))
            {
                PassOnAll();
            }
        }
        finally
        {
            PassOnAll();
        }
    }

    private void PassOnAll()
    {
        while (outbox.Committed.TryRead(out var stored))
        {
            PassOn(stored);
        }
    }

    private void PassOn(StoredNotification stored)
    {
        var (accepted, progress) = (stored.Accepted, stored.Progress);
        changes.NotificationChanged(accepted.User, accepted.Id, progress.State);
        if (progress.State != DeliveryState.Queued)
        {
            return;
        }

        if (!pendings.TryFind(accepted.Id, out var pending))
        {
            if (accepted.Incident is null)
            {
                return;
            }

            // Nobody posted it: an incident is shown again.
            pending = new PendingNotification
            {
                Id = accepted.Id,
                User = accepted.User,
                CreatedAt = accepted.CreatedAt,
                Size = HistoryQuota.Size(accepted),
            };
            pendings.Add(pending);
        }

        var job = new NotificationJob(delivery, pending, stored.Sequence, accepted.Account, time)
        {
            // What belongs to an incident is rendered when it is sent, with the newest content.
            Rendered = pending.Messages is { } messages ? new RenderedNotification(messages, accepted) : null,
        };
        var shown = desktops.Offer(accepted);
        pending.OfferedTo(shown);
        if (pending.HasPhone)
        {
            worker.Add(job);
        }
        else
        {
            _ = delivery.EndOnDesktopAsync(job, shown);
        }
    }

    private void Resume()
    {
        var now = time.GetUtcNow();
        var count = 0;
        foreach (var waiting in outbox.Waiting())
        {
            var pending = new PendingNotification
            {
                Id = waiting.Id,
                User = waiting.User,
                CreatedAt = waiting.CreatedAt,
                Size = waiting.Size,
                Images = waiting.Images,
                IsDigest = waiting.IsDigest,
                Progress = waiting.Progress,
            };
            pending.OfferedTo(Task.FromResult<int?>(null));
            pendings.Add(pending);
            worker.Add(
                new NotificationJob(delivery, pending, waiting.Sequence, waiting.Account, time),
                LeftOfWait(waiting.Progress, now)
            );
            count++;
        }

        if (count > 0)
        {
            LogResumed(log, count);
        }
    }

    /// <summary>The rest of a wait that Telegram asked for. After a clock that was set back it is at most the whole wait, and at most the time limit of delivery.</summary>
    private static TimeSpan? LeftOfWait(DeliveryProgress progress, DateTimeOffset now)
    {
        if (progress.NextTryAt is not { } next)
        {
            return null;
        }

        var longest =
            progress.WaitsSince is { } since && next - since < NotificationJob.Lifetime
                ? next - since
                : NotificationJob.Lifetime;
        return next - now < longest ? next - now : longest;
    }

    [LoggerMessage(
        1508,
        LogLevel.Information,
        "{Count} notifications are queued from before; their delivery continues."
    )]
    private static partial void LogResumed(ILogger log, int count);
}
