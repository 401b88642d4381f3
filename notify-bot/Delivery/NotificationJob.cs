using Notify.Bot.Commands;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.Delivery;

public sealed partial class NotificationDelivery
{
    /// <summary>What is sent of an accepted notification.</summary>
    /// <param name="Messages">In the order to send them.</param>
    /// <param name="Silent">Whether the phone stays quiet.</param>
    /// <param name="HasButtons">Whether it has buttons under it: a script says it, and did not ask for none.</param>
    /// <param name="Image">The chart.</param>
    private sealed record RenderedNotification(
        IReadOnlyList<OutgoingMessage> Messages,
        bool Silent,
        bool HasButtons,
        StoredImage? Image
    )
    {
        public RenderedNotification(AcceptedNotification accepted, IReadOnlyList<OutgoingMessage> messages)
            : this(messages, accepted.Silent, accepted.HasButtons && accepted.Script is not null, accepted.Image) { }
    }

    /// <summary>One accepted notification on its way: send the next part, record how it went.</summary>
    /// <param name="delivery">Whose it is.</param>
    /// <param name="waiting">Which one.</param>
    /// <param name="rendered">Null where it was accepted before the bot was started: it is read when its turn comes.</param>
    private sealed class NotificationJob(
        NotificationDelivery delivery,
        WaitingNotification waiting,
        RenderedNotification? rendered
    ) : DeliveryJob
    {
        /// <summary>The longest pause after failures of one notification alone, while others get through.</summary>
        private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

        /// <summary>How soon it is tried again where another program locks the outbox.</summary>
        private static readonly TimeSpan LockPause = TimeSpan.FromSeconds(3);

        /// <summary>How often it is looked whether an account is back.</summary>
        private static readonly TimeSpan AccountPause = TimeSpan.FromSeconds(5);

        // How old it is goes by the steady clock: the machine's may be set forward by a day while it waits.
        private readonly long _begun = delivery._time.GetTimestamp();
        private readonly TimeSpan _ageThen =
            delivery._time.GetUtcNow() - waiting.CreatedAt is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;
        private readonly TaskCompletionSource<DeliveryProgress> _ended = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );
        private DeliveryProgress _progress = waiting.Progress;
        private AccountId? _account = waiting.Account;
        private RenderedNotification? _rendered = rendered;

        public string Id => waiting.Id;

        public UserName User => waiting.User;

        public DateTimeOffset CreatedAt => waiting.CreatedAt;

        /// <summary>What it counts while it waits.</summary>
        public long Size => waiting.Size;

        public override object QueueKey => User;

        /// <summary>How far it has come: its end if that comes within <paramref name="wait"/>, else where it stands then.</summary>
        public async Task<DeliveryProgress> WaitAsync(TimeSpan wait, CancellationToken cancellation)
        {
            if (wait > TimeSpan.Zero)
            {
                try
                {
                    return await _ended.Task.WaitAsync(wait, delivery._time, cancellation);
                }
                catch (TimeoutException)
                {
                    // It goes on without its sender.
                }
            }

            return _ended.Task.IsCompletedSuccessfully ? await _ended.Task : _progress;
        }

        public override TimeSpan Left => Lifetime - _ageThen - delivery._time.GetElapsedTime(_begun);

        public override ChatId? Chat()
        {
            // What was stored before ids were counts for the account of now, and stays that one's.
            var now = delivery._accounts.Of(User).Id;
            _account ??= now;
            return _account == now ? delivery._links.Find(User)?.Chat : null;
        }

