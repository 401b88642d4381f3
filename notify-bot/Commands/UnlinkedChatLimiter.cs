namespace Notify.Bot.Commands;

/// <summary>
/// Limits the answers to an unlinked chat, because anybody on Telegram can write to the bot. A flood then costs neither the
/// bot's rate at Telegram nor its disk. Thread-safe.
/// </summary>
public sealed class UnlinkedChatLimiter(TimeProvider time)
{
    /// <summary>Answers to one chat in one minute.</summary>
    public const int AnswersPerMinute = 5;

    /// <summary>Chats that get answers within one minute, far more than Telegram's rate allows. Others get none and are not remembered.</summary>
    internal const int ChatsPerMinute = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ChatId, int> _answers = [];

    /// <summary>The chats, ordered by the start of their minutes.</summary>
    private readonly Queue<(ChatId Chat, long Begun)> _minutes = new();

    /// <summary>Whether the bot may answer the chat now. Counts the answer.</summary>
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
