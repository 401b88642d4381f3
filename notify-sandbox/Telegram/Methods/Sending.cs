namespace Notify.Sandbox.Telegram.Methods;

/// <summary><c>sendMessage</c>, <c>sendPhoto</c>, <c>sendDocument</c>, <c>sendChatAction</c>.</summary>
internal static class Sending
{
    /// <summary>https://core.telegram.org/bots/api#sendphoto</summary>
    public const int MostPhotoBytes = 10 * 1024 * 1024;

    /// <summary>https://core.telegram.org/bots/api#senddocument</summary>
    public const int MostDocumentBytes = 50 * 1024 * 1024;

    /// <summary>Width and height of a photo together.</summary>
    public const int MostPhotoEdges = 10_000;

    /// <summary>The longer edge of a photo may be this many times the shorter one.</summary>
    public const int MostPhotoRatio = 20;

    private static readonly HashSet<string> s_actions = new(StringComparer.OrdinalIgnoreCase)
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
        var chat = call.ChatToWriteTo();
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
                IsLinkPreviewOff = Formatting.IsLinkPreviewOff(call),
            }
        );
    }

    public static void SendPhoto(BotApiCall call) => SendFile(call, "photo");

    public static void SendDocument(BotApiCall call) => SendFile(call, "document");

    public static void SendChatAction(BotApiCall call)
    {
        call.ChatToWriteTo();
        if (!s_actions.Contains(call.Request.Text("action")))
            throw BotApiRefusal.BadRequest("wrong parameter action in request");
        call.Result.WriteBooleanValue(true);
    }

    private static void SendFile(BotApiCall call, string kind)
    {
        var caption = Formatting.CaptionOf(call);
        var buttons = Formatting.ButtonsOf(call);
        var chat = call.ChatToWriteTo();
        var isPhoto = kind == "photo";
        var upload = Upload(call, kind, out var known);
        if (known is not null && isPhoto != known.Width > 0)
            throw BotApiRefusal.BadRequest(
                isPhoto ? "can't use file of type Document as Photo" : "can't use file of type Photo as Document"
            );
        var size = upload is not null && isPhoto ? CheckPhoto(upload.Bytes) : null;
        if (upload?.Bytes.Length > MostDocumentBytes)
            throw BotApiRefusal.EntityTooLarge();
        call.World.Limits.Count(chat);
        var file =
            known
            ?? (
                size is { } photo
                    ? call.World.Files.Add(upload!.Bytes, upload.FileName, photo.MimeType, (photo.Width, photo.Height))
                    : call.World.Files.Add(
                        upload!.Bytes,
                        upload.FileName.Length > 0 ? upload.FileName : "file",
                        MimeType(upload),
                        null
                    )
            );
        Post(
            call,
            new Message
            {
                Id = call.World.NextMessageId(chat),
                Chat = chat,
                Date = call.World.Time.GetUtcNow(),
                Text = caption,
                Photo = isPhoto ? file : null,
                Document = isPhoto ? null : file,
                Buttons = buttons,
                IsSilent = call.Request.Flag("disable_notification"),
            }
        );
    }

    /// <summary>The file of a call: a part of the request (by the field's own name or <c>attach://</c>), or one the server has already.</summary>
    private static UploadedFile? Upload(BotApiCall call, string kind, out StoredFile? known)
    {
        known = null;
        if (!call.Request.Files.TryGetValue(kind, out var upload))
        {
            var text = call.Request.Text(kind);
            if (text.Length == 0)
                throw BotApiRefusal.BadRequest($"there is no {kind} in the request");
            const string Attach = "attach://";
            if (text.StartsWith(Attach, StringComparison.OrdinalIgnoreCase))
            {
                upload =
                    call.Request.Files.GetValueOrDefault(text[Attach.Length..])
                    ?? throw BotApiRefusal.BadRequest($"there is no {kind} in the request");
            }
            else
            {
                // A real server would fetch an address; the sandbox fetches nothing from anywhere.
                known =
                    call.World.Files.ById(text)
                    ?? throw BotApiRefusal.BadRequest("wrong file identifier/HTTP URL specified");
                return null;
            }
        }

        return upload.Bytes.Length == 0 ? throw BotApiRefusal.BadRequest("file must be non-empty") : upload;
    }

    private static (string MimeType, int Width, int Height)? CheckPhoto(byte[] bytes)
    {
        if (bytes.Length > MostPhotoBytes)
            throw BotApiRefusal.BadRequest(
                $"file of size {bytes.Length} bytes is too big for a photo; the maximum size is {MostPhotoBytes} bytes"
            );
        if (ImageFormat.Read(bytes) is not { } image)
            throw BotApiRefusal.BadRequest("IMAGE_PROCESS_FAILED");
        var longer = Math.Max(image.Width, image.Height);
        var shorter = Math.Min(image.Width, image.Height);
        return (long)image.Width + image.Height > MostPhotoEdges || longer > (long)shorter * MostPhotoRatio
            ? throw BotApiRefusal.BadRequest("PHOTO_INVALID_DIMENSIONS")
            : image;
    }

    private static string MimeType(UploadedFile upload) =>
        Path.GetExtension(upload.FileName).ToUpperInvariant() switch
        {
            ".PNG" => "image/png",
            ".JPG" or ".JPEG" => "image/jpeg",
            ".PDF" => "application/pdf",
            ".CSV" => "text/csv",
            ".TXT" => "text/plain",
            _ => upload.ContentType,
        };

    private static void Post(BotApiCall call, Message message)
    {
        call.World.Post(message);
        BotApiJson.WriteMessage(call.Result, call.World, message);
    }
}
