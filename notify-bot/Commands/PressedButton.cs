using Notify.Bot.Telegram;

namespace Notify.Bot.Commands;

/// <summary>A button under a message of the bot that somebody has pressed.</summary>
/// <param name="QueryId">What is acknowledged, so that the button stops waiting.</param>
/// <param name="Chat">Where it was pressed.</param>
/// <param name="Message">The message that it stands under.</param>
/// <param name="Name">Which one it is: what its data begins with, up to and with the colon; all of it where there is none.</param>
/// <param name="Argument">What follows the colon.</param>
internal sealed record PressedButton(string QueryId, ChatId Chat, MessageId Message, string Name, string Argument)
{
    /// <summary>Reads the query; null where Telegram does not say any more what the button was.</summary>
    internal static PressedButton? Read(ApiCallbackQuery query)
    {
        if (query.Message is not { } message || query.Data is not { Length: > 0 } data)
        {
            return null;
        }

        var end = data.IndexOf(':', StringComparison.Ordinal) + 1;
        return new PressedButton(
            query.Id,
            new ChatId(message.Chat.Id),
            new MessageId(message.MessageId),
            end > 0 ? data[..end] : data,
            end > 0 ? data[end..] : ""
        );
    }
}
