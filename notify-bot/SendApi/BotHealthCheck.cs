using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Hosting;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>Finds out how the bot is: for <c>/health</c>, and for the heartbeat.</summary>
internal sealed class BotHealthCheck(
    ILinkStore links,
    PendingNotifications pendings,
    IOutbox outbox,
    TelegramStatus telegram
)
{
    internal async Task<BotHealth> CheckAsync(CancellationToken cancellation)
    {
        var trouble = await outbox.CheckAsync(cancellation);
        var now = telegram.Now;
        var unreadable = links.Unreadable();
        var queue = pendings.Queue;
        return new BotHealth(
            trouble is not null ? HealthState.Down
                : now.State == TelegramState.Ok && unreadable.Count == 0 && outbox.LogTrouble is null ? HealthState.Ok
                : HealthState.Degraded,
            ProductVersion.Text,
            telegram.BotUsername,
            new TelegramHealth(now.State, now.LastGoodPoll, now.Trouble),
            new QueueHealth(queue.Length, Math.Round(queue.Oldest.TotalSeconds, 1)),
            (trouble?.Reason ?? outbox.LogTrouble) is { } reason
                ? new OutboxHealth(trouble?.State ?? OutboxState.LogTooLarge, reason, outbox.LogBytes)
                : null,
            [.. unreadable.Select(file => new UnreadableEntry(file.File, file.Position, file.Problem, file.Entry))]
        );
    }
}
