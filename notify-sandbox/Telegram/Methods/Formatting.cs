using System.Globalization;
using System.Text.Json;
using Notify.Sandbox.Telegram.Text;

namespace Notify.Sandbox.Telegram.Methods;

/// <summary>Texts, captions, entities and buttons out of the fields of a call.</summary>
internal static class Formatting
{
    private const int MaxCallbackDataBytes = 64;
    private const int MaxButtonsPerRow = 8;
    private const int MaxButtons = 100;

    /// <summary>The field <c>text</c>, ready to be shown.</summary>
    /// <exception cref="BotApiRefusal">It is missing, empty, too long, or its markup or entities are wrong.</exception>
    public static FormattedText TextOf(BotApiCall call)
    {
        var text = call.Request.Text("text");
        if (text.Length == 0)
        {
            throw BotApiRefusal.BadRequest("message text is empty");
        }

        var formatted = MessageText.Normalize(
            WithKnownPeople(
                call,
                MessageText.Parse(
                    text,
                    call.Request.Text("parse_mode"),
                    Entities(call, call.Request.Text("parse_mode"), call.Request.Json, "entities")
                )
            ),
            mayBeEmpty: false
        );
        return formatted.Text.Length > MessageText.MaxTextLength
            ? throw BotApiRefusal.BadRequest("message is too long")
            : formatted;
    }

    /// <summary>The field <c>caption</c>, which may be missing.</summary>
    /// <exception cref="BotApiRefusal">It is too long, or its markup or entities are wrong.</exception>
    public static FormattedText CaptionOf(BotApiCall call) =>
        Measured(Caption(call, call.Request.Text("caption"), call.Request.Text("parse_mode"), call.Request.Json));

    /// <summary>The caption of one item of an album; <see cref="Measured"/> looks at its length.</summary>
    /// <exception cref="BotApiRefusal">Its markup or entities are wrong.</exception>
    public static FormattedText CaptionOf(BotApiCall call, JsonElement item) =>
        Caption(
            call,
            OptionalString(item, "caption", "") ?? "",
            OptionalString(item, "parse_mode", "") ?? "",
            (field, _) =>
                item.TryGetProperty(field, out var given) && given.ValueKind != JsonValueKind.Null ? given : null
        );

    /// <summary>A caption that is short enough.</summary>
    /// <exception cref="BotApiRefusal">It is too long.</exception>
    public static FormattedText Measured(FormattedText caption) =>
        caption.Text.Length > MessageText.MaxCaptionLength
            ? throw BotApiRefusal.BadRequest("message caption is too long")
            : caption;

    public static bool IsLinkPreviewOff(BotApiCall call) =>
        call.Request.Flag("disable_web_page_preview")
        || (
            call.Request.Json("link_preview_options", "link preview options")
                is { ValueKind: JsonValueKind.Object } options
            && options.TryGetProperty("is_disabled", out var off)
            && off.ValueKind == JsonValueKind.True
        );

    /// <summary>The buttons in <c>reply_markup</c>. Keyboards of other kinds are taken and not shown.</summary>
    /// <exception cref="BotApiRefusal">The markup is not what Telegram takes.</exception>
    public static IReadOnlyList<IReadOnlyList<InlineButton>> ButtonsOf(BotApiCall call, bool isEdit = false)
    {
        if (call.Request.Json("reply_markup", "reply keyboard markup") is not { } markup)
        {
            return [];
        }

        if (markup.ValueKind != JsonValueKind.Object)
        {
            throw BotApiRefusal.BadRequest("object expected as reply markup");
        }

        if (!markup.TryGetProperty("inline_keyboard", out var keyboard))
        {
            return isEdit && markup.EnumerateObject().Any()
                ? throw BotApiRefusal.BadRequest("inline keyboard expected")
                : [];
        }

        if (keyboard.ValueKind != JsonValueKind.Array)
        {
            throw BotApiRefusal.BadRequest("field \"inline_keyboard\" must be of type Array");
        }

        var rows = new List<IReadOnlyList<InlineButton>>();
        foreach (var row in keyboard.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array)
            {
                throw BotApiRefusal.BadRequest("field \"inline_keyboard\" must be an Array of Arrays");
            }

            var buttons = row.EnumerateArray().Select(Button).ToList();
            if (buttons.Count > MaxButtonsPerRow)
            {
                throw BotApiRefusal.BadRequest("REPLY_MARKUP_TOO_LONG");
            }

            if (buttons.Count > 0)
            {
                rows.Add(buttons);
            }
        }

