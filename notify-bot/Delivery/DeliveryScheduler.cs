using System.Threading.RateLimiting;
using Notify.Bot.Polling;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>What has to happen after a try.</summary>
internal abstract record TryResult
{
    private TryResult()
    {
    }

    /// <summary>The job is done, for good or bad.</summary>
    internal sealed record Done : TryResult;

    /// <summary>The job has more to send, in its lane's next turn.</summary>
    internal sealed record More : TryResult;

    /// <summary>Its lane waits.</summary>
    internal sealed record Wait(TimeSpan Pause) : TryResult;

    /// <summary>Telegram makes this chat wait. The job waits with it, or has given up.</summary>
    internal sealed record ChatHeld(TimeSpan Pause, bool GivesUp = false) : TryResult;

    /// <summary>Telegram can't be reached, fails, or refuses the token: nobody's turn until it is asked whether it answers at all.</summary>
    internal sealed record Outage(BotApiFailure Failure) : TryResult;
}

/// <summary>Something to be sent to a chat, in one message or several.</summary>
internal abstract class SendingJob
{
    /// <summary>Jobs of one lane are done one after the other, in the order in which they came.</summary>
    public abstract object Lane { get; }

    /// <summary>Answers to chats that are not linked: their turn comes when nobody else's does.</summary>
    public virtual bool CanStandBack => false;

    /// <summary>How long it may still be tried. Once that is over, its next try sends nothing and ends it, whatever else holds its lane up.</summary>
    public abstract TimeSpan Left { get; }

    /// <summary>Where to, at this moment; null where there is no such chat any more, which the job itself deals with.</summary>
    /// <exception cref="StateUnreadableException">It can't be told now.</exception>
    public abstract ChatId? Chat();

    /// <summary>Sends the next message. The chat is null where there is none, or where the time is over.</summary>
    public abstract Task<TryResult> TryAsync(ChatId? chat, CancellationToken stopping);
}

/// <summary>
/// Whose turn it is. Lanes take turns, so a user's flood delays only that user; within a lane the order is kept; Telegram's rates
/// are kept over all; and while Telegram is away nothing is tried but whether it is back.
/// </summary>
/// <remarks>
/// A failed call says little about its reason: Telegram may be away, or choke on this one message. So <c>getMe</c> is asked at once, while nothing else begins.
/// If that is answered and few other lanes have failed since the last success, only the failed lane waits, longer each time. Otherwise it is an outage:
/// pauses shared by all, and then one message at a time until one is taken, so that few are in doubt when the connection breaks again.
/// </remarks>
internal sealed partial class DeliveryScheduler : IDisposable
{
    /// <summary>Messages on their way at one moment. At Telegram's rate a handful is; the rest is room for a Bot API server of one's own.</summary>
    private const int MostInFlight = 64;

    /// <summary>Chats that are told to wait within <see cref="FloodWindow"/>, without a success in between, make it a flood wait of the whole bot.</summary>
    private const int FloodChats = 3;

    /// <summary>Lanes that fail one after the other, without a success in between, make it an outage although <c>getMe</c> is answered.</summary>
    private const int OutageLanes = 3;

    private static readonly TimeSpan FloodWindow = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest that all chats wait on a guess. Each chat that was told to wait does so in any case; the others are tried again then, one at a time.
    /// </summary>
    private static readonly TimeSpan LongestFlood = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>How soon a lane is looked at again whose chat can't be told, since the links can't be read.</summary>
    private static readonly TimeSpan LinksPause = TimeSpan.FromSeconds(5);

    private readonly BotApi _api;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly TelegramPace _pace;
    private readonly Lock _gate = new();
    private readonly Dictionary<object, Lane> _lanes = [];
    private readonly LinkedList<Lane> _ready = new();
    private readonly LinkedList<Lane> _standingBack = new();
    private readonly PriorityQueue<Lane, long> _waiting = new();
    private readonly Dictionary<ChatId, TimeSpan> _flooded = [];
    private readonly HashSet<Lane> _failing = [];
    private readonly Pauses _outagePauses = new(FirstPause, LongestPause);
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private long _floodBegan;
    private long _heldUntil;
    private int _inFlight;
    private bool _outage;
    private bool _outageSaid;
    private bool _oneAtATime;
    private bool _stopped;

