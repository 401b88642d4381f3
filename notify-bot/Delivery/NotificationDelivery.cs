using Notify.Bot.Polling;
using Notify.Bot.Telegram;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>
/// Takes a notification to Telegram while its sender waits. What can be mended is mended on the way (markup that Telegram can't
/// parse, a picture that is no photo, a group that moved, a short pause that Telegram asks for); for the rest the sender is told
/// the truth: never, or later, or not known.
/// </summary>
public sealed partial class NotificationDelivery(BotApi api, ILinkBook links, BotMetrics metrics, TimeProvider time, ILogger<NotificationDelivery> log)
{
    /// <summary>The longest that a sender may ask to wait (specification, section 7).</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>A sender that does not want to wait still waits this long for one try, since what is not delivered is not kept here.</summary>
    private static readonly TimeSpan ShortestTry = TimeSpan.FromSeconds(5);

    /// <summary>What a sender is told to wait after trouble of unknown length.</summary>
    private static readonly TimeSpan TryLater = TimeSpan.FromSeconds(30);

    /// <summary>Delivers all parts in order, or says why not.</summary>
    /// <param name="notification">What is said.</param>
    /// <param name="link">To whose chat.</param>
    /// <param name="wait">How long trouble may be waited out; at most <see cref="LongestWait"/>.</param>
    /// <param name="stopping">The bot ends.</param>
    public async Task<DeliveryOutcome> DeliverAsync(Notification notification, Link link, TimeSpan wait, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(notification);
        ArgumentNullException.ThrowIfNull(link);
        var content = new NotificationContent
        {
            Title = notification.Title,
            Message = notification.Message,
            ParseMode = notification.ParseMode,
            Image = notification.Picture?.Info,
        };
        if (!NotificationRenderer.TryRender(content, out var messages))
        {
            return new DeliveryOutcome.NothingToSay();
        }

        using var limit = new CancellationTokenSource(wait > ShortestTry ? wait : ShortestTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        var attempt = new Attempt(notification, link.Chat);
        try
        {
            foreach (var message in messages)
            {
                if (await DeliverAsync(message, attempt, either.Token) is { } failure)
                {
                    return Ended(notification, failure);
                }
            }
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return Ended(notification, new BotApiFailure.Unreachable("Telegram has not answered in time", OutcomeUnknown: true));
        }

        metrics.Delivered();
        return new DeliveryOutcome.Delivered();
    }

    /// <summary>Sends one message, mending what can be mended.</summary>
    /// <returns>Null when Telegram has taken it.</returns>
    private async Task<BotApiFailure?> DeliverAsync(OutgoingMessage message, Attempt attempt, CancellationToken cancellation)
    {
        var pauses = new Pauses(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));
        while (true)
        {
            try
            {
                await SendAsync(message, attempt, cancellation);
                return null;
            }
            catch (BotApiException e)
            {
                switch (e.Failure)
                {
                    case BotApiFailure.Migrated moved when moved.NewChat != attempt.Chat:
                        await FollowAsync(attempt, moved.NewChat, cancellation);
                        break;
                    case BotApiFailure.Refused when message.Markup is not null:
                        // Markup that can't be parsed, or that is too long once it is: the words matter more.
                        message = message with { Markup = null };
                        break;
                    case BotApiFailure.PhotoRefused when message.Kind == MessageKind.Photo:
                        message = message with { Kind = MessageKind.Document };
                        break;
                    case BotApiFailure.FloodWait flood:
                        metrics.FloodWait();
                        if (flood.RetryAfter > LongestWait)
                        {
                            return flood;
                        }

                        if (!await WaitOutAsync(flood.RetryAfter, cancellation))
                        {
                            return flood;
                        }

                        break;
                    case BotApiFailure.Unreachable { OutcomeUnknown: false } unreachable:
                        if (!await WaitOutAsync(pauses.Next(), cancellation))
                        {
                            return unreachable;
                        }

                        break;
                    default:
                        return e.Failure;
                }
            }
        }
    }

