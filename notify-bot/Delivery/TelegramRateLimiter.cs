using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;

namespace Notify.Bot.Delivery;

/// <summary>How fast Telegram lets a bot send.</summary>
/// <param name="MessagesPerSecond">Over all chats.</param>
/// <param name="ChatMessagesPerSecond">To one private chat, after a burst.</param>
/// <param name="GroupMessagesPerMinute">To one group.</param>
/// <remarks>The published figures: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.</remarks>
public sealed record PaceLimits(int MessagesPerSecond, int ChatMessagesPerSecond, int GroupMessagesPerMinute)
{
    /// <summary>Messages that a private chat takes at once before its rate counts.</summary>
    public const int ChatBurst = 3;
}

/// <summary>
/// Keeps the bot within Telegram's rates, so that no call is refused for speed. Each permit comes back a second after the
/// answer, not after the sending: the server counted the message at some moment in between, so however late a request arrives
/// there, no second of the server's ever holds more than the limit.
/// </summary>
/// <remarks>
/// The permits over all chats are a <see cref="ConcurrencyLimiter"/>'s whose leases are held for that second. The ready-made limiters with
/// a clock count from the moment a permit is taken and read the machine's clock themselves; they would let a burst
/// through behind a slow request. Not thread-safe: guarded by the scheduler's lock.
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

    /// <summary>Asks for one message to a chat now.</summary>
    /// <param name="chat">Where to.</param>
    /// <param name="lease">To be given to <see cref="End"/> when the answer is there.</param>
    /// <param name="wait">How long to wait before asking again; null where some answer has to come first.</param>
    /// <param name="forAll">Whether it is the limit over all chats that is reached.</param>
    public bool TryBegin(
        ChatId chat,
        [NotNullWhen(true)] out RateLimitLease? lease,
        out TimeSpan? wait,
        out bool forAll
    )
    {
        var now = _time.GetTimestamp();
        lease = null;
        forAll = false;
        var pace = Of(chat);
        if (pace.Wait(now, this) is { } own)
        {
            wait = own;
            return false;
        }

        while (_returning.TryPeek(out var first) && first.Due <= now)
        {
            _returning.Dequeue().Lease.Dispose();
        }

        lease = _overAll.AttemptAcquire();
        if (!lease.IsAcquired)
        {
            lease.Dispose();
            lease = null;
            forAll = true;
            wait = _returning.TryPeek(out var next) ? _time.GetElapsedTime(now, next.Due) : null;
            return false;
        }

        wait = null;
        pace.Begin(now, this);
        return true;
    }

    /// <summary>The answer is there, or will not come.</summary>
    public void End(ChatId chat, RateLimitLease lease)
    {
        var now = _time.GetTimestamp();
        _returning.Enqueue((now + _time.Ticks(Second), lease));
        Of(chat).End(now, this);
    }

    /// <summary>Telegram said how long a chat has to wait.</summary>
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

        public TimeSpan? Wait(long now, TelegramRateLimiter of)
        {
            var until = Math.Max(NotBefore, AllowedAt(now, of));
            return until > now ? of._time.GetElapsedTime(now, until) : null;
        }

        public abstract void Begin(long now, TelegramRateLimiter of);

        public abstract void End(long now, TelegramRateLimiter of);

        public abstract bool IsIdle(long now, TelegramRateLimiter of);

        protected abstract long AllowedAt(long now, TelegramRateLimiter of);
    }

    /// <summary>A bucket of <see cref="PaceLimits.ChatBurst"/> messages that fills at the chat's rate, kept as the moment at which it is full again.</summary>
    /// <remarks>Messages that are on their way together (an answer and a notification) may all be counted when the last of them arrives.</remarks>
    private sealed class PrivatePace : ChatPace
    {
        private long _fullAt;
        private int _inFlight;
        private int _together;

        public override void Begin(long now, TelegramRateLimiter of)
        {
            _inFlight++;
            _together++;
            _fullAt = Math.Max(_fullAt, now) + Interval(of);
        }

        public override void End(long now, TelegramRateLimiter of)
        {
            _fullAt = Math.Max(_fullAt, now + (_together * Interval(of)));
            if (--_inFlight == 0)
            {
                _together = 0;
            }
        }

        public override bool IsIdle(long now, TelegramRateLimiter of) =>
            _inFlight == 0 && _fullAt <= now && NotBefore <= now;

        protected override long AllowedAt(long now, TelegramRateLimiter of) =>
            Math.Max(
                _fullAt - ((PaceLimits.ChatBurst - 1) * Interval(of)),
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

        public override void Begin(long now, TelegramRateLimiter of) => _inFlight++;

        public override void End(long now, TelegramRateLimiter of)
        {
            _inFlight--;
            _sent.Enqueue(now);
        }

        public override bool IsIdle(long now, TelegramRateLimiter of) =>
            _inFlight == 0 && NotBefore <= now && (_sent.Count == 0 || AllowedAt(now, of) <= now);

        protected override long AllowedAt(long now, TelegramRateLimiter of)
        {
            while (_sent.TryPeek(out var oldest) && oldest + of._time.Ticks(Minute) <= now)
            {
                _sent.Dequeue();
            }

            return _sent.Count + _inFlight < of._limits.GroupMessagesPerMinute ? now
                : _sent.TryPeek(out var first) ? first + of._time.Ticks(Minute)
                : now + of._time.Ticks(Second);
        }
    }
}
