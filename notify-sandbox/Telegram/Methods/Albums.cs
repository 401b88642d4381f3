using System.Text.Json;
using Notify.Sandbox.Telegram.Text;

namespace Notify.Sandbox.Telegram.Methods;

/// <summary>A photo or document with its caption (<c>InputMedia</c>).</summary>
internal sealed record MediaItem(Attachment File, FormattedText Caption);

/// <summary><c>sendMediaGroup</c>: 2 to 10 photos, or 2 to 10 documents. <c>reply_markup</c> is not read, as at Telegram.</summary>
internal static class Albums
{
    /// <summary>https://core.telegram.org/bots/api#sendmediagroup</summary>
    public const int MaxItems = 10;

    private const int MinItems = 2;

    /// <remarks>
    /// The steps are those of a real server: all fields, then the chat, then each file and caption, then the album, then what
    /// Telegram itself refuses. Until then nothing was sent.
    /// </remarks>
    public static void SendMediaGroup(BotApiCall call)
    {
        var items = ItemsOf(call);
        var reply = Replies.Of(call);
        var chat = call.ChatToWriteTo();
        foreach (var item in items)
        {
            item.File.CheckSize();
            Formatting.Measured(item.Caption);
        }

        CheckAlbum(items);
        var answered = reply?.In(chat);
        CheckPictures(items);
        call.World.Limits.Count(chat, items.Count);
        var fault = call.World.Faults.NextOfAlbum("sendMediaGroup", chat.Id, items.Count);
        var album = call.World.NextAlbumId();
        var sent = new List<Message>();
        foreach (var item in items)
        {
            if (fault is not null && fault.Item == sent.Count + 1)
            {
                throw BotApiRefusal.ItemNotSent(sent.Count + 1, fault.Words());
            }

            var file = item.File.Store(call.World.Files);
            var message = new Message
            {
                Id = call.World.NextMessageId(chat),
                Chat = chat,
                Date = call.World.Time.GetUtcNow(),
                Text = item.Caption,
                AlbumId = album,
                Photo = item.File.IsPhoto ? file : null,
                Document = item.File.IsPhoto ? null : file,
                IsSilent = call.Request.Flag("disable_notification"),
                ReplyTo = answered,
            };
            call.World.Post(message);
            sent.Add(message);
        }

        call.Result.WriteStartArray();
        foreach (var message in sent)
        {
            BotApiJson.WriteMessage(call.Result, call.World, message);
        }

        call.Result.WriteEndArray();
    }

    private static List<MediaItem> ItemsOf(BotApiCall call)
    {
        if (call.Request.Text("media").Length == 0)
        {
            throw BotApiRefusal.BadRequest("parameter \"media\" is required");
        }

        if (call.Request.Json("media", "media") is not { } media)
        {
            return [];
        }

        return media.ValueKind == JsonValueKind.Array
            ? [.. media.EnumerateArray().Select(item => ItemOf(call, item))]
            : throw BotApiRefusal.BadRequest("expected an Array of InputMedia");
    }

    /// <summary>A photo or document as <c>InputMedia</c> names it.</summary>
    /// <exception cref="BotApiRefusal">It isn't one, or of a kind that the method does not take.</exception>
    public static MediaItem ItemOf(BotApiCall call, JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw CantParse("expected an Object");
        }

        FormattedText caption;
        string media;
        string? type;
        try
        {
            caption = Formatting.CaptionOf(call, item);
            media = Formatting.OptionalString(item, "media", "") ?? "";
            type = Formatting.OptionalString(item, "type", "");
        }
        catch (BotApiRefusal refusal)
        {
            throw CantParse(refusal.Quoted);
        }

        switch (type)
        {
            case "photo" or "document":
                return new MediaItem(
                    Attachment.Referred(call, media, type == "photo") ?? throw CantParse("media not found"),
                    caption
                );
            case null:
                throw CantParse("Can't find field \"type\"");
            case "animation":
                throw CantParse("type \"animation\" can't be used in sendMediaGroup");
            default:
                // Telegram takes videos and audio files too; the sandbox does not play them.
                throw CantParse($"type \"{type}\" is unsupported");
        }
    }

    private static void CheckAlbum(List<MediaItem> items)
    {
        switch (items.Count)
        {
            case 0:
                throw BotApiRefusal.BadRequest("there are no messages to send");
            case < MinItems:
                // A real server sends one item as a plain message, though its documentation forbids it. Nobody should rely on that.
                throw BotApiRefusal.BadRequest($"media must include {MinItems}-{MaxItems} items");
            case > MaxItems:
                throw BotApiRefusal.BadRequest("too many messages to send as an album");
            default:
                break;
        }

        if (items.Select(i => i.File.IsPhoto).Distinct().Count() > 1)
        {
            throw BotApiRefusal.BadRequest("document can't be mixed with other media types");
        }
    }

    private static void CheckPictures(List<MediaItem> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            try
            {
                items[i].File.CheckPicture();
            }
            catch (BotApiRefusal refusal)
            {
                throw BotApiRefusal.ItemNotSent(i + 1, refusal.Quoted);
            }
        }
    }

    private static BotApiRefusal CantParse(string why) => BotApiRefusal.BadRequest("can't parse InputMedia: " + why);
}
