using System.Globalization;
using System.Text.Json;

namespace Notify.Sandbox.Telegram.Methods;

/// <summary>The field <c>reply_parameters</c> of the methods that send. Quotes and other chats are not played.</summary>
/// <param name="MessageId">The message to be answered; none if it is not positive.</param>
/// <param name="IsOptional">Whether the message is sent without it if it is not there.</param>
internal sealed record Replies(int MessageId, bool IsOptional)
{
    private const string Field = "reply parameters";

    /// <summary>Reads the field; null where it is missing.</summary>
    /// <exception cref="BotApiRefusal">It isn't what Telegram takes.</exception>
    public static Replies? Of(BotApiCall call)
    {
        if (call.Request.Json("reply_parameters", Field) is not { } given)
        {
            return null;
        }

        if (given.ValueKind != JsonValueKind.Object)
        {
            throw BotApiRefusal.BadRequest("object expected as reply parameters");
        }

        if (!given.TryGetProperty("message_id", out var id))
        {
            throw BotApiRefusal.BadRequest("can't find field \"message_id\"");
        }

        return new Replies(Number(id), IsTrue(given, "allow_sending_without_reply"));
    }

    /// <summary>The message in its chat; null for none, and for one that is gone but need not be there.</summary>
    /// <exception cref="BotApiRefusal">It is not there.</exception>
    public Message? In(Chat chat)
    {
        if (MessageId <= 0)
        {
            return null;
        }

        return chat.Find(MessageId) is { } message ? message
            : IsOptional ? null
            : throw BotApiRefusal.BadRequest("message to be replied not found");
    }

    /// <remarks>Telegram takes a number in quotes too.</remarks>
    private static int Number(JsonElement id)
    {
        if (id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number))
        {
            return number;
        }

        return
            id.ValueKind == JsonValueKind.String
            && int.TryParse(id.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var quoted)
            ? quoted
            : throw BotApiRefusal.BadRequest("field \"message_id\" must be a valid Number");
    }

    private static bool IsTrue(JsonElement given, string name) =>
        given.TryGetProperty(name, out var value)
        && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False or JsonValueKind.Null => false,
            _ => throw BotApiRefusal.BadRequest($"field \"{name}\" must be of type Boolean"),
        };
}
