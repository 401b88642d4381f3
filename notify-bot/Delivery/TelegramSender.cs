using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Formatting;

namespace Notify.Bot.Delivery;

/// <summary>
/// Sends one message of a notification, with fallbacks for refused formatting, for a refused or missing chart or file, for a broken album and for a refused button.
/// </summary>
public sealed partial class TelegramSender(
    BotApi api,
    AttachmentStore attachments,
    BotSettings settings,
    BotMetrics metrics,
    TimeProvider time,
    ILogger<TelegramSender> log
)
{
    /// <param name="pending">The notification.</param>
    /// <param name="rendered">Its messages.</param>
    /// <param name="progress">How many parts are done, and whether the last attempt has an unknown outcome.</param>
    /// <param name="singly">Whether the photos of a broken album go one by one.</param>
    /// <param name="chat">The chat.</param>
    /// <param name="stopping">Ends the call when the bot ends.</param>
    internal async Task<SentParts> SendAsync(
        PendingNotification pending,
        RenderedNotification rendered,
        DeliveryProgress progress,
        bool singly,
        ChatId chat,
        CancellationToken stopping
    )
    {
        var (index, done) = rendered.After(progress.PartsDone);
        var message = rendered.Messages[index];
        if (message.Album is not { } album)
        {
            return await SendOneAsync(pending, rendered, message, index == rendered.WithButtons(), chat, stopping);
        }

        var mayHaveArrived = progress.OutcomeUnknown && done > 0;
        if (!singly && done == 0)
        {
            var sent = await SendAlbumAsync(rendered, message, album, progress.OutcomeUnknown, chat, stopping);
            if (sent.Parts > 0 || sent.Failure is not null)
            {
                return sent;
            }

            mayHaveArrived = sent.MayHaveArrived;
        }

        // After a failure within an album nobody knows which of its photos arrived. One by one, each has an outcome of its own, and none comes three times.
        var photo = new OutgoingMessage(
            MessageKind.Photo,
            done == 0 ? message.Text : FormattedText.Empty,
            done == 0 ? message.Markup : null
        )
        {
            Item = album[done],
        };
        var one = await SendOneAsync(pending, rendered, photo, hasButtons: false, chat, stopping);
        return one with { GoesSingly = done + one.Parts < album.Count, MayHaveArrived = mayHaveArrived };
    }

    /// <summary>Sends an album whole.</summary>
    /// <returns>No parts and no failure if its photos have to go one by one.</returns>
    private async Task<SentParts> SendAlbumAsync(
        RenderedNotification rendered,
        OutgoingMessage message,
        IReadOnlyList<int> album,
        bool isSecondTry,
        ChatId chat,
        CancellationToken stopping
    )
    {
        var photos = album
            .Select(i => (Image: rendered.Images[i], File: attachments.Open(rendered.Images[i])))
            .ToArray();
        try
        {
            if (photos.Any(photo => photo.File is null))
            {
                return new SentParts(0);
            }

            var uploads = photos.Select(photo => Upload(photo.Image, photo.File!)).ToArray();
            for (var next = message; ; )
            {
                try
                {
                    var began = time.GetTimestamp();
                    await api.SendAlbumAsync(Request(next, rendered, chat, keyboard: null), uploads, stopping);
                    metrics.Sent(time.GetElapsedTime(began));
                    return new SentParts(album.Count);
                }
                catch (BotApiException e)
                    when (e.Failure is BotApiFailure.FormattingRefused && Plainer(next) is { } plainer)
                {
                    next = plainer;
                }
            }
        }
        catch (BotApiException e)
        {
            return e.Failure switch
            {
                // What arrived now may be the second copy.
                BotApiFailure.AlbumBroken when isSecondTry => new SentParts(
                    0,
                    new BotApiFailure.Unreachable(e.Failure.Description, OutcomeUnknown: true)
                ),
                BotApiFailure.AlbumBroken { Cause: BotApiFailure.ChatRefused or not BotApiFailure.Refused } broken =>
                    new SentParts(0, broken.Cause, GoesSingly: true, MayHaveArrived: true),
                BotApiFailure.AlbumBroken => new SentParts(0, MayHaveArrived: true),
                BotApiFailure.ChatRefused or not BotApiFailure.Refused => new SentParts(0, e.Failure),
                // The refusal does not say which photo Telegram can't take. Nothing has arrived.
                _ => new SentParts(0),
            };
        }
        finally
        {
            foreach (var photo in photos)
            {
                await (photo.File?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }
    }

    private async Task<SentParts> SendOneAsync(
        PendingNotification pending,
        RenderedNotification rendered,
        OutgoingMessage message,
        bool hasButtons,
        ChatId chat,
        CancellationToken stopping
    )
    {
        var keyboard = hasButtons ? Keyboard(pending, rendered, chat) : null;
        var addresses = AddressesOf(rendered);
        string? refusal = null;
        while (true)
        {
            var attachment = AttachmentOf(message, rendered);
            try
            {
                await using var file = attachment is null or { ByteLength: 0 } ? null : attachments.Open(attachment);
                if (file is null && attachment is not null)
                {
                    // Telegram refuses an empty file, and counts refused calls.
                    message = Without(
                        message,
                        $"{Name(attachment, isStart: true)} {(attachment.ByteLength == 0 ? "is empty" : "is no longer on the server")}."
                    );
                }

                var request = Request(message, rendered, chat, keyboard);
                var began = time.GetTimestamp();
                MessageId sent;
                if (file is null)
                {
                    sent = await api.SendMessageAsync(request, stopping);
                }
                else
                {
                    sent = await api.SendFileAsync(
                        message.Kind != MessageKind.Photo,
                        request,
                        Upload(attachment!, file),
                        stopping
                    );
                }

                metrics.Sent(time.GetElapsedTime(began));
                if (refusal is not null)
                {
                    LogWithoutAttachment(log, pending.Id, pending.User, refusal);
                }

                return new SentParts(1)
                {
                    Shown =
                        hasButtons && rendered.Incident is not null
                            ? new ShownMessage(
                                chat,
                                sent.Value,
                                file is null ? ShownKind.Text : ShownKind.Media,
                                file is null ? null : (attachment as StoredImage)?.Id
                            )
                            : null,
                };
            }
            catch (BotApiException e)
                when (e.Failure is BotApiFailure.Refused and not BotApiFailure.ChatRefused
                    && keyboard is not null
                    && IsOfButton(e.Failure.Description)
                )
            {
                // The addresses become lines of the text. If that is not it, there are no buttons.
                keyboard = addresses.Length > 0 ? Keyboard(pending, rendered, chat, hasAddresses: false) : null;
                message = addresses.Length > 0 && Room(message) > addresses.Length ? With(message, addresses) : message;
                addresses = "";
            }
            catch (BotApiException e)
                when (e.Failure is BotApiFailure.Refused refused
                    && Fallback(message, refused, attachment) is { } fallback
                )
            {
                refusal =
                    fallback.Kind == MessageKind.Text && message.Kind != MessageKind.Text
                        ? refused.Description
                        : refusal;
                message = fallback;
            }
            catch (BotApiException e)
            {
                return new SentParts(0, e.Failure);
            }
        }
    }

    /// <summary>The addresses of buttons as lines, for a chat where Telegram refuses such buttons.</summary>
    internal static string AddressesOf(RenderedNotification rendered) =>
        string.Join(
            '\n',
            rendered
                .Accepted.Buttons.Where(button => button is { Url: not null, IsLine: false })
                .Select(button => TelegramText.Clean(button.Line))
        );

    private static int Room(OutgoingMessage message) =>
        (message.Kind == MessageKind.Text ? TelegramLimits.TextLength : TelegramLimits.CaptionLength)
        - (message.Markup?.Text.Length ?? message.Text.Text.Length);

    private ApiKeyboard? Keyboard(
        PendingNotification pending,
        RenderedNotification rendered,
        ChatId chat,
        bool hasAddresses = true
    ) =>
        rendered.Incident is { } incident
            ? IncidentButtons.Of(
                incident,
                pending.Id,
                rendered.Accepted,
                settings.MessageButtons,
                chat.IsPrivate,
                hasAddresses
            )
            : MessageButtons.Of(
                pending.Id,
                rendered.Accepted.Buttons,
                rendered.HasOwnButtons && settings.MessageButtons,
                chat.IsPrivate,
                hasAddresses
            );

    /// <summary>Whether Telegram refuses a button: <c>BUTTON_URL_INVALID</c>, <c>inline keyboard button URL '...' is invalid</c>.</summary>
    internal static bool IsOfButton(string description) =>
        description.Contains("button", StringComparison.OrdinalIgnoreCase)
        || description.Contains("keyboard", StringComparison.OrdinalIgnoreCase);

    private static StoredAttachment? AttachmentOf(OutgoingMessage message, RenderedNotification rendered) =>
        message.Kind switch
        {
            MessageKind.Photo or MessageKind.Document => rendered.Images[message.Item],
            MessageKind.File => rendered.Files[message.Item],
            _ => null,
        };

    internal static Upload Upload(StoredAttachment attachment, FileStream content) =>
        attachment switch
        {
            StoredImage image => new Upload(content, $"chart{image.Info.Extension}", image.Info.MediaType),
            StoredFile file => new Upload(content, file.Name, "application/octet-stream"),
            _ => throw new InvalidOperationException($"No upload for {attachment.GetType().Name}."),
        };

    private static string Name(StoredAttachment attachment, bool isStart) =>
        (attachment as StoredFile)?.Name is { } name ? $"{(isStart ? "The" : "the")} file {name}"
        : isStart ? "The chart"
        : "the chart";

    /// <summary>The fallback for a refused message; null if there is none left.</summary>
    /// <remarks>
    /// Telegram's descriptions of refusals are many and change. So the fallback depends on the message: a text with less formatting, a photo as a document, and a document as text.
    /// If the refusal had another reason, Telegram refuses the fallback too, which costs a call or two.
    /// </remarks>
    private static OutgoingMessage? Fallback(
        OutgoingMessage message,
        BotApiFailure.Refused refused,
        StoredAttachment? attachment
    ) =>
        refused switch
        {
            BotApiFailure.ChatRefused => null,
            BotApiFailure.FormattingRefused when Plainer(message) is { } plainer => plainer,
            _ => message.Kind switch
            {
                MessageKind.Photo => message with { Kind = MessageKind.Document },
                MessageKind.Document or MessageKind.File => Without(
                    message,
                    $"{Name(attachment!, isStart: true)} could not be sent: {refused.Description}"
                ),
                _ => Plainer(message),
            },
        };

    /// <summary>The text of a message without its chart or file, and a line about it.</summary>
    private static OutgoingMessage Without(OutgoingMessage message, string why) =>
        With(message with { Kind = MessageKind.Text }, $"({why})");

    /// <summary>A message with a further line.</summary>
    internal static OutgoingMessage With(OutgoingMessage message, string line)
    {
        var text = message.Text;
        return message with
        {
            Text = new FormattedText(text.Text.Length > 0 ? $"{text.Text}\n{line}" : line, text.Entities),
            Markup = message.Markup is { } markup
                ? markup with
                {
                    Text =
                        $"{markup.Text}\n{(markup.ParseMode == ParseMode.Html ? MarkupEscape.Html(line) : MarkupEscape.MarkdownV2(line))}",
                }
                : null,
        };
    }

    /// <summary>The same text with less formatting: first the bot's entities in place of the author's markup, then plain text. Null if it is plain.</summary>
    private static OutgoingMessage? Plainer(OutgoingMessage message)
    {
        if (message.Markup is not null)
        {
            return message with { Markup = null };
        }

        return message.Text.Entities.Count > 0 ? message with { Text = FormattedText.Plain(message.Text.Text) } : null;
    }

    private static SendMessageRequest Request(
        OutgoingMessage message,
        RenderedNotification rendered,
        ChatId chat,
        ApiKeyboard? keyboard
    )
    {
        var markup = message.Markup;
        return new SendMessageRequest(chat.Value, markup?.Text ?? message.Text.Text)
        {
            ParseMode = markup?.ParseMode.BotApiName(),
            Entities = markup is null ? ApiEntity.Of(message.Text) : null,
            DisableNotification = rendered.Silent ? true : null,
            ReplyParameters =
                rendered.Answers is { } answered && answered.Chat == chat ? new ApiReply(answered.Message) : null,
            ReplyMarkup = keyboard,
        };
    }

    [LoggerMessage(
        1509,
        LogLevel.Warning,
        "Notification {Id} for {User} went out without a chart or file, which was refused ({Reason})."
    )]
    private static partial void LogWithoutAttachment(ILogger log, string id, UserName user, string reason);
}
