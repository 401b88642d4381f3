namespace Notify.Bot.Commands;

/// <summary>
/// Anybody on Telegram can write to the bot. A chat that is not linked gets a few answers a minute and then silence, so that a
/// flood costs neither the bot's rate at Telegram nor its disk. Thread-safe.
/// </summary>
public sealed class StrangerLimit(TimeProvider time)
{
    /// <summary>Answers in one minute (specification, section 6).</summary>
    public const int AnswersPerMinute = 5;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Chats remembered before those whose minute is over are forgotten.</summary>
    private const int Remembered = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<ChatId, (long Begun, int Answers)> _chats = [];

    /// <summary>Whether the chat may be answered now; counts the answer.</summary>
    public bool MayAnswer(ChatId chat)
    {
        lock (_gate)
        {
            if (_chats.Count > Remembered)
            {
                foreach (var old in _chats.Where(c => time.GetElapsedTime(c.Value.Begun) >= Window).Select(c => c.Key).ToArray())
                {
                    _chats.Remove(old);
                }
            }

            if (!_chats.TryGetValue(chat, out var entry) || time.GetElapsedTime(entry.Begun) >= Window)
            {
                _chats[chat] = (time.GetTimestamp(), 1);
                return true;
            }

            _chats[chat] = entry with { Answers = entry.Answers + 1 };
            return entry.Answers < AnswersPerMinute;
        }
    }
}
