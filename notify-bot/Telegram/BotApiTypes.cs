using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Formatting;

namespace Notify.Bot.Telegram;

// The part of https://core.telegram.org/bots/api that the bot uses, with the API's own names. Members that the bot does not
// read are left out; unknown ones are passed over, so a newer Bot API changes nothing.

/// <summary>A message's number within its chat.</summary>
/// <param name="Value">The number that the Bot API uses.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MessageId(long Value);

/// <summary>The frame of each answer of the Bot API. Null members reveal JSON from another source.</summary>
internal sealed record ApiAnswer<T>(
    bool? Ok,
    T? Result,
    int? ErrorCode,
    string? Description,
    ResponseParameters? Parameters
);

internal sealed record ResponseParameters(long? MigrateToChatId, int? RetryAfter);

internal sealed record ApiUser(long Id, bool IsBot, string? FirstName, string? Username);

internal sealed record ApiChat(long Id, string? Type, string? Title);

internal sealed record ApiMessage(long MessageId, ApiChat Chat, ApiUser? From, string? Text, long? MigrateToChatId)
{
    public IReadOnlyList<ApiEntity>? Entities { get; init; }

    public string? Caption { get; init; }

    public IReadOnlyList<ApiEntity>? CaptionEntities { get; init; }

    /// <summary>Its picture in several sizes.</summary>
    public JsonElement? Photo { get; init; }

    public JsonElement? Document { get; init; }

    public ApiKeyboard? ReplyMarkup { get; init; }

    /// <summary>Whether its text is the caption of a picture or file.</summary>
    [JsonIgnore]
    public bool HasMedia => Photo is not null || Document is not null;
}

internal sealed record ApiCallbackQuery(string Id, ApiUser From, ApiMessage? Message, string? Data);

internal sealed record ApiChatMember(string? Status);

internal sealed record ApiChatMemberUpdated(ApiChat Chat, ApiChatMember NewChatMember);

internal sealed record ApiUpdate(
    long UpdateId,
    ApiMessage? Message,
    ApiCallbackQuery? CallbackQuery,
    ApiChatMemberUpdated? MyChatMember
);

internal sealed record ApiEntity(string Type, int Offset, int Length, string? Url = null, string? Language = null)
{
    /// <summary>Who is named, in a <c>text_mention</c>.</summary>
    public JsonElement? User { get; init; }

    public string? CustomEmojiId { get; init; }

    /// <summary>The formatting of a text; null for a plain one.</summary>
    internal static IReadOnlyList<ApiEntity>? Of(FormattedText text) =>
        text.Entities.Count == 0
            ? null
            : [.. text.Entities.Select(e => new ApiEntity(e.Kind.BotApiName(), e.Offset, e.Length, e.Url, e.Language))];
}

internal sealed record ApiButton(string Text, string? CallbackData = null, string? Url = null);

internal sealed record ApiKeyboard(IReadOnlyList<IReadOnlyList<ApiButton>> InlineKeyboard);

internal sealed record ApiLinkPreview(bool IsDisabled);

internal sealed record GetUpdatesRequest(long? Offset, int Limit, int Timeout, IReadOnlyList<string> AllowedUpdates);

/// <summary>An answered message. Without it, the answer is sent all the same.</summary>
internal sealed record ApiReply(long MessageId)
{
    public bool AllowSendingWithoutReply { get; } = true;
}

internal sealed record SendMessageRequest(long ChatId, string Text)
{
    public string? ParseMode { get; init; }

    public IReadOnlyList<ApiEntity>? Entities { get; init; }

    public ApiKeyboard? ReplyMarkup { get; init; }

    public bool? DisableNotification { get; init; }

    /// <summary>The message that it answers; null for none.</summary>
    public ApiReply? ReplyParameters { get; init; }

    /// <summary>Previews are off: they fetch addresses, and would use up a one-time link.</summary>
    public ApiLinkPreview LinkPreviewOptions { get; init; } = new(IsDisabled: true);
}

/// <summary>A photo of an album (https://core.telegram.org/bots/api#inputmediaphoto).</summary>
internal sealed record ApiInputPhoto(
    string Media,
    string? Caption = null,
    string? ParseMode = null,
    IReadOnlyList<ApiEntity>? CaptionEntities = null
)
{
    public string Type { get; init; } = "photo";
}

internal sealed record EditMessageTextRequest(long ChatId, long MessageId, string Text)
{
    public IReadOnlyList<ApiEntity>? Entities { get; init; }

    public ApiKeyboard? ReplyMarkup { get; init; }

    public ApiLinkPreview LinkPreviewOptions { get; init; } = new(IsDisabled: true);
}

internal sealed record EditMessageCaptionRequest(long ChatId, long MessageId, string Caption)
{
    public IReadOnlyList<ApiEntity>? CaptionEntities { get; init; }

    public ApiKeyboard? ReplyMarkup { get; init; }
}

internal sealed record EditMessageReplyMarkupRequest(long ChatId, long MessageId, ApiKeyboard? ReplyMarkup);

internal sealed record AnswerCallbackQueryRequest(string CallbackQueryId, string? Text, bool? ShowAlert);

internal sealed record ApiCommand(string Command, string Description);

internal sealed record SetMyCommandsRequest(IReadOnlyList<ApiCommand> Commands);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ApiAnswer<ApiUser>))]
[JsonSerializable(typeof(ApiAnswer<ApiMessage>))]
[JsonSerializable(typeof(ApiAnswer<JsonElement>))]
[JsonSerializable(typeof(ApiUpdate))]
[JsonSerializable(typeof(GetUpdatesRequest))]
[JsonSerializable(typeof(SendMessageRequest))]
[JsonSerializable(typeof(EditMessageTextRequest))]
[JsonSerializable(typeof(EditMessageCaptionRequest))]
[JsonSerializable(typeof(EditMessageReplyMarkupRequest))]
[JsonSerializable(typeof(AnswerCallbackQueryRequest))]
[JsonSerializable(typeof(SetMyCommandsRequest))]
[JsonSerializable(typeof(IReadOnlyList<ApiEntity>))]
[JsonSerializable(typeof(ApiKeyboard))]
[JsonSerializable(typeof(ApiReply))]
[JsonSerializable(typeof(ApiInputPhoto))]
[JsonSerializable(typeof(IReadOnlyList<ApiInputPhoto>))]
internal sealed partial class BotApiJson : JsonSerializerContext;
