namespace Notify.Bot;

/// <summary>How fast Telegram lets a bot send.</summary>
/// <param name="MessagesPerSecond">Over all chats.</param>
/// <param name="ChatMessagesPerSecond">To one private chat, after a burst.</param>
/// <param name="GroupMessagesPerMinute">To one group.</param>
/// <remarks>The published figures: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.</remarks>
public sealed record PaceLimits(int MessagesPerSecond, int ChatMessagesPerSecond, int GroupMessagesPerMinute)
{
    /// <summary>Messages that a private chat takes at once before its rate counts.</summary>
    public const int ChatBurst = 3;
}
