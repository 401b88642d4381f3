using System.Globalization;

namespace Notify;

/// <summary>A Telegram chat: positive for a private chat, negative for a group. 64 bits wide, since supergroup ids do not fit in 32.</summary>
/// <param name="Value">The number that the Bot API uses.</param>
public readonly record struct ChatId(long Value)
{
    /// <summary>Whether the chat is one person's. Groups only receive; commands and codes belong to private chats.</summary>
    public bool IsPrivate => Value > 0;

    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
