namespace Notify.Bot.Delivery;

/// <summary>
/// Whether Telegram makes the whole bot wait: a 429 does not say whether it means the chat or the bot. Several chats in a row are a suspicion, and one message at a time, to a chat
/// that is not told to wait, finds out: if it is taken, only those chats were meant. Not thread-safe: guarded by the scheduler's lock.
/// </summary>
internal sealed partial class GlobalRateLimitDetector(TimeProvider time, ILogger log)
{
    /// <summary>Chats that are told to wait within <see cref="Window"/>, without a success in between, are a suspicion.</summary>
    private const int Chats = 3;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest that all chats wait on one answer: it may have meant its own chat all the same. That chat waits as long as it was told in any case.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly HashSet<ChatId> _held = [];
    private long _began;
    private bool _isProbing;
    private bool _probeIsOut;

    /// <summary>Until when nobody's turn comes, as a timestamp.</summary>
    public long HeldUntil { get; private set; }

    /// <summary>Whether a message may begin: while one is out to find out, no other may. What was on its way before is not waited for; it may be a large picture.</summary>
    public bool MayBegin => !_isProbing || !_probeIsOut;

    /// <summary>A message begins.</summary>
    /// <returns>Whether it is one that finds out.</returns>
    public bool Begins() => _probeIsOut = _isProbing;

    /// <summary>A message's try is over, however it went.</summary>
    public void Ended(bool isProbe) => _probeIsOut &= !isProbe;

    /// <summary>A message was taken. One that was on its way before the suspicion does not end it.</summary>
    public void Succeeded(bool isProbe)
    {
        _held.Clear();
        _isProbing &= !isProbe;
    }

    /// <summary>A chat was told to wait.</summary>
    public void ChatHeld(ChatId chat, TimeSpan pause, bool isProbe)
    {
        var now = time.GetTimestamp();
        if (isProbe)
        {
            var wait = pause < Longest ? pause : Longest;
            HeldUntil = now + time.Ticks(wait);
            LogFlood(log, wait.TotalSeconds);
            return;
        }

        if (_isProbing)
        {
            // It was on its way before: nothing new.
            return;
        }

        if (_held.Count == 0 || time.GetElapsedTime(_began, now) > Window)
        {
            _held.Clear();
            _began = now;
        }

        _held.Add(chat);
        if (_held.Count >= Chats)
        {
            _held.Clear();
            _isProbing = true;
        }
    }

    [LoggerMessage(1505, LogLevel.Warning, "Telegram makes the whole bot wait for {Seconds:0} s. Nothing is lost.")]
    private static partial void LogFlood(ILogger log, double seconds);
}