        return rows.Sum(r => r.Count) > MaxButtons ? throw BotApiRefusal.BadRequest("REPLY_MARKUP_TOO_LONG") : rows;
    }

    private static InlineButton Button(JsonElement button)
    {
        const string CantParse = "can't parse inline keyboard button: ";
        if (button.ValueKind != JsonValueKind.Object)
        {
            throw BotApiRefusal.BadRequest(CantParse + "InlineKeyboardButton must be an Object");
        }

        if (!button.TryGetProperty("text", out var label))
        {
            throw BotApiRefusal.BadRequest(CantParse + "Can't find field \"text\"");
        }

        if (label.ValueKind != JsonValueKind.String)
        {
            throw BotApiRefusal.BadRequest(CantParse + "Field \"text\" must be of type String");
        }

        var text = Utf8(label).Trim();
        if (text.Length == 0)
        {
            throw BotApiRefusal.BadRequest("inline keyboard button text must be non-empty");
        }

        if (OptionalString(button, "url", CantParse) is { Length: > 0 } url)
        {
            return Links.TryCheck(url, out var address, out var problem)
                ? new InlineButton(text, null, address)
                : throw BotApiRefusal.BadRequest($"inline keyboard button URL '{url}' is invalid: {problem}");
        }

        if (OptionalString(button, "callback_data", CantParse) is not { Length: > 0 } data)
        {
            throw BotApiRefusal.BadRequest(CantParse + "Text buttons are unallowed in the inline keyboard");
        }

        return System.Text.Encoding.UTF8.GetByteCount(data) > MaxCallbackDataBytes
            ? throw BotApiRefusal.BadRequest("BUTTON_DATA_INVALID")
            : new InlineButton(text, data, null);
    }

    /// <summary>A member that is a string, or null where it is missing or null.</summary>
    /// <exception cref="BotApiRefusal">It is something else; <paramref name="cantParse"/> comes before the reason.</exception>
    public static string? OptionalString(JsonElement owner, string name, string cantParse)
    {
        if (!owner.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String
            ? Utf8(value)
            : throw BotApiRefusal.BadRequest($"{cantParse}Field \"{name}\" must be of type String");
    }

    private static FormattedText Caption(
        BotApiCall call,
        string text,
        string parseMode,
        Func<string, string, JsonElement?> json
    ) =>
        text.Length == 0
            ? FormattedText.Empty
            : MessageText.Normalize(
                WithKnownPeople(
                    call,
                    MessageText.Parse(text, parseMode, Entities(call, parseMode, json, "caption_entities"))
                ),
                mayBeEmpty: true
            );

    /// <summary>A text without mentions of people whom nobody knows: Telegram shows these as text.</summary>
    private static FormattedText WithKnownPeople(BotApiCall call, FormattedText text) =>
        text with
        {
            Entities =
            [
                .. text.Entities.Where(entity =>
                    entity.Type != EntityType.TextMention
                    || call.World.People.Person(long.Parse(entity.Argument!, CultureInfo.InvariantCulture)) is not null
                ),
            ],
        };

    /// <summary>The entities beside a text; they count only where there is no parse mode.</summary>
    /// <param name="call">The call.</param>
    /// <param name="parseMode">The text's.</param>
    /// <param name="json">Reads a field that holds JSON, given its name and its name in errors.</param>
    /// <param name="field">The field with the entities.</param>
    private static List<MessageEntity> Entities(
        BotApiCall call,
        string parseMode,
        Func<string, string, JsonElement?> json,
        string field
    )
    {
        var entities = new List<MessageEntity>();
        if (!MessageText.IsPlain(parseMode) || json(field, field) is not { } given)
        {
            return entities;
        }

        if (given.ValueKind != JsonValueKind.Array)
        {
            throw BotApiRefusal.BadRequest($"can't parse entities: Expected an Array of MessageEntity");
        }

        foreach (var entity in given.EnumerateArray())
        {
            if (entity.ValueKind != JsonValueKind.Object)
            {
                throw BotApiRefusal.BadRequest("can't parse MessageEntity: Expected an Object");
            }

            if (ToEntity(call, entity) is { } known)
            {
                entities.Add(known);
            }
        }

        return entities;
    }

    /// <summary>An entity as given, or null for the kinds that Telegram finds itself or does not know.</summary>
    private static MessageEntity? ToEntity(BotApiCall call, JsonElement entity)
    {
        var offset = Integer(entity, "offset");
        var length = Integer(entity, "length");
        if (!entity.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
        {
            throw BotApiRefusal.BadRequest("can't parse MessageEntity: Field \"type\" must be of type String");
        }

        switch (Utf8(type))
        {
            case "bold":
                return new MessageEntity(EntityType.Bold, offset, length);
            case "italic":
                return new MessageEntity(EntityType.Italic, offset, length);
            case "underline":
                return new MessageEntity(EntityType.Underline, offset, length);
            case "strikethrough":
                return new MessageEntity(EntityType.Strikethrough, offset, length);
            case "spoiler":
                return new MessageEntity(EntityType.Spoiler, offset, length);
            case "blockquote":
                return new MessageEntity(EntityType.Blockquote, offset, length);
            case "expandable_blockquote":
                return new MessageEntity(EntityType.ExpandableBlockquote, offset, length);
            case "code":
                return new MessageEntity(EntityType.Code, offset, length);
            case "pre":
                return OptionalString(entity, "language", "can't parse MessageEntity: ") is { Length: > 0 } language
                    ? new MessageEntity(EntityType.PreCode, offset, length, language)
                    : new MessageEntity(EntityType.Pre, offset, length);
            case "text_link":
                var url = OptionalString(entity, "url", "can't parse MessageEntity: ") ?? "";
                return Links.ToEntity(url, offset, length)
                    ?? throw BotApiRefusal.BadRequest($"entity URL '{url}' is invalid: {Links.Problem(url)}");
            case "text_mention"
                when entity.TryGetProperty("user", out var user)
                    && user.TryGetProperty("id", out var id)
                    && id.TryGetInt64(out var person):
                return call.World.People.Person(person) is null
                    ? null
                    : new MessageEntity(
                        EntityType.TextMention,
                        offset,
                        length,
                        person.ToString(CultureInfo.InvariantCulture)
                    );
            case "custom_emoji":
                return new MessageEntity(
                    EntityType.CustomEmoji,
                    offset,
                    length,
                    OptionalString(entity, "custom_emoji_id", "can't parse MessageEntity: ")
                );
            default:
                return null;
        }
    }

    private static int Integer(JsonElement entity, string name) =>
        entity.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var number)
            ? number
            : throw BotApiRefusal.BadRequest($"can't parse MessageEntity: Field \"{name}\" must be of type Number");

    private static string Utf8(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw BotApiRefusal.NotUtf8();
        }
    }
}
