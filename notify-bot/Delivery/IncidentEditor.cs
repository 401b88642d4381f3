using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Formatting;

namespace Notify.Bot.Delivery;

/// <summary>Edits one message of an incident, with fallbacks for refused formatting, for a refused button and for a refused or missing chart.</summary>
public sealed partial class IncidentEditor(
    AttachmentStore attachments,
    BotApi api,
    BotSettings settings,
    ILogger<IncidentEditor> log
)
{
    /// <summary>Room for a line such as <c>(chart 1 of 10)</c>.</summary>
    private const int RoomForCount = 20;

    /// <summary>Makes the edit that Telegram takes for what the message holds.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="shown">The message.</param>
    /// <param name="rendered">What it has to show.</param>
    /// <param name="before">The charts that came with the message; empty if the history no longer has them.</param>
    /// <param name="message">The part of that which is edited.</param>
    /// <param name="lastLine">The line at its end.</param>
    /// <param name="stopping">Ends the call when the bot ends.</param>
    /// <returns>The message after it.</returns>
    /// <exception cref="BotApiException">Telegram takes none of the edits, or can't be reached.</exception>
    internal async Task<ShownMessage> EditAsync(
        Incident incident,
        ShownMessage shown,
        RenderedNotification rendered,
        IReadOnlyList<StoredImage> before,
        OutgoingMessage message,
        string lastLine,
        CancellationToken stopping
    )
    {
        var ofAlbum = await OfOtherAlbumAsync(shown, rendered, before, message, stopping);
        var image = message.Kind is MessageKind.Photo or MessageKind.Document ? rendered.Images[message.Item] : ofAlbum;
        var isChanged = image is not null && (shown.Kind == ShownKind.Text || shown.ImageId != image.Id);
        var hasAddresses = true;
        var keyboard = Keyboard();
        var text = message.Text;
        if (ofAlbum is not null)
        {
            text = With(text, $"(chart 1 of {rendered.Images.Count})");
        }

        while (true)
        {
            try
            {
                await using var file = isChanged ? attachments.Open(image!) : null;
                if (file is not null)
                {
                    await api.EditMediaMessageAsync(
                        Request(text),
                        new MessageId(shown.Message),
                        TelegramSender.Upload(image!, file),
                        asDocument: message.Kind == MessageKind.Document,
                        stopping
                    );
                    return shown with { Kind = ShownKind.Media, ImageId = image!.Id };
                }

                if (shown.Kind == ShownKind.Media)
                {
                    // Telegram makes no text of a photo, so a chart that is gone stays above the new text.
                    var caption = text.Text.Length <= TelegramLimits.CaptionLength ? text : Shorter(rendered, lastLine);
                    await api.EditMediaMessageAsync(
                        Request(caption),
                        new MessageId(shown.Message),
                        media: null,
                        asDocument: false,
                        stopping
                    );
                }
                else
                {
                    await api.EditMessageTextAsync(
                        new EditMessageTextRequest(
                            shown.Chat.Value,
                            shown.Message,
                            text.Text.Length > 0 ? text.Text : "…"
                        )
                        {
                            Entities = ApiEntity.Of(text),
                            ReplyMarkup = keyboard,
                        },
                        stopping
                    );
                }

                return shown;
            }
            catch (BotApiException e) when (e.Failure is BotApiFailure.FormattingRefused && text.Entities.Count > 0)
            {
                text = FormattedText.Plain(text.Text);
            }
            catch (BotApiException e)
                when (hasAddresses
                    && e.Failure is BotApiFailure.Refused
                    && !IsGone(e.Failure)
                    && TelegramSender.IsOfButton(e.Failure.Description)
                )
            {
                // Telegram does not take the address of a button.
                hasAddresses = false;
                keyboard = Keyboard();
                var lines = TelegramSender.AddressesOf(rendered);
                var limit =
                    shown.Kind == ShownKind.Text && !isChanged
                        ? TelegramLimits.TextLength
                        : TelegramLimits.CaptionLength;
                text = lines.Length > 0 && text.Text.Length + lines.Length < limit ? With(text, lines) : text;
            }
            catch (BotApiException e)
                when (isChanged
                    && e.Failure is BotApiFailure.Refused and not BotApiFailure.ChatRefused
                    && !IsGone(e.Failure)
                )
            {
                // Telegram does not take the chart. The text goes without it.
                LogChartRefused(log, incident.Id, incident.User, e.Failure.Description);
                isChanged = false;
                text = ofAlbum is null ? text : message.Text;
            }
        }

        ApiKeyboard? Keyboard() =>
            IncidentButtons.Of(
                incident,
                incident.CarrierId,
                rendered.Accepted,
                settings.MessageButtons,
                shown.Chat.IsPrivate,
                hasAddresses
            );

        SendMessageRequest Request(FormattedText caption) =>
            new(shown.Chat.Value, caption.Text) { Entities = ApiEntity.Of(caption), ReplyMarkup = keyboard };
    }

    /// <summary>
    /// The first chart of an album with other charts than the one that was sent. An album stays as it was sent, and a new one for each change would be a flood, so the message under
    /// it shows this chart. Null if the charts are the same, or if the text is too long for a caption: then the text counts.
    /// </summary>
    private async Task<StoredImage?> OfOtherAlbumAsync(
        ShownMessage shown,
        RenderedNotification rendered,
        IReadOnlyList<StoredImage> before,
        OutgoingMessage message,
        CancellationToken stopping
    ) =>
        message.Kind == MessageKind.Text
        && rendered.Messages.FirstOrDefault(one => one.Kind == MessageKind.Album) is { Album: [var first, ..] }
        && message.Text.Text.Length <= TelegramLimits.CaptionLength - RoomForCount
        && (shown.Kind == ShownKind.Media || !await attachments.AreSameAsync(before, rendered.Images, stopping))
            ? rendered.Images[first]
            : null;

    private static FormattedText With(FormattedText text, string line) =>
        TelegramSender.With(new OutgoingMessage(MessageKind.Text, text), line).Text;

    /// <summary>The text as a caption, which holds less.</summary>
    private static FormattedText Shorter(RenderedNotification rendered, string lastLine)
    {
        var asCaption = rendered.Accepted.Content with
        {
            LastLine = lastLine,
            Image = new Images.ImageInfo(Images.ImageKind.Png, 1, 1, 1),
            MoreImages = [],
            Files = 0,
        };
        return NotificationRenderer.TryRender(asCaption, out var messages) ? messages[0].Text : FormattedText.Empty;
    }

    /// <summary>Whether the message is deleted, or is one that Telegram does not let the bot edit so.</summary>
    internal static bool IsGone(BotApiFailure failure) =>
        failure is BotApiFailure.Refused
        && (
            Has(failure, "message to edit not found")
            || Has(failure, "can't be edited")
            || Has(failure, "MESSAGE_ID_INVALID")
            || Has(failure, "in the message to edit")
        );

    private static bool Has(BotApiFailure failure, string words) =>
        failure.Description.Contains(words, StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(
        1522,
        LogLevel.Warning,
        "Telegram refused the new chart of incident {Id} of {User} ({Reason}). The text was edited without it."
    )]
    private static partial void LogChartRefused(ILogger log, string id, UserName user, string reason);
}