    public DeliveryScheduler(BotApi api, PaceLimits limits, TimeProvider time, ILogger<DeliveryScheduler> log)
    {
        _api = api;
        _time = time;
        _log = log;
        _pace = new TelegramPace(limits, time);
        _timer = time.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Puts a job at the end of its lane.</summary>
    public void Add(SendingJob job, TimeSpan? notBefore = null)
    {
        lock (_gate)
        {
            if (!_lanes.TryGetValue(job.Lane, out var lane))
            {
                _lanes[job.Lane] = lane = new Lane();
            }

            lane.Jobs.Enqueue(job);
            if (notBefore is { } pause && pause > TimeSpan.Zero)
            {
                HoldChat(job, pause);
            }

            if (lane.Jobs.Count == 1)
            {
                MakeReady(lane);
            }
        }

        Pump();
    }

    /// <summary>Ends what is on its way within <paramref name="patience"/>, and begins nothing new.</summary>
    public async Task StopAsync(CancellationToken patience)
    {
        Task[] running;
        lock (_gate)
        {
            _stopped = true;
            running = [.. _running];
        }

        try
        {
            await Task.WhenAll(running).WaitAsync(patience);
        }
        catch (OperationCanceledException)
        {
            // What was on its way is in the outbox still; its outcome is not known, and it may arrive twice.
        }

        await _stop.CancelAsync();
    }

    public void Dispose()
    {
        _timer.Dispose();
        _stop.Dispose();
        _pace.Dispose();
    }

    /// <summary>Begins what can be begun now, and sets the timer for what comes next.</summary>
    private void Pump()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            var now = _time.GetTimestamp();
            while (_waiting.TryPeek(out var lane, out var due) && due <= now)
            {
                _waiting.Dequeue();
                if (lane.WaitsUntil == due)
                {
                    MakeReady(lane);
                }
            }

            var next = _waiting.TryPeek(out _, out var soonest) ? soonest : long.MaxValue;
            if (_outage || _heldUntil > now)
            {
                BeginWhatIsOver(_ready);
                BeginWhatIsOver(_standingBack);

                // In an outage the question for Telegram sees to the next look.
                next = _outage ? long.MaxValue : _heldUntil;
            }
            else
            {
                while (_inFlight < (_oneAtATime ? 1 : MostInFlight) && (_ready.First ?? _standingBack.First) is { } node)
                {
                    node.List!.Remove(node);
                    if (!TryBegin(node.Value, now, ref next))
                    {
                        break;
                    }
                }
            }

            if (next != long.MaxValue)
            {
                // Rounded up: a timer that fires a little early would only be set again.
                var wait = _time.GetElapsedTime(now, next);
                _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, 3_600_000)), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Begins a lane's next message, or lets the lane wait for its chat.</summary>
    /// <returns>False where nobody can begin anything now.</returns>
    private bool TryBegin(Lane lane, long now, ref long next)
    {
        var job = lane.Jobs.Peek();
        ChatId? chat;
        try
        {
            chat = job.Left > TimeSpan.Zero ? job.Chat() : null;
        }
        catch (StateUnreadableException)
        {
            next = Math.Min(next, WaitFor(lane, LinksPause));
            return true;
        }

        RateLimitLease? lease = null;
        if (chat is { } to && !_pace.TryBegin(to, out lease, out var wait, out var forAll))
        {
            if (forAll)
            {
                (job.CanStandBack ? _standingBack : _ready).AddFirst(lane);
                next = wait is { } pause ? Math.Min(next, now + Ticks(pause)) : next;
                return false;
            }

            next = Math.Min(next, WaitFor(lane, wait ?? TimeSpan.FromSeconds(1)));
            return true;
        }

        Begin(lane, job, chat, lease);
        return true;
    }

    /// <summary>Ends jobs whose time is over although nothing can be sent.</summary>
    private void BeginWhatIsOver(LinkedList<Lane> lanes)
    {
        for (var node = lanes.First; node is not null && _inFlight < MostInFlight;)
        {
            var following = node.Next;
            if (node.Value.Jobs.Peek() is { } job && job.Left <= TimeSpan.Zero)
            {
                lanes.Remove(node);
                Begin(node.Value, job, chat: null, lease: null);
            }

            node = following;
        }
    }

