using System.Globalization;
using System.Text.Json;
using Notify.Sandbox.Telegram.Text;

namespace Notify.Sandbox.Telegram;

/// <summary>The Bot API's JSON shapes. https://core.telegram.org/bots/api#available-types</summary>
internal static class BotApiJson
{
    public static void WriteBot(Utf8JsonWriter json, TelegramWorld world, bool isGetMe = false)
    {
        json.WriteStartObject();
        json.WriteNumber("id", world.BotId);
        json.WriteBoolean("is_bot", true);
        json.WriteString("first_name", world.BotName);
        json.WriteString("username", world.BotUsername);
        if (isGetMe)
        {
            json.WriteBoolean("can_join_groups", true);
            json.WriteBoolean("can_read_all_group_messages", true);
            json.WriteBoolean("supports_inline_queries", false);
            json.WriteBoolean("can_connect_to_business", false);
            json.WriteBoolean("has_main_web_app", false);
        }

        json.WriteEndObject();
    }

    public static void WritePerson(Utf8JsonWriter json, Person person)
    {
        json.WriteStartObject();
        json.WriteNumber("id", person.Id);
        json.WriteBoolean("is_bot", false);
        json.WriteString("first_name", person.FirstName);
        if (person.LastName is { } last)
        {
            json.WriteString("last_name", last);
        }

        if (person.Username is { } username)
        {
            json.WriteString("username", username);
        }

        json.WriteString("language_code", "en");
        json.WriteEndObject();
    }

