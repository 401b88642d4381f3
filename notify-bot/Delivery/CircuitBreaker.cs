using Notify.Bot.Telegram;
using Notify.Retry;

namespace Notify.Bot.Delivery;

/// <summary>
/// Detects outages of Telegram. While the circuit is open, nothing is sent, and one <c>getMe</c> for all chats is repeated with growing pauses. Owned by <see cref="DeliveryWorker"/>.
/// </summary>
/// <remarks>
/// A failed call does not tell an outage from one message that Telegram can't process. So <c>getMe</c> follows at once. If Telegram answers it and few queues have failed
/// since the last success, only the failed queue waits. Otherwise it is an outage: all share the pauses, then one message at a time goes out until Telegram takes one.
/// Then few messages have an unknown outcome when the connection breaks again.
/// </remarks>
/// <param name="log">Gets the begin and the end of an outage.</param>
internal sealed partial class CircuitBreaker(ILogger log)
{
    /// <summary>So many failed queues without a success between them are an outage, even if Telegram answers <c>getMe</c>.</summary>
    private const int ManyQueues = 3;

    private readonly HashSet<object> _failing = [];
    private readonly Backoff _pauses = NewBackoff();
    private string _reason = "";
    private bool _isReported;

    /// <summary>Whether <c>getMe</c> is pending. No message begins until its answer.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether only one message may be in flight: after an outage, until Telegram takes one.</summary>
    public bool OneAtATime { get; private set; }

    /// <summary>The pauses after failures of Telegram or of a queue.</summary>
    public static Backoff NewBackoff() => new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>Telegram answered a message.</summary>
    public void Succeeded()
    {
        _failing.Clear();
        OneAtATime = false;
        _pauses.Reset();
        if (_isReported)
        {
            _isReported = false;
            LogOver(log);
        }
    }

    /// <summary>A queue's message failed, perhaps because of an outage.</summary>
    /// <param name="queueKey">The queue's key. An empty queue is removed, so the key outlives it.</param>
    /// <param name="failure">The failure.</param>
    /// <returns>The pause before <c>getMe</c>; null if one is pending.</returns>
    public TimeSpan? Failed(object queueKey, BotApiFailure failure)
    {
        _failing.Add(queueKey);
        if (IsOpen)
        {
            return null;
        }

        IsOpen = true;
        _reason = failure.Description;
        return _failing.Count < ManyQueues && !OneAtATime ? TimeSpan.Zero : Trip();
    }

    /// <summary><c>getMe</c> has ended.</summary>
    /// <param name="answers">Whether Telegram answered.</param>
    /// <returns>The pause before the next <c>getMe</c>; null if the circuit is closed now.</returns>
    public TimeSpan? Asked(bool answers)
    {
        if (!answers)
        {
            return Trip();
        }

        IsOpen = false;
        return null;
    }

    private TimeSpan Trip()
    {
        OneAtATime = true;
        if (!_isReported)
        {
            _isReported = true;
            LogOutage(log, _reason);
        }

        return _pauses.Next();
    }

    [LoggerMessage(
        1506,
        LogLevel.Warning,
        "Telegram takes nothing at the moment ({Reason}). Notifications stay queued until it does."
    )]
    private static partial void LogOutage(ILogger log, string reason);

    [LoggerMessage(1507, LogLevel.Information, "Telegram takes messages again.")]
    private static partial void LogOver(ILogger log);
}