    private void Begin(Lane lane, SendingJob job, ChatId? chat, RateLimitLease? lease)
    {
        _inFlight++;
        var task = Task.Run(() => RunAsync(lane, job, chat, lease), CancellationToken.None);
        _running.Add(task);
        _ = task.ContinueWith(
            done =>
            {
                lock (_gate)
                {
                    _running.Remove(done);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task RunAsync(Lane lane, SendingJob job, ChatId? chat, RateLimitLease? lease)
    {
        TryResult result;
        try
        {
            result = await job.TryAsync(chat, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A job that fails in a way nobody foresaw must not stop all others; it is tried again, and says so each time.
            LogUnforeseen(_log, e);
            result = new TryResult.Wait(TimeSpan.FromSeconds(30));
        }

        lock (_gate)
        {
            _inFlight--;
            if (chat is { } to)
            {
                _pace.End(to, lease!);
                Weigh(result, to);
            }

            if (result is TryResult.Done or TryResult.ChatHeld { GivesUp: true })
            {
                lane.Jobs.Dequeue();
            }

            if (result is not TryResult.Outage)
            {
                lane.Pauses = null;
            }

            switch (result)
            {
                case TryResult.Wait wait:
                    WaitFor(lane, wait.Pause);
                    break;
                case TryResult.Outage outage:
                    WaitFor(lane, (lane.Pauses ??= new Pauses(FirstPause, LongestPause)).Next());
                    BeginOutage(lane, outage.Failure);
                    break;
                case var _ when lane.Jobs.Count > 0:
                    MakeReady(lane);
                    break;
                default:
                    _lanes.Remove(job.Lane);
                    break;
            }
        }

        Pump();
    }

    /// <summary>What an answer says about more than its own chat.</summary>
    private void Weigh(TryResult result, ChatId chat)
    {
        switch (result)
        {
            case TryResult.Done or TryResult.More:
                _flooded.Clear();
                _failing.Clear();
                _oneAtATime = false;
                _outagePauses.Reset();
                if (_outageSaid)
                {
                    _outageSaid = false;
                    LogOutageOver(_log);
                }

                break;
            case TryResult.ChatHeld held:
                _pace.Hold(chat, held.Pause);
                WeighFlood(chat, held.Pause);
                break;
        }
    }

    /// <summary>A 429 does not say whether it means the chat or the bot: several chats in a row mean the bot.</summary>
    private void WeighFlood(ChatId chat, TimeSpan pause)
    {
        var now = _time.GetTimestamp();
        if (_flooded.Count == 0 || _time.GetElapsedTime(_floodBegan, now) > FloodWindow)
        {
            _flooded.Clear();
            _floodBegan = now;
        }

        _flooded[chat] = pause;
        if (_flooded.Count < FloodChats)
        {
            return;
        }

        var wait = _flooded.Values.Append(LongestFlood).Min();
        var isNew = _heldUntil <= now;
        _heldUntil = Math.Max(_heldUntil, now + Ticks(wait));
        _oneAtATime = true;
        _flooded.Clear();
        if (isNew)
        {
            LogFlood(_log, wait.TotalSeconds);
        }
    }

    private void BeginOutage(Lane lane, BotApiFailure failure)
    {
        _failing.Add(lane);
        if (!_outage)
        {
            _outage = true;
            _ = AskForTelegramAsync(failure, isAlone: _failing.Count < OutageLanes && !_oneAtATime);
        }
    }

    /// <summary>Asks whether Telegram answers, at once and then with growing pauses; one question for all chats.</summary>
    private async Task AskForTelegramAsync(BotApiFailure failure, bool isAlone)
    {
        try
        {
            if (!isAlone || !await AnswersAsync())
            {
                lock (_gate)
                {
                    _oneAtATime = true;
                    if (!_outageSaid)
                    {
                        _outageSaid = true;
                        LogOutage(_log, failure.Description);
                    }
                }

                do
                {
                    await Task.Delay(_outagePauses.Next(), _time, _stop.Token);
                    Pump();
                }
                while (!await AnswersAsync());
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_gate)
        {
            _outage = false;
        }

        Pump();
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await _api.GetMeAsync(_stop.Token);
            return true;
        }
        catch (BotApiException)
        {
            return false;
        }
    }

    /// <summary>A wait of a chat from before the bot was started.</summary>
    private void HoldChat(SendingJob job, TimeSpan pause)
    {
        try
        {
            if (job.Chat() is { } chat)
            {
                _pace.Hold(chat, pause);
            }
        }
        catch (StateUnreadableException)
        {
            // It is not known which chat; Telegram will say it again.
        }
    }

    private void MakeReady(Lane lane)
    {
        lane.WaitsUntil = 0;
        (lane.Jobs.Peek().CanStandBack ? _standingBack : _ready).AddLast(lane);
    }

    private long WaitFor(Lane lane, TimeSpan pause)
    {
        // No longer than the first job may still be tried, so that its end is noticed in time.
        var left = lane.Jobs.Peek().Left;
        lane.WaitsUntil = _time.GetTimestamp() + Ticks(left > TimeSpan.Zero && left < pause ? left : pause);
        _waiting.Enqueue(lane, lane.WaitsUntil);
        return lane.WaitsUntil;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private sealed class Lane
    {
        public Queue<SendingJob> Jobs { get; } = new();

        public long WaitsUntil { get; set; }

        /// <summary>The growing pauses of a lane whose first job fails again and again; null after anything else.</summary>
        public Pauses? Pauses { get; set; }
    }

    [LoggerMessage(1504, LogLevel.Error, "Something on its way failed in a way that nobody foresaw; it is tried again.")]
    private static partial void LogUnforeseen(ILogger log, Exception e);

    [LoggerMessage(1505, LogLevel.Warning, "Telegram makes the whole bot wait for {Seconds:0} s. Nothing is lost.")]
    private static partial void LogFlood(ILogger log, double seconds);

    [LoggerMessage(1506, LogLevel.Warning, "Telegram takes nothing at the moment ({Reason}); what is accepted is kept and delivered when it does.")]
    private static partial void LogOutage(ILogger log, string reason);

    [LoggerMessage(1507, LogLevel.Information, "Telegram takes messages again.")]
    private static partial void LogOutageOver(ILogger log);
}