        public override async Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping)
        {
            if (delivery._outbox.Trouble is { Kind: OutboxTroubleKind.Locked })
            {
                // How it went could not be stored: were the bot restarted before the lock's end, it would go out twice.
                return new AttemptResult.Wait(LockPause);
            }

            if (Left <= TimeSpan.Zero)
            {
                return await EndAsync(
                    DeliveryState.Failed,
                    $"not delivered within 24 hours{(_progress.Reason is { } last ? $"; last: {last}" : "")}",
                    "expired"
                );
            }

            if (chat is not { } to)
            {
                return await WithoutChatAsync();
            }

            if (delivery._links.Find(User)?.Dead is { } dead)
            {
                // Each call to a chat that takes nothing would only be refused again, and Telegram counts them.
                return await EndAsync(
                    DeliveryState.Failed,
                    dead.Reason,
                    "dead link",
                    attempts: _progress.Attempts,
                    isChatUnreachable: true
                );
            }

            if (_rendered is null)
            {
                if (delivery._outbox.Read(waiting.Sequence) is not { Accepted: var accepted })
                {
                    return await EndAsync(DeliveryState.Failed, "no longer in the outbox", "forgotten");
                }

                IReadOnlyList<OutgoingMessage>? messages;
                bool isShown;
                using (
                    await delivery._largeTexts.ReadAsync(
                        User,
                        accepted.Message.Length + (accepted.Title?.Length ?? 0L),
                        stopping
                    )
                )
                {
                    isShown = TryRender(
                        accepted.Title,
                        accepted.Message,
                        accepted.ParseMode,
                        accepted.Image?.Info,
                        out messages
                    );
                }

                if (!isShown)
                {
                    return await EndAsync(DeliveryState.Failed, "nothing to show", "nothing to show");
                }

                _rendered = new RenderedNotification(accepted, messages!);
            }

            var count = _rendered.Messages.Count;
            var failure = await SendAsync(
                _rendered,
                _rendered.Messages[Math.Min(_progress.PartsDone, count - 1)],
                to,
                stopping
            );
            if (failure is not null)
            {
                return await FailedAsync(failure, to);
            }

            var done = _progress.PartsDone + 1;
            if (done >= count)
            {
                return await EndAsync(DeliveryState.Delivered, null, "");
            }

            await RecordAsync(new DeliveryProgress(DeliveryState.Queued) { PartsDone = done });
            return new AttemptResult.More();
        }

        /// <summary>
        /// There is no chat to send to. An account that is gone or has left the group may be back soon, when a directory or an operator had a bad moment: so this waits, and
        /// ends with its time. Nothing of it goes to another account of the same name.
        /// </summary>
        private async Task<AttemptResult> WithoutChatAsync()
        {
            var now = delivery._accounts.Of(User);
            var reason =
                now.Id == _account
                    ? now.IsOutside && delivery._links.Stored(User) is not null
                        ? $"{User} is not in the group {delivery._settings.AnalystGroup}"
                        : null
                    : now.Id == AccountId.None
                        ? $"the account {User} does not exist"
                        : null;
            if (reason is null)
            {
                return await EndAsync(
                    DeliveryState.Failed,
                    now.Id == _account
                        ? "the user has no linked chat any more"
                        : $"it was for an earlier account {User} ({_account}); the name has {now.Id} now",
                    "no link"
                );
            }

            if (_progress.Reason != reason)
            {
                await RecordAsync(_progress with { Reason = reason, NextTryAt = null, WaitsSince = null });
            }

            return new AttemptResult.Wait(AccountPause);
        }

        /// <summary>Sends one message, mending what can be mended at once: formatting that is refused, a picture that is not taken or no longer there.</summary>
        /// <returns>Null when Telegram has taken it.</returns>
        private async Task<BotApiFailure?> SendAsync(
            RenderedNotification rendered,
            OutgoingMessage message,
            ChatId chat,
            CancellationToken stopping
        )
        {
            string? chartRefused = null;
            while (true)
            {
                try
                {
                    await using var picture =
                        message.Kind == MessageKind.Text ? null : delivery._images.Open(rendered.Image!);
                    if (picture is null && message.Kind != MessageKind.Text)
                    {
                        message = WithoutChart(message, "The chart is no longer on the server.");
                    }

                    var began = delivery._time.GetTimestamp();
                    await CallAsync(rendered, message, picture, chat, stopping);
                    delivery._metrics.Sent(delivery._time.GetElapsedTime(began));
                    if (chartRefused is not null)
                    {
                        LogWithoutChart(delivery._log, Id, User, chartRefused);
                    }

                    return null;
                }
                catch (BotApiException e)
                    when (e.Failure is BotApiFailure.Refused refused && Mended(message, refused) is { } mended)
                {
                    chartRefused =
                        mended.Kind == MessageKind.Text && message.Kind != MessageKind.Text
                            ? refused.Description
                            : chartRefused;
                    message = mended;
                }
                catch (BotApiException e)
                {
                    return e.Failure;
                }
            }
        }

        /// <summary>What to try instead of a message that was refused; null where there is nothing left to try.</summary>
        /// <remarks>
        /// The words for a refusal are many and change, so it goes by what may help: a text that is refused for any reason but the chat is tried plainer, a photo as a document, and a
        /// document as its words alone. What was about something else costs a call or two more, and is refused again.
        /// </remarks>
        private static OutgoingMessage? Mended(OutgoingMessage message, BotApiFailure.Refused refused) =>
            refused switch
            {
                BotApiFailure.ChatRefused => null,
                BotApiFailure.FormattingRefused when Plainer(message) is { } plainer => plainer,
                _ => message.Kind switch
                {
                    MessageKind.Photo => message with { Kind = MessageKind.Document },
                    MessageKind.Document => WithoutChart(
                        message,
                        $"The chart could not be sent: {refused.Description}"
                    ),
                    _ => Plainer(message),
                },
            };

        /// <summary>The words of a picture, and a line that says why it is missing.</summary>
        private static OutgoingMessage WithoutChart(OutgoingMessage message, string why)
        {
            var line = $"({why})";
            var text = message.Text;
            return new OutgoingMessage(
                MessageKind.Text,
                new FormattedText(text.Text.Length > 0 ? $"{text.Text}\n{line}" : line, text.Entities),
                message.Markup is { } markup
                    ? markup with
                    {
                        Text =
                            $"{markup.Text}\n{(markup.ParseMode == ParseMode.Html ? MarkupEscape.Html(line) : MarkupEscape.MarkdownV2(line))}",
                    }
                    : null
            );
        }

        /// <summary>The same words with less formatting: the bot's own reading in place of their author's markup, then none. Null where they are plain.</summary>
        private static OutgoingMessage? Plainer(OutgoingMessage message)
        {
            if (message.Markup is not null)
            {
                return message with { Markup = null };
            }

            return message.Text.Entities.Count > 0
                ? message with
                {
                    Text = FormattedText.Plain(message.Text.Text),
                }
                : null;
        }

        private async Task CallAsync(
            RenderedNotification rendered,
            OutgoingMessage message,
            FileStream? picture,
            ChatId chat,
            CancellationToken stopping
        )
        {
            var markup = message.Markup;
            var request = new SendMessageRequest(chat.Value, markup?.Text ?? message.Text.Text)
            {
                ParseMode = markup?.ParseMode.BotApiName(),
                Entities =
                    markup is null && message.Text.Entities.Count > 0
                        ?
                        [
                            .. message.Text.Entities.Select(e => new ApiEntity(
                                e.Kind.BotApiName(),
                                e.Offset,
                                e.Length,
                                e.Url,
                                e.Language
                            )),
                        ]
                        : null,
                DisableNotification = rendered.Silent ? true : null,
                ReplyMarkup =
                    _progress.PartsDone + 1 >= rendered.Messages.Count
                    && rendered.HasButtons
                    && delivery._settings.MessageButtons
                    && chat.IsPrivate
                        ? NotificationButtons.Of(Id)
                        : null,
            };
            if (picture is null)
            {
                await delivery._api.SendMessageAsync(request, stopping);
                return;
            }

            var info = rendered.Image!.Info;
            await delivery._api.SendPictureAsync(
                message.Kind == MessageKind.Document,
                request,
                new Upload(picture, $"chart{info.Extension}", info.MediaType),
                stopping
            );
        }

        /// <summary>What is done about a failure; the sorting is <see cref="BotApiFailure"/>'s.</summary>
        private async Task<AttemptResult> FailedAsync(BotApiFailure failure, ChatId chat)
        {
            // A doubt stays until the message is through: a second copy may only be made once.
            var tried = _progress with
            {
                Attempts = _progress.Attempts + 1,
                Reason = failure.Description,
                NextTryAt = null,
                WaitsSince = null,
            };
            switch (failure)
            {
                case BotApiFailure.Migrated moved when moved.NewChat != chat:
                    LogChatMoved(delivery._log, chat, moved.NewChat);
                    await OnLinkAsync(store => store.MoveChatAsync(chat, moved.NewChat, CancellationToken.None));
                    await RecordAsync(tried);

                    // At once where the move is stored; where it is not, the disk is full and needs a moment.
                    return delivery._links.Find(User)?.Chat == chat
                        ? new AttemptResult.Wait(Pause(tried.Attempts))
                        : new AttemptResult.More();
                case BotApiFailure.ChatGone gone:
                    await OnLinkAsync(store => store.MarkDeadAsync(chat, gone.Reason, CancellationToken.None));
                    return await EndAsync(
                        DeliveryState.Failed,
                        gone.Reason,
                        gone.Reason,
                        tried.Attempts,
                        isChatUnreachable: true
                    );
                case BotApiFailure.FloodWait flood:
                    delivery._metrics.FloodWait();
                    var now = delivery._time.GetUtcNow();
                    await RecordAsync(
                        tried with
                        {
                            NextTryAt = now + flood.RetryAfter,
                            WaitsSince = now,
                            Reason = "Telegram makes this chat wait",
                        }
                    );
                    return new AttemptResult.ChatHeld(flood.RetryAfter);
                case BotApiFailure.Unreachable { OutcomeUnknown: true } when _progress.OutcomeUnknown:
                    return await EndAsync(
                        DeliveryState.Unknown,
                        $"it may have arrived: {failure.Description}",
                        "unknown",
                        tried.Attempts
                    );
                case BotApiFailure.Unreachable { OutcomeUnknown: true }:
                    await RecordAsync(tried with { OutcomeUnknown = true });
                    return new AttemptResult.Outage(failure);
                case BotApiFailure.Unreachable or BotApiFailure.TokenRefused or BotApiFailure.PolledElsewhere:
                    await RecordAsync(tried);
                    return new AttemptResult.Outage(failure);
                default:
                    return await EndAsync(DeliveryState.Failed, failure.Description, "refused", tried.Attempts);
            }
        }

        private static TimeSpan Pause(int attempts) =>
            TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, TimeSpan.FromSeconds(1).Ticks << Math.Min(attempts, 10)));

        private async Task OnLinkAsync(Func<ILinkStore, Task> change)
        {
            try
            {
                await change(delivery._links);
            }
            catch (IOException e)
            {
                LogLinkNotStored(delivery._log, e.Message);
            }
        }

        private async Task<AttemptResult> EndAsync(
            DeliveryState state,
            string? reason,
            string word,
            int attempts = 0,
            bool isChatUnreachable = false
        )
        {
            await RecordAsync(
                new DeliveryProgress(state)
                {
                    Reason = reason,
                    PartsDone = _progress.PartsDone,
                    Attempts = attempts,
                    IsChatUnreachable = isChatUnreachable,
                }
            );
            if (state == DeliveryState.Delivered)
            {
                delivery._metrics.Delivered();
            }
            else
            {
                delivery._metrics.Failed(word);
                LogNotDelivered(delivery._log, Id, User, reason ?? "");
            }

            delivery._jobs.TryRemove(Id, out _);
            delivery._waiting.Leave(User, Size);
            _ended.TrySetResult(_progress);
            return new AttemptResult.Done();
        }

        /// <summary>Stored before anything else happens: what Telegram has taken must not go out again after a restart.</summary>
        private async Task RecordAsync(DeliveryProgress next)
        {
            var before = _progress;
            _progress = next;
            await delivery._outbox.RecordAsync(waiting.Sequence, next);
            if ((before.State, before.Reason, before.NextTryAt) != (next.State, next.Reason, next.NextTryAt))
            {
                delivery._changes.NotificationChanged(User, Id, next.State);
            }
        }
    }
}
