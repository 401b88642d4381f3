namespace Notify.Bot.Delivery;

/// <summary>
/// Whether Telegram makes the whole bot wait: a 429 does not say whether it means the chat or the bot; several chats in a row mean the bot. Not thread-safe: guarded
/// by the scheduler's lock.
/// </summary>
internal sealed partial class FloodWatch(TimeProvider time, ILogger log)
{
    /// <summary>Chats that are told to wait within <see cref="Window"/>, without a success in between, make it a flood wait of the whole bot.</summary>
    private const int Chats = 3;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest that all chats wait on a guess. Each chat that was told to wait does so in any case; the others are tried again then, one at a time.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Dictionary<ChatId, TimeSpan> _held = [];
    private long _began;

    /// <summary>Until when nobody's turn comes, as a timestamp.</summary>
    public long HeldUntil { get; private set; }

    /// <summary>A message was taken.</summary>
    public void Succeeded() => _held.Clear();

    /// <summary>A chat was told to wait.</summary>
    /// <returns>Whether everybody waits from now on.</returns>
    public bool ChatHeld(ChatId chat, TimeSpan pause)
    {
        var now = time.GetTimestamp();
        if (_held.Count == 0 || time.GetElapsedTime(_began, now) > Window)
        {
            _held.Clear();
            _began = now;
        }

        _held[chat] = pause;
        if (_held.Count < Chats)
        {
            return false;
        }

        var wait = _held.Values.Append(Longest).Min();
        _held.Clear();
        var isNew = HeldUntil <= now;
        HeldUntil = Math.Max(HeldUntil, now + time.Ticks(wait));
        if (isNew)
        {
            LogFlood(log, wait.TotalSeconds);
        }

        return true;
    }

    [LoggerMessage(1505, LogLevel.Warning, "Telegram makes the whole bot wait for {Seconds:0} s. Nothing is lost.")]
    private static partial void LogFlood(ILogger log, double seconds);
}
