namespace Notify.Sandbox.Telegram;

/// <summary>
/// The published sending rates: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this. Guarded by the world's gate.
/// </summary>
/// <remarks>
/// About 30 messages a second over all chats; about one a second in a private chat, where short bursts pass (here 3); 20 a minute in a group.
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

    /// <summary>Counts a message to a chat, or refuses it.</summary>
    /// <exception cref="BotApiRefusal">429 with the seconds after which one message passes.</exception>
    public void Count(Chat chat)
    {
        if (!IsOn)
            return;
        var now = time.GetTimestamp();
        var second = time.TimestampFrequency;
        RefuseUnless(_lastSecond, PerSecond, second, now);
        if (chat.Type == ChatType.Private)
        {
            var full = Math.Max(_fullAgain.GetValueOrDefault(chat.Id, now), now);
            var tooEarly = full - now - ((Burst - 1) * second);
            if (tooEarly > 0)
                throw Refusal(tooEarly);
            _fullAgain[chat.Id] = full + second;
        }
        else
        {
            if (!_groups.TryGetValue(chat.Id, out var sent))
                _groups[chat.Id] = sent = new Queue<long>();
            RefuseUnless(sent, PerGroupMinute, 60 * second, now);
            sent.Enqueue(now);
        }

        _lastSecond.Enqueue(now);
    }

    private void RefuseUnless(Queue<long> sent, int most, long window, long now)
    {
        while (sent.TryPeek(out var oldest) && oldest <= now - window)
            sent.Dequeue();
        if (sent.Count >= most)
            throw Refusal(sent.Peek() + window - now);
    }

    private BotApiRefusal Refusal(long ticks) =>
        BotApiRefusal.TooManyRequests((int)Math.Max(1, Math.Ceiling((double)ticks / time.TimestampFrequency)));
}
