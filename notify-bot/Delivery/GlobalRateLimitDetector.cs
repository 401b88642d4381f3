namespace Notify.Bot.Delivery;

/// <summary>
/// Detects that Telegram limits the whole bot. A 429 does not name the chat or the bot. After several limited chats in a row, one message at a time goes to another chat as
/// a probe. If Telegram takes it, the limits were for those chats only. Owned by <see cref="DeliveryWorker"/>.
/// </summary>
internal sealed partial class GlobalRateLimitDetector(TimeProvider time, ILogger log)
{
    /// <summary>So many limited chats within <see cref="Window"/>, without a success between them, start the probe.</summary>
    private const int Chats = 3;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest wait of all chats for one answer, because it may have meant its own chat only. That chat waits its full time.
    /// </summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly HashSet<ChatId> _held = [];
    private long _began;
    private bool _isProbing;
    private bool _probeIsOut;

    /// <summary>The end of the wait of all chats, as a timestamp.</summary>
    public long HeldUntil { get; private set; }

    /// <summary>Whether a message may begin: not while a probe is in flight. Earlier messages, perhaps large pictures, do not hold the probe up.</summary>
    public bool MayBegin => !_isProbing || !_probeIsOut;

    /// <summary>A message begins.</summary>
    /// <returns>Whether it is a probe.</returns>
    public bool Begins() => _probeIsOut = _isProbing;

    /// <summary>An attempt ended, whatever its result.</summary>
    public void Ended(bool isProbe) => _probeIsOut &= !isProbe;

    /// <summary>Telegram answered a message. Only a probe ends the probing.</summary>
    public void Succeeded(bool isProbe)
    {
        _held.Clear();
        _isProbing &= !isProbe;
    }

    /// <summary>Telegram limits a chat.</summary>
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
            // It went out before the probe.
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

    [LoggerMessage(
        1505,
        LogLevel.Warning,
        "Telegram makes the whole bot wait for {Seconds:0} s. Notifications stay queued."
    )]
    private static partial void LogFlood(ILogger log, double seconds);
}
