using System.Collections.Concurrent;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;
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
    internal void One(Link link, string id) =>
        worker.Add(new ShowJob(this, link, [id], ChatTimeout.One, isMany: false));

    /// <summary>Shows many, the oldest first, behind everything else.</summary>
    /// <returns>False if many are on their way to this chat already.</returns>
    internal bool TryMany(Link link, IReadOnlyList<string> ids)
    {
        if (!_busy.TryAdd(link.Chat, true))
        {
            return false;
        }

        worker.Add(new ShowJob(this, link, ids, ChatTimeout.Many, isMany: true));
        return true;
    }

    private static class ChatTimeout
    {
        internal static readonly TimeSpan One = TimeSpan.FromMinutes(5);

        /// <summary>A thousand with an album each take less.</summary>
        internal static readonly TimeSpan Many = TimeSpan.FromHours(3);
    }

    private sealed class ShowJob(
        NotificationShow of,
        Link link,
        IReadOnlyList<string> ids,
        TimeSpan timeout,
        bool isMany
    ) : DeliveryJob
    {
        private readonly long _begun = of.Time.GetTimestamp();
        private readonly Queue<string> _ids = new(ids);
        private RenderedNotification? _rendered;
        private DeliveryProgress _progress = new(DeliveryState.Queued);
        private bool _singly;

        public override object QueueKey => isMany ? ("show", link.Chat) : link.Chat;

        public override bool CanStandBack => isMany;

        public override int Cost => _rendered is null || _singly ? 1 : _rendered.CostAfter(_progress.PartsDone);

        public override TimeSpan Left => timeout - of.Time.GetElapsedTime(_begun);

        /// <summary>The chat, while it is still this user's.</summary>
        public override ChatId? Chat() =>
            of.Links.Find(link.User) is { Dead: null } now && now.Chat == link.Chat && now.Account == link.Account
                ? now.Chat
                : null;

        public override async Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping)
        {
            if (chat is not { } to || Left <= TimeSpan.Zero)
            {
                return End(new AttemptResult.Ended());
            }

            if (_rendered is null)
            {
                if (!await NextAsync(stopping))
                {
                    return End(new AttemptResult.Ended());
                }

                // An album counts more than the one message that this attempt has room for.
                if (Cost > 1)
                {
                    return new AttemptResult.Wait(TimeSpan.Zero);
                }
            }

            var rendered = _rendered!;
            var accepted = rendered.Accepted;
            var pending = new PendingNotification
            {
                Id = accepted.Id,
                User = accepted.User,
                CreatedAt = accepted.CreatedAt,
                Size = 0,
            };
            var sent = await of.Sender.SendAsync(pending, rendered, _progress, _singly, to, stopping);
            _singly = sent.GoesSingly;
            var done = _progress.PartsDone + sent.Parts;
            switch (sent.Failure)
            {
                case null:
                    break;
                case BotApiFailure.RateLimited { RetryAfter: var pause }:
                    Advance(done);
                    return pause < Left
                        ? new AttemptResult.ChatHeld(pause)
                        : End(new AttemptResult.ChatHeld(pause, GivesUp: true));
                case BotApiFailure.Unreachable { OutcomeUnknown: true }:
                    // It may have arrived. A second copy of an answer is worse than none.
                    var ends = Advance(done + 1) && _ids.Count == 0;
                    return ends
                        ? End(new AttemptResult.Outage(sent.Failure, GivesUp: true))
                        : new AttemptResult.Outage(sent.Failure);
                case BotApiFailure.Unreachable or BotApiFailure.TokenRefused or BotApiFailure.PolledElsewhere:
                    Advance(done);
                    return new AttemptResult.Outage(sent.Failure);
                case BotApiFailure.ChatGone or BotApiFailure.Migrated:
                    of.LogNotShown(accepted.Id, accepted.User, sent.Failure.Description);
                    return End(new AttemptResult.Answered());
                default:
                    of.LogNotShown(accepted.Id, accepted.User, sent.Failure.Description);
                    done = rendered.Parts;
                    break;
            }

            return Advance(done) && _ids.Count == 0 ? End(new AttemptResult.Answered()) : new AttemptResult.More();
        }

        /// <summary>Notes what has gone out.</summary>
        /// <returns>Whether the notification is shown whole.</returns>
        private bool Advance(int done)
        {
            if (done >= _rendered!.Parts)
            {
                _rendered = null;
                _singly = false;
                _progress = new DeliveryProgress(DeliveryState.Queued);
                return true;
            }

            _progress = _progress with { PartsDone = done };
            return false;
        }

        /// <summary>Reads the next notification that there still is; false if there is none.</summary>
        private async Task<bool> NextAsync(CancellationToken stopping)
        {
            while (_ids.TryDequeue(out var id))
            {
                if (of.Outbox.Find(id) is not { Accepted: var accepted } || accepted.User != link.User)
                {
                    continue;
                }

                using var turn = await of.LargeTexts.ReadAsync(
                    accepted.User,
                    accepted.Message.Length + (accepted.Title?.Length ?? 0L) + (accepted.Table?.Length ?? 0L),
                    stopping
                );
                if (NotificationRenderer.TryRender(accepted.Content, out var messages))
                {
                    _rendered = new RenderedNotification(messages, accepted);
                    return true;
                }
            }

            return false;
        }

        private AttemptResult End(AttemptResult result)
        {
            if (isMany)
            {
                of._busy.TryRemove(link.Chat, out _);
            }

            return result;
        }
    }

    private TelegramSender Sender => sender;

    private IOutbox Outbox => outbox;

    private ILinkStore Links => links;

    private LargeTexts LargeTexts => largeTexts;

    private TimeProvider Time => time;

    private void LogNotShown(string id, UserName user, string reason) => LogNotShown(log, id, user, reason);

    [LoggerMessage(1510, LogLevel.Warning, "Notification {Id} can't be shown again to {User}: {Reason}")]
    private static partial void LogNotShown(ILogger log, string id, UserName user, string reason);
}
