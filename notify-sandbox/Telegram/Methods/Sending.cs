namespace Notify.Sandbox.Telegram.Methods;

/// <summary><c>sendMessage</c>, <c>sendPhoto</c>, <c>sendDocument</c>, <c>sendChatAction</c>.</summary>
internal static class Sending
{
    private static readonly HashSet<string> Actions = new(StringComparer.OrdinalIgnoreCase)
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
        "cancel",
    };

    public static void SendMessage(BotApiCall call)
    {
        var text = Formatting.TextOf(call);
        var buttons = Formatting.ButtonsOf(call);
        var reply = Replies.Of(call);
        var chat = call.ChatToWriteTo();
        var answered = reply?.In(chat);
        call.World.Limits.Count(chat);
        Post(
            call,
            new Message
            {
                Id = call.World.NextMessageId(chat),
                Chat = chat,
                Date = call.World.Time.GetUtcNow(),
                Text = text,
                Buttons = buttons,
                IsSilent = call.Request.Flag("disable_notification"),
                ReplyTo = answered,
                IsLinkPreviewOff = Formatting.IsLinkPreviewOff(call),
            }
        );
    }

    public static void SendPhoto(BotApiCall call) => SendFile(call, "photo");

    public static void SendDocument(BotApiCall call) => SendFile(call, "document");

    public static void SendChatAction(BotApiCall call)
    {
        call.ChatToWriteTo();
        if (!Actions.Contains(call.Request.Text("action")))
        {
            throw BotApiRefusal.BadRequest("wrong parameter action in request");
        }

        call.Result.WriteBooleanValue(true);
    }

    private static void SendFile(BotApiCall call, string kind)
    {
        var caption = Formatting.CaptionOf(call);
        var buttons = Formatting.ButtonsOf(call);
        var reply = Replies.Of(call);
        var chat = call.ChatToWriteTo();
        var file =
            Attachment.InField(call, kind) ?? throw BotApiRefusal.BadRequest($"there is no {kind} in the request");
        file.CheckSize();
        var answered = reply?.In(chat);
        file.CheckPicture();
        call.World.Limits.Count(chat);
        var stored = file.Store(call.World.Files);
        Post(
            call,
            new Message
            {
                Id = call.World.NextMessageId(chat),
                Chat = chat,
                Date = call.World.Time.GetUtcNow(),
                Text = caption,
                Photo = file.IsPhoto ? stored : null,
                Document = file.IsPhoto ? null : stored,
                Buttons = buttons,
                IsSilent = call.Request.Flag("disable_notification"),
                ReplyTo = answered,
            }
        );
    }

    private static void Post(BotApiCall call, Message message)
    {
        call.World.Post(message);
        BotApiJson.WriteMessage(call.Result, call.World, message);
    }
}
