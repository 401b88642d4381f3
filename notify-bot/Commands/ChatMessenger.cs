using Notify.Bot.Delivery;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>
/// Sends the bot's own answers to chats, in the same queues and rates as notifications. They are not stored: one that can't be
/// given within <see cref="Patience"/> would come too late to be of use. Answers to strangers stand back behind everything else.
/// </summary>
public sealed partial class ChatMessenger(
    BotApi api,
    NotificationDelivery delivery,
    ILinkStore links,
    TimeProvider time,
    ILogger<ChatMessenger> log
)
{
    /// <summary>How long an answer is tried for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Sends a sentence.</summary>
    internal Task SayAsync(ChatId chat, string sentence, CancellationToken cancellation) =>
        SendAsync(chat, new MessageBuilder().Plain(sentence), cancellation);

    /// <summary>Sends an answer; gives the message's id, or null where it was not sent.</summary>
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
            Patience,
            cancellation
        );
        return sent;
    }

    /// <summary>Gives a message a new text. Where it can't be edited (deleted, history cleared), the text goes out as a new message.</summary>
    internal Task ReplaceAsync(
        ChatId chat,
        MessageId message,
        MessageBuilder text,
        CancellationToken cancellation,
        TimeSpan? patience = null
    ) =>
        DoAsync(
            chat,
            new Step(
                stopping => api.EditMessageTextAsync(Edit(chat, message, text), stopping),
                IsRepeatable: true,
                IfRefused: new Step(stopping => api.SendMessageAsync(Message(chat, text), stopping))
            ),
            patience ?? Patience,
            cancellation
        );

    internal Task SendPictureAsync(
        ChatId chat,
        MessageBuilder caption,
        Upload picture,
        CancellationToken cancellation
    ) =>
        DoAsync(
            chat,
            new Step(stopping => api.SendPictureAsync(asDocument: false, Message(chat, caption), picture, stopping)),
            Patience,
            cancellation
        );

    /// <summary>Replaces at once or not at all: the last word of a bot that ends.</summary>
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

    /// <summary>Ends the waiting sign on a pressed button, with a few words or none. It is a courtesy: if it fails, the sign goes away by itself.</summary>
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

    private Task DoAsync(ChatId chat, Step step, TimeSpan patience, CancellationToken cancellation)
    {
        var job = new AnswerJob(chat, IsStranger(chat), step, patience, time, log);
        delivery.Answer(job);
        return job.Ended.WaitAsync(cancellation);
    }

    private bool IsStranger(ChatId chat)
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

    /// <summary>A call to the Bot API that gives an answer.</summary>
    /// <param name="Call">The call.</param>
    /// <param name="IsRepeatable">Whether a second call does no harm where the first may have gone through: true of an edit, not of a new message.</param>
    /// <param name="IfRefused">What is done in the chat's next turn where Telegram refuses the call.</param>
    private sealed record Step(Func<CancellationToken, Task> Call, bool IsRepeatable = false, Step? IfRefused = null);

    private sealed class AnswerJob(
        ChatId chat,
        bool isStranger,
        Step step,
        TimeSpan patience,
        TimeProvider time,
        ILogger log
    ) : DeliveryJob
    {
        private Step _step = step;
        private readonly long _begun = time.GetTimestamp();
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public override object QueueKey => chat;

        public override bool CanStandBack => isStranger;

        public override TimeSpan Left => patience - time.GetElapsedTime(_begun);

        public override ChatId? Chat() => chat;

        public override async Task<AttemptResult> TryAsync(ChatId? to, CancellationToken stopping)
        {
            if (Left <= TimeSpan.Zero)
            {
                return End("it was tried for too long");
            }

            try
            {
                await _step.Call(stopping);
                _ended.TrySetResult();
                return new AttemptResult.Done();
            }
            catch (BotApiException e)
            {
                if (e.Failure is BotApiFailure.FloodWait { RetryAfter: var pause })
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

                return e.Failure switch
                {
                    BotApiFailure.Unreachable { OutcomeUnknown: var unknown } when !unknown || _step.IsRepeatable =>
                        new AttemptResult.Outage(e.Failure),
                    BotApiFailure.TokenRefused => new AttemptResult.Outage(e.Failure),

                    // Refused for good, or it may have arrived: an answer twice is worse than one that the person asks for again.
                    _ => End(e.Message),
                };
            }
        }

        private AttemptResult.Done End(string reason)
        {
            LogNotSent(log, chat, reason);
            _ended.TrySetResult();
            return new AttemptResult.Done();
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "An answer to chat {Chat} could not be sent: {Reason}")]
    private static partial void LogNotSent(ILogger log, ChatId chat, string reason);

    [LoggerMessage(1102, LogLevel.Debug, "A pressed button could not be acknowledged: {Reason}")]
    private static partial void LogNotAcknowledged(ILogger log, string reason);
}
