using Notify.Bot.Telegram;

namespace Notify.Bot.Commands;

/// <summary>A pressed button under a message of the bot.</summary>
/// <param name="QueryId">Names the press, for its acknowledgement.</param>
/// <param name="Chat">Where it was pressed.</param>
/// <param name="Message">The message above it.</param>
/// <param name="Name">The button: its data up to and including the colon, or all of it without a colon.</param>
/// <param name="Argument">The data after the colon.</param>
internal sealed record PressedButton(string QueryId, ChatId Chat, MessageId Message, string Name, string Argument)
{
    /// <summary>The message above it as Telegram showed it at the press.</summary>
    internal required ApiMessage Shown { get; init; }

    /// <summary>Reads the query; null if Telegram no longer knows the button's message.</summary>
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
        )
        {
            Shown = message,
        };
    }
}
