using Notify.Bot.Delivery;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>
/// Sends the bot's answers to chats, in the same queues and rates as notifications. They are not stored: after
/// <see cref="AnswerTimeout"/> an answer is of no use. Answers to unlinked chats go last.
/// </summary>
public sealed partial class ChatMessenger(
    BotApi api,
    DeliveryWorker delivery,
    ILinkStore links,
    TimeProvider time,
    ILogger<ChatMessenger> log
)
{
    /// <summary>How long the bot tries to send an answer.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Sends a sentence.</summary>
    internal Task SayAsync(ChatId chat, string sentence, CancellationToken cancellation) =>
        SendAsync(chat, new MessageBuilder().Plain(sentence), cancellation);

    /// <summary>Sends an answer. Returns the message's id, or null if it was not sent.</summary>
    internal async Task<MessageId?> SendAsync(
        ChatId chat,
        MessageBuilder text,
        CancellationToken cancellation,
        ApiKeyboard? keyboard = null
    )
    {
        MessageId? sent = null;
        await DoAsync(
            chat,
            new Step(async stopping =>
                sent = await api.SendMessageAsync(Message(chat, text) with { ReplyMarkup = keyboard }, stopping)
            ),
            AnswerTimeout,
            cancellation
        );
        return sent;
    }

    /// <summary>Edits a message. If it can't be edited (deleted, history cleared), sends a new message.</summary>
    internal Task ReplaceAsync(
        ChatId chat,
        MessageId message,
        MessageBuilder text,
        CancellationToken cancellation,
        TimeSpan? timeout = null,
        ApiKeyboard? keyboard = null
    ) =>
        DoAsync(
            chat,
            new Step(
                stopping =>
                    api.EditMessageTextAsync(Edit(chat, message, text) with { ReplyMarkup = keyboard }, stopping),
                IsRepeatable: true,
                IfRefused: new Step(stopping =>
                    api.SendMessageAsync(Message(chat, text) with { ReplyMarkup = keyboard }, stopping)
                )
            ),
            timeout ?? AnswerTimeout,
            cancellation
        );

    /// <summary>Edits a notification's message, text and keyboard at once. If Telegram refuses the text, it edits the keyboard alone.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="message">The message.</param>
    /// <param name="text">The new text; null to leave it.</param>
    /// <param name="keyboard">The new keyboard.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    internal Task EditAsync(
        ChatId chat,
        MessageId message,
        ShownText? text,
        ApiKeyboard keyboard,
        CancellationToken cancellation
    )
    {
        var buttons = new Step(
            stopping =>
                api.EditMessageReplyMarkupAsync(
                    new EditMessageReplyMarkupRequest(chat.Value, message.Value, keyboard),
                    stopping
                ),
            IsRepeatable: true
        );
        return DoAsync(
            chat,
            text is null
                ? buttons
                : new Step(
                    stopping =>
                        text.IsCaption
                            ? api.EditMessageCaptionAsync(
                                new EditMessageCaptionRequest(chat.Value, message.Value, text.Text)
                                {
                                    CaptionEntities = text.Entities,
                                    ReplyMarkup = keyboard,
                                },
                                stopping
                            )
                            : api.EditMessageTextAsync(
                                new EditMessageTextRequest(chat.Value, message.Value, text.Text)
                                {
                                    Entities = text.Entities,
                                    ReplyMarkup = keyboard,
                                },
                                stopping
                            ),
                    IsRepeatable: true,
                    IfRefused: buttons
                ),
            AnswerTimeout,
            cancellation
        );
    }

    internal Task SendPictureAsync(
        ChatId chat,
        MessageBuilder caption,
        Upload picture,
        CancellationToken cancellation
    ) =>
        DoAsync(
            chat,
            new Step(stopping => api.SendFileAsync(asDocument: false, Message(chat, caption), picture, stopping)),
            AnswerTimeout,
            cancellation
        );

    /// <summary>Edits at once or not at all, for a bot that ends.</summary>
    internal async Task TryReplaceNowAsync(ChatId chat, MessageId message, MessageBuilder text)
    {
        using var limit = new CancellationTokenSource(BackgroundTasks.LastWord, time);
        try
        {
            try
            {
                await api.EditMessageTextAsync(Edit(chat, message, text), limit.Token);
            }
            catch (BotApiException e) when (e.Failure is BotApiFailure.Refused)
            {
                await api.SendMessageAsync(Message(chat, text), limit.Token);
            }
        }
        catch (Exception e) when (e is BotApiException or OperationCanceledException)
        {
            LogNotSent(log, chat, e.Message);
        }
    }

    /// <summary>Acknowledges a pressed button, with a few words or none. A failure does no harm: the button's spinner ends by itself.</summary>
    internal async Task AcknowledgeAsync(string queryId, string? words, CancellationToken cancellation)
    {
        try
        {
            await api.AnswerCallbackQueryAsync(queryId, words, alert: false, cancellation);
        }
        catch (BotApiException e)
        {
            LogNotAcknowledged(log, e.Message);
        }
    }

    private static EditMessageTextRequest Edit(ChatId chat, MessageId message, MessageBuilder text) =>
        new(chat.Value, message.Value, text.ToString()) { Entities = text.Entities };

    private static SendMessageRequest Message(ChatId chat, MessageBuilder text) =>
        new(chat.Value, text.ToString()) { Entities = text.Entities };

    private Task DoAsync(ChatId chat, Step step, TimeSpan timeout, CancellationToken cancellation)
    {
        var job = new AnswerJob(chat, IsUnlinked(chat), step, timeout, time, log);
        delivery.Add(job);
        return job.Ended.WaitAsync(cancellation);
    }

    private bool IsUnlinked(ChatId chat)
    {
        try
        {
            return links.Find(chat) is null;
        }
        catch (StateUnreadableException)
        {
            return false;
        }
    }

    /// <summary>A call of the Bot API that sends an answer.</summary>
    /// <param name="Call">The call.</param>
    /// <param name="IsRepeatable">Whether a repeat is harmless: true for an edit, false for a new message.</param>
    /// <param name="IfRefused">The next call if Telegram refuses this one.</param>
    private sealed record Step(Func<CancellationToken, Task> Call, bool IsRepeatable = false, Step? IfRefused = null);

    private sealed class AnswerJob(
        ChatId chat,
        bool isUnlinked,
        Step step,
        TimeSpan timeout,
        TimeProvider time,
        ILogger log
    ) : DeliveryJob
    {
        private Step _step = step;
        private readonly long _begun = time.GetTimestamp();
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public override object QueueKey => chat;

        public override bool CanStandBack => isUnlinked;

        public override TimeSpan Left => timeout - time.GetElapsedTime(_begun);

        public override ChatId? Chat() => chat;

        public override async Task<AttemptResult> TryAsync(ChatId? to, CancellationToken stopping)
        {
            if (Left <= TimeSpan.Zero)
            {
                End("it was tried for too long");
                return new AttemptResult.Ended();
            }

            try
            {
                await _step.Call(stopping);
                _ended.TrySetResult();
                return new AttemptResult.Answered();
            }
            catch (BotApiException e)
            {
                if (e.Failure is BotApiFailure.RateLimited { RetryAfter: var pause })
                {
                    if (pause >= Left)
                    {
                        End(e.Message);
                    }

                    return new AttemptResult.ChatHeld(pause, GivesUp: Ended.IsCompleted);
                }

                if (e.Failure is BotApiFailure.Refused && _step.IfRefused is { } other)
                {
                    _step = other;
                    return new AttemptResult.More();
                }

                if (e.Failure is BotApiFailure.Unreachable or BotApiFailure.TokenRefused)
                {
                    // A repeated answer is worse than none: the person can ask again.
                    var mayHaveArrived = e.Failure is BotApiFailure.Unreachable { OutcomeUnknown: true };
                    if (mayHaveArrived && !_step.IsRepeatable)
                    {
                        End(e.Message);
                    }

                    return new AttemptResult.Outage(e.Failure, GivesUp: Ended.IsCompleted);
                }

                End(e.Message);
                return new AttemptResult.Answered();
            }
        }

        private void End(string reason)
        {
            LogNotSent(log, chat, reason);
            _ended.TrySetResult();
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "An answer to chat {Chat} could not be sent: {Reason}")]
    private static partial void LogNotSent(ILogger log, ChatId chat, string reason);

    [LoggerMessage(1102, LogLevel.Debug, "A pressed button could not be acknowledged: {Reason}")]
    private static partial void LogNotAcknowledged(ILogger log, string reason);
}
