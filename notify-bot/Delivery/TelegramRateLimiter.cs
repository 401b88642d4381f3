using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;

namespace Notify.Bot.Delivery;

/// <summary>
/// Keeps the bot within Telegram's rates. A permit comes back a second after the answer, not after the request. The server
/// counts the message at some moment between the two. So however late a request arrives, no second of the server holds more
/// than the limit.
/// </summary>
/// <remarks>
/// A <see cref="ConcurrencyLimiter"/> has the permits over all chats, and this class holds their leases for that second. The framework's
/// limiters with a clock count from the moment of the permit and read the machine's clock. They would let a burst
/// through behind a slow request. Owned by <see cref="DeliveryWorker"/>.
/// </remarks>
internal sealed class TelegramRateLimiter : IDisposable
{
    private const int Remembered = 10_000;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly PaceLimits _limits;
    private readonly TimeProvider _time;
    private readonly ConcurrencyLimiter _overAll;
    private readonly Queue<(long Due, RateLimitLease Lease)> _returning = new();
    private readonly Dictionary<ChatId, ChatPace> _chats = [];

    public TelegramRateLimiter(PaceLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _overAll = new ConcurrencyLimiter(
            new ConcurrencyLimiterOptions { PermitLimit = limits.MessagesPerSecond, QueueLimit = 0 }
        );
    }

    /// <summary>Asks for one call to a chat now.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="count">How many messages it counts: an album as many as it has photos. An album of more than a burst waits for a whole burst, and the next message waits for all of it.</param>
    /// <param name="lease">For <see cref="End"/>, after the answer.</param>
    /// <param name="wait">The wait before the next request for a permit; null if an answer has to come first.</param>
    /// <param name="forAll">Whether the limit over all chats is reached.</param>
    public bool TryBegin(
        ChatId chat,
        int count,
        [NotNullWhen(true)] out RateLimitLease? lease,
        out TimeSpan? wait,
        out bool forAll
    )
    {
        var now = _time.GetTimestamp();
        lease = null;
        forAll = false;
        var pace = Of(chat);
        if (pace.Wait(now, count, this) is { } own)
        {
            wait = own;
            return false;
        }

        while (_returning.TryPeek(out var first) && first.Due <= now)
        {
            _returning.Dequeue().Lease.Dispose();
        }

        lease = _overAll.AttemptAcquire(Math.Min(count, _limits.MessagesPerSecond));
        if (!lease.IsAcquired)
        {
            lease.Dispose();
            lease = null;
            forAll = true;
            wait = _returning.TryPeek(out var next) ? _time.GetElapsedTime(now, next.Due) : null;
            return false;
        }

        wait = null;
        pace.Begin(now, count, this);
        return true;
    }

    /// <summary>The call has ended, with or without an answer.</summary>
    public void End(ChatId chat, RateLimitLease lease, int count)
    {
        var now = _time.GetTimestamp();
        _returning.Enqueue((now + _time.Ticks(Second), lease));
        Of(chat).End(now, count, this);
    }

    /// <summary>Applies a wait that Telegram asked of a chat.</summary>
    public void Hold(ChatId chat, TimeSpan wait)
    {
        var pace = Of(chat);
        pace.NotBefore = Math.Max(pace.NotBefore, _time.GetTimestamp() + _time.Ticks(wait));
    }

    public void Dispose()
    {
        while (_returning.TryDequeue(out var last))
        {
            last.Lease.Dispose();
        }

        _overAll.Dispose();
    }

    private ChatPace Of(ChatId chat)
    {
        if (_chats.TryGetValue(chat, out var pace))
        {
            return pace;
        }

        if (_chats.Count >= Remembered)
        {
            var now = _time.GetTimestamp();
            foreach (var idle in _chats.Where(c => c.Value.IsIdle(now, this)).Select(c => c.Key).ToArray())
            {
                _chats.Remove(idle);
            }
        }

        return _chats[chat] = chat.IsPrivate ? new PrivatePace() : new GroupPace();
    }

    private abstract class ChatPace
    {
        public long NotBefore { get; set; }

        public TimeSpan? Wait(long now, int count, TelegramRateLimiter of)
        {
            var until = Math.Max(NotBefore, AllowedAt(now, count, of));
            return until > now ? of._time.GetElapsedTime(now, until) : null;
        }

        public abstract void Begin(long now, int count, TelegramRateLimiter of);

        public abstract void End(long now, int count, TelegramRateLimiter of);

        public abstract bool IsIdle(long now, TelegramRateLimiter of);

        protected abstract long AllowedAt(long now, int count, TelegramRateLimiter of);
    }

    /// <summary>A bucket of <see cref="PaceLimits.ChatBurst"/> messages that fills at the chat's rate. Stores the moment at which it is full again.</summary>
    /// <remarks>Telegram may count messages that are in flight together (an answer and a notification) when the last one arrives.</remarks>
    private sealed class PrivatePace : ChatPace
    {
        private long _fullAt;
        private int _inFlight;
        private int _together;

        public override void Begin(long now, int count, TelegramRateLimiter of)
        {
            _inFlight++;
            _together += count;
            _fullAt = Math.Max(_fullAt, now) + (count * Interval(of));
        }

        public override void End(long now, int count, TelegramRateLimiter of)
        {
            _fullAt = Math.Max(_fullAt, now + (_together * Interval(of)));
            if (--_inFlight == 0)
            {
                _together = 0;
            }
        }

        public override bool IsIdle(long now, TelegramRateLimiter of) =>
            _inFlight == 0 && _fullAt <= now && NotBefore <= now;

        protected override long AllowedAt(long now, int count, TelegramRateLimiter of) =>
            Math.Max(
                _fullAt - ((PaceLimits.ChatBurst - Math.Min(count, PaceLimits.ChatBurst)) * Interval(of)),
                _inFlight < PaceLimits.ChatBurst ? 0 : now + Interval(of)
            );

        private static long Interval(TelegramRateLimiter of) =>
            of._time.Ticks(Second) / of._limits.ChatMessagesPerSecond;
    }

    /// <summary>The answers of the last minute.</summary>
    private sealed class GroupPace : ChatPace
    {
        private readonly Queue<long> _sent = new();
        private int _inFlight;

        public override void Begin(long now, int count, TelegramRateLimiter of) => _inFlight += count;

        public override void End(long now, int count, TelegramRateLimiter of)
        {
            _inFlight -= count;
            for (var i = 0; i < count; i++)
            {
                _sent.Enqueue(now);
            }
        }

        public override bool IsIdle(long now, TelegramRateLimiter of) =>
            _inFlight == 0 && NotBefore <= now && (_sent.Count == 0 || AllowedAt(now, 1, of) <= now);

        protected override long AllowedAt(long now, int count, TelegramRateLimiter of)
        {
            while (_sent.TryPeek(out var oldest) && oldest + of._time.Ticks(Minute) <= now)
            {
                _sent.Dequeue();
            }

            var most = of._limits.GroupMessagesPerMinute;
            return _sent.Count + _inFlight + Math.Min(count, most) <= most ? now
                : _sent.TryPeek(out var first) ? first + of._time.Ticks(Minute)
                : now + of._time.Ticks(Second);
        }
    }
}
