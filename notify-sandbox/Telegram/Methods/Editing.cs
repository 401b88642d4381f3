using Notify.Sandbox.Telegram.Text;

namespace Notify.Sandbox.Telegram.Methods;

/// <summary><c>editMessageText</c>, <c>editMessageCaption</c>, <c>editMessageMedia</c>, <c>editMessageReplyMarkup</c>, <c>deleteMessage</c>.</summary>
internal static class Editing
{
    // A bot can delete messages of others, and its own in groups, for 48 hours. https://core.telegram.org/bots/api#deletemessage
    private static readonly TimeSpan DeleteWithin = TimeSpan.FromHours(48);

    public static void EditMessageText(BotApiCall call)
    {
        var text = Formatting.TextOf(call);
        var message = Find(call);
        if (message.HasMedia)
        {
            throw BotApiRefusal.BadRequest("there is no text in the message to edit");
        }

        Change(
            call,
            message,
            text,
            Formatting.ButtonsOf(call, isEdit: true),
            isLinkPreviewOff: Formatting.IsLinkPreviewOff(call)
        );
    }

    public static void EditMessageCaption(BotApiCall call)
    {
        var caption = Formatting.CaptionOf(call);
        var message = Find(call);
        if (!message.HasMedia)
        {
            throw BotApiRefusal.BadRequest("there is no caption in the message to edit");
        }

        Change(call, message, caption, Formatting.ButtonsOf(call, isEdit: true));
    }

    /// <summary>Gives a message another photo or document, or adds one to a text.</summary>
    public static void EditMessageMedia(BotApiCall call)
    {
        if (call.Request.Text("media").Length == 0)
        {
            throw BotApiRefusal.BadRequest("parameter \"media\" is required");
        }

        var media =
            call.Request.Json("media", "input media") ?? throw BotApiRefusal.BadRequest("input media not specified");
        var item = Albums.ItemOf(call, media);
        var buttons = Formatting.ButtonsOf(call, isEdit: true);
        var message = Find(call);
        item.File.CheckSize();
        Formatting.Measured(item.Caption);
        if (message.AlbumId is not null && item.File.IsPhoto != message.Photo is not null)
        {
            throw BotApiRefusal.BadRequest("can't change media type in the album");
        }

        item.File.CheckPicture();
        Change(call, message, item.Caption, buttons, item.File);
    }

    public static void EditMessageReplyMarkup(BotApiCall call)
    {
        var message = Find(call);
        Change(
            call,
            message,
            message.Text,
            Formatting.ButtonsOf(call, isEdit: true),
            isLinkPreviewOff: message.IsLinkPreviewOff
        );
    }

    public static void DeleteMessage(BotApiCall call)
    {
        var chat = call.ChatToWriteTo();
        var id = call.Request.Number("message_id", 0);
        if (id == 0)
        {
            throw BotApiRefusal.BadRequest("message identifier is not specified");
        }

        var message = chat.Find(id) ?? throw BotApiRefusal.BadRequest("message to delete not found");
        var isOld = call.World.Time.GetUtcNow() - message.Date > DeleteWithin;
        if (isOld || (chat.Type != ChatType.Private && message.From is not null))
        {
            throw BotApiRefusal.BadRequest("message can't be deleted");
        }

        chat.Remove(id);
        call.World.Feed.Publish(new PhoneEvent("delete", chat.Id, id));
        call.Result.WriteBooleanValue(true);
    }

    private static Message Find(BotApiCall call)
    {
        var chat = call.ChatToWriteTo();
        var id = call.Request.Number("message_id", 0);
        if (id == 0)
        {
            throw BotApiRefusal.BadRequest("message identifier is not specified");
        }

        var message = chat.Find(id) ?? throw BotApiRefusal.BadRequest("message to edit not found");
        return message.From is null ? message : throw BotApiRefusal.BadRequest("message can't be edited");
    }

    private static void Change(
        BotApiCall call,
        Message message,
        FormattedText text,
        IReadOnlyList<IReadOnlyList<InlineButton>> buttons,
        Attachment? media = null,
        bool isLinkPreviewOff = false
    )
    {
        // An upload is a new file to Telegram, whatever its bytes.
        var isSameMedia = media is null || (media.Known is { } known && known == (message.Photo ?? message.Document));
        if (isSameMedia && text.SameAs(message.Text) && SameButtons(buttons, message.Buttons))
        {
            throw BotApiRefusal.BadRequest(
                "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
            );
        }

        message.BeginEdit(call.World.Time.GetUtcNow());
        // Buttons that an edit does not repeat are gone, as with Telegram.
        message.Text = text;
        message.Buttons = buttons;
        message.IsLinkPreviewOff = isLinkPreviewOff;
        if (media is not null)
        {
            var file = media.Store(call.World.Files);
            message.Photo = media.IsPhoto ? file : null;
            message.Document = media.IsPhoto ? null : file;
        }

        call.World.Feed.Publish(new PhoneEvent("edit", message.Chat.Id, message.Id));
        BotApiJson.WriteMessage(call.Result, call.World, message);
    }

    private static bool SameButtons(
        IReadOnlyList<IReadOnlyList<InlineButton>> a,
        IReadOnlyList<IReadOnlyList<InlineButton>> b
    ) => a.Count == b.Count && a.Zip(b).All(rows => rows.First.SequenceEqual(rows.Second));
}
