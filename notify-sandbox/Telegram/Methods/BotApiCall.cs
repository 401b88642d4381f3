using System.Globalization;
using System.Text.Json;

namespace Notify.Sandbox.Telegram.Methods;

/// <summary>One call being served, under the world's gate.</summary>
/// <param name="World">All that Telegram knows.</param>
/// <param name="Request">What was sent.</param>
/// <param name="Result">Where the value of <c>result</c> is written.</param>
internal sealed record BotApiCall(TelegramWorld World, BotApiRequest Request, Utf8JsonWriter Result)
{
    /// <summary>The chat that <c>chat_id</c> names.</summary>
    /// <exception cref="BotApiRefusal">There is none, or it has become another one.</exception>
    public Chat Chat()
    {
        var text = Request.Text("chat_id");
        if (text.Length == 0)
        {
            throw BotApiRefusal.BadRequest("chat_id is empty");
        }

        if (
            !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id)
            || World.People.Chat(id) is not { } chat
        )
        {
            throw BotApiRefusal.BadRequest("chat not found");
        }

        return chat.MigratedTo is { } supergroup
            ? throw new BotApiRefusal(400, "Bad Request: group chat was upgraded to a supergroup chat")
            {
                MigrateToChatId = supergroup,
            }
            : chat;
    }

    /// <summary>The chat, if the bot may write there.</summary>
    /// <exception cref="BotApiRefusal">It may not.</exception>
    public Chat ChatToWriteTo()
    {
        var chat = Chat();
        if (chat.Type != ChatType.Private)
        {
            return chat.IsKicked
                ? throw BotApiRefusal.Forbidden($"bot was kicked from the {BotApiJson.TypeName(chat.Type)} chat")
                : chat;
        }

        if (chat.Members[0].IsDeactivated)
        {
            throw BotApiRefusal.Forbidden("user is deactivated");
        }

        if (chat.IsBlocked)
        {
            throw BotApiRefusal.Forbidden("bot was blocked by the user");
        }

        return chat.IsStarted ? chat : throw BotApiRefusal.Forbidden("bot can't initiate conversation with a user");
    }
}
