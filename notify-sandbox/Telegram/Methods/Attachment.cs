namespace Notify.Sandbox.Telegram.Methods;

/// <summary>The photo or document of a call: a part of the request, or a file that Telegram has already.</summary>
internal sealed class Attachment
{
    // https://core.telegram.org/bots/api#sendphoto and #senddocument. The longer edge may be 20 times the shorter one.
    private const int MaxPhotoBytes = 10 * 1024 * 1024;
    private const int MaxDocumentBytes = 50 * 1024 * 1024;
    private const int MaxPhotoEdges = 10_000;
    private const int MaxPhotoRatio = 20;

    private const string Attach = "attach://";

    private readonly UploadedFile? _upload;
    private readonly StoredFile? _known;

    // Of an uploaded photo, once it was looked at.
    private (string MimeType, int Width, int Height)? _picture;

    private Attachment(bool isPhoto, UploadedFile? upload, StoredFile? known)
    {
        IsPhoto = isPhoto;
        _upload = upload;
        _known = known;
    }

    public bool IsPhoto { get; }

    /// <summary>The file, if Telegram has it already; null for an upload.</summary>
    public StoredFile? Known => _known;

    /// <summary>The file of a field: the part of that name, or what the field's text refers to; null where there is none.</summary>
    /// <param name="call">The call.</param>
    /// <param name="kind"><c>photo</c> or <c>document</c>, the name of the field.</param>
    /// <exception cref="BotApiRefusal">The text refers to an unknown file, or to one of the other kind.</exception>
    public static Attachment? InField(BotApiCall call, string kind) =>
        call.Request.Files.TryGetValue(kind, out var upload)
            ? new Attachment(kind == "photo", upload, null)
            : Referred(call, call.Request.Text(kind), kind == "photo");

    /// <summary>The file that a text refers to: <c>attach://NAME</c> or a file's id; null where it is empty or no part has that name.</summary>
    /// <exception cref="BotApiRefusal">The file is unknown, or one of the other kind.</exception>
    public static Attachment? Referred(BotApiCall call, string reference, bool isPhoto)
    {
        if (reference.Length == 0)
        {
            return null;
        }

        if (reference.StartsWith(Attach, StringComparison.OrdinalIgnoreCase))
        {
            return call.Request.Files.TryGetValue(reference[Attach.Length..], out var upload)
                ? new Attachment(isPhoto, upload, null)
                : null;
        }

        // A real server would fetch an address; the sandbox fetches nothing from anywhere.
        var known =
            call.World.Files.ById(reference)
            ?? throw BotApiRefusal.BadRequest("wrong file identifier/HTTP URL specified");
        return isPhoto == known.Width > 0
            ? new Attachment(isPhoto, null, known)
            : throw BotApiRefusal.BadRequest(
                isPhoto ? "can't use file of type Document as Photo" : "can't use file of type Photo as Document"
            );
    }

    /// <summary>What the Bot API's server looks at, before it passes the file on.</summary>
    /// <exception cref="BotApiRefusal">The file is empty or too large.</exception>
    public void CheckSize()
    {
        if (_upload is null)
        {
            return;
        }

        var size = _upload.Bytes.Length;
        if (size == 0)
        {
            throw BotApiRefusal.BadRequest("file must be non-empty");
        }

        if (IsPhoto && size > MaxPhotoBytes)
        {
            throw BotApiRefusal.BadRequest(
                $"file of size {size} bytes is too big for a photo; the maximum size is {MaxPhotoBytes} bytes"
            );
        }

        if (size > MaxDocumentBytes)
        {
            throw BotApiRefusal.EntityTooLarge();
        }
    }

    /// <summary>What Telegram itself looks at: whether an uploaded photo is one that it can show.</summary>
    /// <exception cref="BotApiRefusal">It is damaged, no picture, too large or too narrow.</exception>
    public void CheckPicture()
    {
        if (_upload is null || !IsPhoto)
        {
            return;
        }

        if (ImageFormat.Read(_upload.Bytes) is not { } image)
        {
            throw BotApiRefusal.BadRequest("IMAGE_PROCESS_FAILED");
        }

        var longer = Math.Max(image.Width, image.Height);
        var shorter = Math.Min(image.Width, image.Height);
        if ((long)image.Width + image.Height > MaxPhotoEdges || longer > (long)shorter * MaxPhotoRatio)
        {
            throw BotApiRefusal.BadRequest("PHOTO_INVALID_DIMENSIONS");
        }

        _picture = image;
    }

    /// <summary>Keeps an upload, after both checks; gives the file that is sent.</summary>
    public StoredFile Store(FileShelf files)
    {
        if (_known is not null)
        {
            return _known;
        }

        return _picture is { } picture
            ? files.Add(_upload!.Bytes, _upload.FileName, picture.MimeType, (picture.Width, picture.Height))
            : files.Add(
                _upload!.Bytes,
                FileNames.Clean(_upload.FileName) is { Length: > 0 } name ? name : "file",
                MimeType(_upload),
                null
            );
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
}