    public static void WriteChat(Utf8JsonWriter json, Chat chat, bool isFull = false)
    {
        json.WriteStartObject();
        json.WriteNumber("id", chat.Id);
        if (chat.Type == ChatType.Private)
        {
            var person = chat.Members[0];
            json.WriteString("first_name", person.FirstName);
            if (person.LastName is { } last)
            {
                json.WriteString("last_name", last);
            }

            if (person.Username is { } username)
            {
                json.WriteString("username", username);
            }
        }
        else
        {
            json.WriteString("title", chat.Title);
        }

        json.WriteString("type", TypeName(chat.Type));
        if (chat.Type == ChatType.Group)
        {
            json.WriteBoolean("all_members_are_administrators", true);
        }

        if (isFull)
        {
            json.WriteNumber("accent_color_id", 0);
            json.WriteNumber("max_reaction_count", 11);
            json.WritePropertyName("accepted_gift_types");
            json.WriteStartObject();
            foreach (
                var gift in (ReadOnlySpan<string>)
                    ["unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"]
            )
            {
                json.WriteBoolean(gift, false);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public static string TypeName(ChatType type) =>
        type switch
        {
            ChatType.Private => "private",
            ChatType.Group => "group",
            _ => "supergroup",
        };

    public static void WriteMessage(Utf8JsonWriter json, TelegramWorld world, Message message) =>
        WriteMessage(json, world, message, withReply: true);

    private static void WriteMessage(Utf8JsonWriter json, TelegramWorld world, Message message, bool withReply)
    {
        json.WriteStartObject();
        json.WriteNumber("message_id", message.Id);
        json.WritePropertyName("from");
        if (message.From is { } person)
        {
            WritePerson(json, person);
        }
        else
        {
            WriteBot(json, world);
        }

        json.WritePropertyName("chat");
        WriteChat(json, message.Chat);
        json.WriteNumber("date", message.Date.ToUnixTimeSeconds());
        if (message.EditDate is { } edited)
        {
            json.WriteNumber("edit_date", edited.ToUnixTimeSeconds());
        }

        // Telegram shows one level of replies. A message that was deleted meanwhile is not shown.
        if (withReply && message.ReplyTo is { } answered && message.Chat.Find(answered.Id) is not null)
        {
            json.WritePropertyName("reply_to_message");
            WriteMessage(json, world, answered, withReply: false);
        }

        if (message.MigrateToChatId is { } to)
        {
            json.WriteNumber("migrate_to_chat_id", to);
        }

        if (message.MigrateFromChatId is { } from)
        {
            json.WriteNumber("migrate_from_chat_id", from);
        }

        if (message.AlbumId is { } album)
        {
            json.WriteString("media_group_id", album);
        }

        if (message.Photo is { } photo)
        {
            WritePhoto(json, photo);
        }

        if (message.Document is { } document)
        {
            WriteDocument(json, document);
        }

        if (message.Text.Text.Length > 0)
        {
            json.WriteString(message.HasMedia ? "caption" : "text", message.Text.Text);
            if (message.Text.Entities.Count > 0)
            {
                json.WritePropertyName(message.HasMedia ? "caption_entities" : "entities");
                WriteEntities(json, world, message.Text.Entities);
            }
        }

        if (message.IsLinkPreviewOff)
        {
            json.WritePropertyName("link_preview_options");
            json.WriteStartObject();
            json.WriteBoolean("is_disabled", true);
            json.WriteEndObject();
        }

        if (message.Buttons.Count > 0)
        {
            json.WritePropertyName("reply_markup");
            WriteKeyboard(json, message.Buttons);
        }

        json.WriteEndObject();
    }

    public static void WriteEntities(Utf8JsonWriter json, TelegramWorld world, IReadOnlyList<MessageEntity> entities)
    {
        json.WriteStartArray();
        foreach (var entity in entities)
        {
            json.WriteStartObject();
            json.WriteNumber("offset", entity.Offset);
            json.WriteNumber("length", entity.Length);
            json.WriteString("type", entity.ApiName);
            switch (entity.Type)
            {
                case EntityType.TextLink:
                    json.WriteString("url", entity.Argument);
                    break;
                case EntityType.PreCode:
                    json.WriteString("language", entity.Argument);
                    break;
                case EntityType.CustomEmoji:
                    json.WriteString("custom_emoji_id", entity.Argument);
                    break;
                case EntityType.TextMention:
                    json.WritePropertyName("user");
                    WritePerson(json, world.People.Person(long.Parse(entity.Argument!, CultureInfo.InvariantCulture))!);
                    break;
                default:
                    break;
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteKeyboard(Utf8JsonWriter json, IReadOnlyList<IReadOnlyList<InlineButton>> rows)
    {
        json.WriteStartObject();
        json.WritePropertyName("inline_keyboard");
        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartArray();
            foreach (var button in row)
            {
                json.WriteStartObject();
                json.WriteString("text", button.Text);
                if (button.Url is { } url)
                {
                    json.WriteString("url", url);
                }

                if (button.CallbackData is { } data)
                {
                    json.WriteString("callback_data", data);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Telegram makes smaller copies of a photo; the sandbox names their sizes and keeps the photo itself under each of them.</summary>
    private static void WritePhoto(Utf8JsonWriter json, StoredFile photo)
    {
        json.WritePropertyName("photo");
        json.WriteStartArray();
        var longest = Math.Max(photo.Width, photo.Height);
        foreach (
            var (suffix, edge) in (ReadOnlySpan<(string, int)>)
                [("s", 90), ("m", 320), ("x", 800), ("y", 1280), ("w", 2560)]
        )
        {
            var isLargest = longest <= edge || edge == 2560;
            var scale = longest <= edge ? 1 : (double)edge / longest;
            json.WriteStartObject();
            json.WriteString("file_id", isLargest ? photo.Id : photo.Id + suffix);
            json.WriteString("file_unique_id", isLargest ? photo.UniqueId : photo.UniqueId + suffix);
            json.WriteNumber("file_size", Math.Max(1, (long)(photo.Bytes.Length * scale * scale)));
            json.WriteNumber("width", Math.Max(1, (int)(photo.Width * scale)));
            json.WriteNumber("height", Math.Max(1, (int)(photo.Height * scale)));
            json.WriteEndObject();
            if (isLargest)
            {
                break;
            }
        }

        json.WriteEndArray();
    }

    private static void WriteDocument(Utf8JsonWriter json, StoredFile document)
    {
        json.WritePropertyName("document");
        json.WriteStartObject();
        json.WriteString("file_name", document.Name);
        json.WriteString("mime_type", document.MimeType);
        json.WriteString("file_id", document.Id);
        json.WriteString("file_unique_id", document.UniqueId);
        json.WriteNumber("file_size", document.Bytes.Length);
        json.WriteEndObject();
    }
}
