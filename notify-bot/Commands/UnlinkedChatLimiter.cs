namespace Notify.Bot.Commands;

/// <summary>
/// Anybody on Telegram can write to the bot. A chat that is not linked gets a few answers a minute and then silence, so that a
/// flood costs neither the bot's rate at Telegram nor its disk. Thread-safe.
/// </summary>
public sealed class UnlinkedChatLimiter(TimeProvider time)
{
    /// <summary>Answers in one minute (specification, section 6).</summary>
    public const int AnswersPerMinute = 5;

    /// <summary>Chats that are answered in one minute: far more than Telegram's rate has answers for. Further ones get none, and are not remembered.</summary>
    internal const int ChatsPerMinute = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ChatId, int> _answers = [];

    /// <summary>The chats in the order in which their minutes began.</summary>
    private readonly Queue<(ChatId Chat, long Begun)> _minutes = new();

    /// <summary>Whether the chat may be answered now; counts the answer.</summary>
    public bool MayAnswer(ChatId chat)
    {
        lock (_gate)
        {
            while (_minutes.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Begun) >= Window)
            {
                _answers.Remove(_minutes.Dequeue().Chat);
            }

            if (_answers.TryGetValue(chat, out var answers))
            {
                if (answers >= AnswersPerMinute)
                {
                    return false;
                }

                _answers[chat] = answers + 1;
                return true;
            }

            if (_answers.Count >= ChatsPerMinute)
            {
                return false;
            }

            _answers.Add(chat, 1);
            _minutes.Enqueue((chat, time.GetTimestamp()));
            return true;
        }
    }
}
