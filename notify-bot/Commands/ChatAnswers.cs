using Notify.Bot.Polling;
using Notify.Bot.Telegram;

namespace Notify.Bot.Commands;

/// <summary>
/// Sends the bot's own answers to chats: tries again while Telegram can't be reached or makes wait, gives up where it never will
/// take them. An answer that can't be given after <see cref="Patience"/> would come too late to be of use.
/// </summary>
public sealed partial class ChatAnswers(BotApi api, TimeProvider time, ILogger<ChatAnswers> log)
{
    /// <summary>How long an answer is tried for.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    internal Task<MessageId?> SendAsync(ChatId chat, AnswerText text, CancellationToken cancellation, ApiKeyboard? keyboard = null) => TryAsync<MessageId?>(
        async () => await api.SendMessageAsync(new SendMessageRequest(chat.Value, text.ToString()) { Entities = text.Entities, ReplyMarkup = keyboard }, cancellation),
        chat,
        cancellation);

    internal Task EditAsync(ChatId chat, MessageId message, AnswerText text, CancellationToken cancellation) => TryAsync<bool?>(
        async () =>
        {
            await api.EditMessageTextAsync(new EditMessageTextRequest(chat.Value, message.Value, text.ToString()) { Entities = text.Entities }, cancellation);
            return true;
        },
        chat,
        cancellation);

    internal Task SendPictureAsync(ChatId chat, AnswerText caption, Upload picture, CancellationToken cancellation) => TryAsync<MessageId?>(
        async () => await api.SendPictureAsync(asDocument: false, new SendMessageRequest(chat.Value, caption.ToString()) { Entities = caption.Entities }, picture, cancellation),
        chat,
        cancellation);

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

    private async Task<T?> TryAsync<T>(Func<Task<T>> send, ChatId chat, CancellationToken cancellation)
    {
        var pauses = new Pauses(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        var begun = time.GetTimestamp();
        while (true)
        {
            TimeSpan pause;
            BotApiFailure failure;
            try
            {
                return await send();
            }
            catch (BotApiException e)
            {
                failure = e.Failure;
            }

            switch (failure)
            {
                case BotApiFailure.FloodWait wait:
                    pause = wait.RetryAfter;
                    break;
                case BotApiFailure.Unreachable { OutcomeUnknown: false } or BotApiFailure.TokenRefused:
                    pause = pauses.Next();
                    break;
                default:
                    // Refused for good, or it may have arrived: an answer twice is worse than one that the person asks for again.
                    LogNotSent(log, chat, failure.Description);
                    return default;
            }

            if (time.GetElapsedTime(begun) + pause > Patience)
            {
                LogNotSent(log, chat, failure.Description);
                return default;
            }

            await Task.Delay(pause, time, cancellation);
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "An answer to chat {Chat} could not be sent: {Reason}")]
    private static partial void LogNotSent(ILogger log, ChatId chat, string reason);

    [LoggerMessage(1102, LogLevel.Debug, "A pressed button could not be acknowledged: {Reason}")]
    private static partial void LogNotAcknowledged(ILogger log, string reason);
}
