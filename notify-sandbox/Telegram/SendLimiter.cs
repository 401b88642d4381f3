namespace Notify.Sandbox.Telegram;

/// <summary>
/// The published sending rates: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this. Guarded by the world's gate.
/// </summary>
/// <remarks>
/// About 30 messages a second over all chats; about one a second in a private chat, where short bursts pass (here 3); 20 a minute in a group.
/// An album counts as many messages as it has items. It needs room for all of them, in a private chat for at most a burst.
/// A refused send counts for nothing.
/// </remarks>
internal sealed class SendLimiter(TimeProvider time)
{
    private const int PerSecond = 30;
    private const int Burst = 3;
    private const int PerGroupMinute = 20;

    private readonly Queue<long> _lastSecond = new();
    private readonly Dictionary<long, Queue<long>> _groups = [];

    // When the chat's allowance is full again; each message moves it one second on.
    private readonly Dictionary<long, long> _fullAgain = [];

    /// <summary>Whether limits apply at all.</summary>
    public bool IsOn { get; set; }

    /// <summary>Counts a message or an album to a chat, or refuses it.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="messages">1, or the number of an album's items.</param>
    /// <exception cref="BotApiRefusal">429 with the seconds after which it passes.</exception>
    public void Count(Chat chat, int messages = 1)
    {
        if (!IsOn)
        {
            return;
        }

        var now = time.GetTimestamp();
        var second = time.TimestampFrequency;
        RefuseUnless(_lastSecond, messages, PerSecond, second, now);
        if (chat.Type == ChatType.Private)
        {
            var full = Math.Max(_fullAgain.GetValueOrDefault(chat.Id, now), now);
            var tooEarly = full - now - ((Burst - Math.Min(messages, Burst)) * second);
            if (tooEarly > 0)
            {
                throw Refusal(tooEarly);
            }

            _fullAgain[chat.Id] = full + (messages * second);
        }
        else
        {
            if (!_groups.TryGetValue(chat.Id, out var sent))
            {
                _groups[chat.Id] = sent = new Queue<long>();
            }

            RefuseUnless(sent, messages, PerGroupMinute, 60 * second, now);
            Add(sent, messages, now);
        }

        Add(_lastSecond, messages, now);
    }

    private static void Add(Queue<long> sent, int messages, long now)
    {
        for (var i = 0; i < messages; i++)
        {
            sent.Enqueue(now);
        }
    }

    private void RefuseUnless(Queue<long> sent, int messages, int most, long window, long now)
    {
        while (sent.TryPeek(out var oldest) && oldest <= now - window)
        {
            sent.Dequeue();
        }

        var over = sent.Count + messages - most;
        if (over > 0)
        {
            throw Refusal(sent.ElementAt(over - 1) + window - now);
        }
    }

    private BotApiRefusal Refusal(long ticks) =>
        BotApiRefusal.TooManyRequests((int)Math.Max(1, Math.Ceiling((double)ticks / time.TimestampFrequency)));
}
