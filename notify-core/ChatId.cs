using System.Globalization;

namespace Notify;

/// <summary>A Telegram chat: positive for a private chat, negative for a group. It has 64 bits, because supergroup ids do not fit into 32.</summary>
/// <param name="Value">The number that the Bot API uses.</param>
public readonly record struct ChatId(long Value)
{
    /// <summary>Whether it is a private chat. Groups only receive; commands and codes belong to private chats.</summary>
    public bool IsPrivate => Value > 0;

    /// <inheritdoc />
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