    private async Task SendAsync(OutgoingMessage message, Attempt attempt, CancellationToken cancellation)
    {
        var markup = message.Markup;
        var request = new SendMessageRequest(attempt.Chat.Value, markup?.Text ?? message.Text.Text)
        {
            ParseMode = markup?.ParseMode.BotApiName(),
            Entities = markup is null && message.Text.Entities.Count > 0
                ? [.. message.Text.Entities.Select(e => new ApiEntity(e.Kind.BotApiName(), e.Offset, e.Length, e.Url, e.Language))]
                : null,
            DisableNotification = attempt.Notification.Silent ? true : null,
        };
        if (message.Kind == MessageKind.Text)
        {
            await api.SendMessageAsync(request, cancellation);
            return;
        }

        var picture = attempt.Notification.Picture!;
        await api.SendPictureAsync(
            message.Kind == MessageKind.Document, request, new Upload(picture.Content, $"chart{picture.Info.Extension}", picture.Info.MediaType), cancellation);
    }

    private async Task FollowAsync(Attempt attempt, ChatId newChat, CancellationToken cancellation)
    {
        LogChatMoved(log, attempt.Chat, newChat);
        try
        {
            await links.MoveChatAsync(attempt.Chat, newChat, cancellation);
        }
        catch (IOException e)
        {
            // The message goes to the new chat all the same; the link follows at the next one.
            LogMoveNotStored(log, e.Message);
        }

        attempt.Chat = newChat;
    }

    /// <returns>False where the sender's patience is over before the pause is.</returns>
    private async Task<bool> WaitOutAsync(TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(pause, time, cancellation);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private DeliveryOutcome Ended(Notification notification, BotApiFailure failure)
    {
        DeliveryOutcome outcome = failure switch
        {
            BotApiFailure.ChatGone gone => new DeliveryOutcome.ChatGone(gone.Reason),
            BotApiFailure.Refused refused => new DeliveryOutcome.Refused(refused.Description),
            BotApiFailure.Migrated moved => new DeliveryOutcome.Refused(moved.Description),
            BotApiFailure.FloodWait flood => new DeliveryOutcome.NotNow(
                $"Telegram makes this chat wait for {Math.Ceiling(flood.RetryAfter.TotalSeconds)} s. Send it again then.", flood.RetryAfter),
            BotApiFailure.TokenRefused => new DeliveryOutcome.NotNow("Telegram refuses the bot's token, so nothing can be sent. Tell the operator; send it again later.", TryLater),
            BotApiFailure.Unreachable { OutcomeUnknown: true } unknown => new DeliveryOutcome.NotNow(
                $"Telegram did not answer ({unknown.Description}). The message may have arrived or not; look at the phone before you send it again.", TryLater),
            _ => new DeliveryOutcome.NotNow($"Telegram can't be reached ({failure.Description}). Send it again later.", TryLater),
        };
        switch (outcome)
        {
            case DeliveryOutcome.ChatGone gone:
                metrics.Failed(gone.Reason);
                break;
            case DeliveryOutcome.Refused:
                metrics.Failed("refused");
                break;
            default:
                metrics.Postponed();
                break;
        }

        LogNotDelivered(log, notification.Id, notification.User, failure.Description);
        return outcome;
    }

    private sealed class Attempt(Notification notification, ChatId chat)
    {
        public Notification Notification { get; } = notification;

        public ChatId Chat { get; set; } = chat;
    }

    [LoggerMessage(1501, LogLevel.Warning, "Notification {Id} for {User} was not delivered: {Reason}")]
    private static partial void LogNotDelivered(ILogger log, string id, UserName user, string reason);

    [LoggerMessage(1502, LogLevel.Information, "Chat {Previous} has become {Current}.")]
    private static partial void LogChatMoved(ILogger log, ChatId previous, ChatId current);

    [LoggerMessage(1503, LogLevel.Error, "That a chat has moved can't be stored: {Reason}")]
    private static partial void LogMoveNotStored(ILogger log, string reason);
}
