using System.Collections.Concurrent;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>Shows stored notifications whole in a chat, with charts and files, because somebody asked for them. Nothing is stored: after a restart they ask again.</summary>
public sealed partial class NotificationShow(
    DeliveryWorker worker,
    TelegramSender sender,
    IOutbox outbox,
    ILinkStore links,
    LargeTexts largeTexts,
    TimeProvider time,
    ILogger<NotificationShow> log
)
{
    /// <summary>Chats to which many are on their way.</summary>
    private readonly ConcurrentDictionary<ChatId, bool> _busy = [];

    /// <summary>Shows one, as fast as an answer.</summary>
    internal void One(Link link, string id) => worker.Add(new ShowJob(this, link, [id], isMany: false, time));

    /// <summary>Shows many, the oldest first, behind everything else.</summary>
    /// <returns>False if many are on their way to this chat already.</returns>
    internal bool TryMany(Link link, IReadOnlyList<string> ids)
    {
        if (!_busy.TryAdd(link.Chat, true))
        {
            return false;
        }

        worker.Add(new ShowJob(this, link, ids, isMany: true, time));
        return true;
    }

    /// <summary>The chat, while it is still this user's.</summary>
    internal ChatId? ChatOf(Link link) =>
        links.Find(link.User) is { Dead: null } now && now.Chat == link.Chat && now.Account == link.Account
            ? now.Chat
            : null;

    /// <summary>The messages of a notification; null if the user has it no longer.</summary>
    internal async Task<RenderedNotification?> RenderAsync(Link link, string id, CancellationToken stopping)
    {
        if (outbox.Find(id) is not { Accepted: var accepted } || accepted.User != link.User)
        {
            return null;
        }

        using var turn = await largeTexts.ReadAsync(
            accepted.User,
            accepted.Message.Length + (accepted.Title?.Length ?? 0L) + (accepted.Table?.Length ?? 0L),
            stopping
        );
        return NotificationRenderer.TryRender(accepted.Content, out var messages)
            ? new RenderedNotification(messages, accepted)
            : null;
    }

    /// <summary>Sends the next message of a notification.</summary>
    /// <inheritdoc cref="TelegramSender.SendAsync"/>
    internal async Task<SentParts> SendAsync(
        RenderedNotification rendered,
        DeliveryProgress progress,
        bool singly,
        ChatId chat,
        CancellationToken stopping
    )
    {
        var accepted = rendered.Accepted;
        var pending = new PendingNotification
        {
            Id = accepted.Id,
            User = accepted.User,
            CreatedAt = accepted.CreatedAt,
            Size = 0,
        };
        return await sender.SendAsync(pending, rendered, progress, singly, chat, stopping);
    }

    /// <summary>Telegram refuses it.</summary>
    internal void NotShown(RenderedNotification rendered, BotApiFailure failure) =>
        LogNotShown(log, rendered.Accepted.Id, rendered.Accepted.User, failure.Description);

    /// <summary>Many have been shown in this chat, or never will be.</summary>
    internal void EndMany(Link link) => _busy.TryRemove(link.Chat, out _);

    [LoggerMessage(1510, LogLevel.Warning, "Notification {Id} can't be shown again to {User}: {Reason}")]
    private static partial void LogNotShown(ILogger log, string id, UserName user, string reason);
}
