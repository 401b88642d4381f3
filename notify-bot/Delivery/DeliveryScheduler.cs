using System.Threading.RateLimiting;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>
/// Whose turn it is. FairQueue take turns, so a user's flood delays only that user; within a queue the order is kept; Telegram's rates
/// are kept over all; and while Telegram is away nothing is tried but whether it is back.
/// </summary>
/// <remarks>
/// A failed call says little about its reason: Telegram may be away, or choke on this one message. So <c>getMe</c> is asked at once, while nothing else begins.
/// If that is answered and few other queues have failed since the last success, only the failed queue waits, longer each time. Otherwise it is an outage:
/// pauses shared by all, and then one message at a time until one is taken, so that few are in doubt when the connection breaks again.
/// </remarks>
internal sealed partial class DeliveryScheduler : IDisposable
{
    /// <summary>Messages on their way at one moment. At Telegram's rate a handful is; the rest is room for a Bot API server of one's own.</summary>
    private const int MostInFlight = 64;

    /// <summary>How soon a queue is looked at again whose chat can't be told, since the links can't be read.</summary>
    private static readonly TimeSpan LinksPause = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly TelegramRateLimiter _pace;
    private readonly Lock _gate = new();
    private readonly FairQueue _queues;
    private readonly GlobalRateLimitDetector _flood;
    private readonly CircuitBreaker _circuit;
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private int _inFlight;
    private bool _stopped;

    public DeliveryScheduler(BotApi api, PaceLimits limits, TimeProvider time, ILogger<DeliveryScheduler> log)
    {
        _time = time;
        _log = log;
        _pace = new TelegramRateLimiter(limits, time);
        _queues = new FairQueue(time);
        _flood = new GlobalRateLimitDetector(time, log);
        _circuit = new CircuitBreaker(api, time, _gate, RunReady, log, _stop.Token);
        _timer = time.CreateTimer(_ => RunReady(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Puts a job at the end of its queue.</summary>
    public void Add(DeliveryJob job, TimeSpan? notBefore = null)
    {
        lock (_gate)
        {
            if (notBefore is { } pause && pause > TimeSpan.Zero)
            {
                HoldChat(job, pause);
            }

            _queues.Add(job);
        }

        RunReady();
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
    private void RunReady()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            var now = _time.GetTimestamp();
            var next = _queues.Wake(now);
            if (_circuit.IsOn || _flood.HeldUntil > now)
            {
                EndWhatIsOver();

                // In an outage the question for Telegram sees to the next look.
                next = _circuit.IsOn ? long.MaxValue : _flood.HeldUntil;
            }
            else
            {
                while (
                    _inFlight < (_circuit.OneAtATime ? 1 : MostInFlight)
                    && _flood.MayBegin
                    && _queues.TakeNext() is { } queue
                )
                {
                    if (!TryBegin(queue, now, ref next))
                    {
                        break;
                    }
                }
            }

            if (next != long.MaxValue)
            {
                // Rounded up: a timer that fires a little early would only be set again.
                var wait = _time.GetElapsedTime(now, next);
                _timer.Change(
                    TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, 3_600_000)),
                    Timeout.InfiniteTimeSpan
                );
            }
        }
    }

    /// <summary>Begins a queue's next message, or lets the queue wait for its chat.</summary>
    /// <returns>False where nobody can begin anything now.</returns>
    private bool TryBegin(UserQueue queue, long now, ref long next)
    {
        var job = queue.Jobs.Peek();
        ChatId? chat;
        try
        {
            chat = job.Left > TimeSpan.Zero ? job.Chat() : null;
        }
        catch (StateUnreadableException)
        {
            next = Math.Min(next, _queues.WaitFor(queue, LinksPause));
            return true;
        }

        RateLimitLease? lease = null;
        if (chat is { } to && !_pace.TryBegin(to, out lease, out var wait, out var forAll))
        {
            if (forAll)
            {
                _queues.PutBack(queue);
                next = wait is { } pause ? Math.Min(next, now + _time.Ticks(pause)) : next;
                return false;
            }

            next = Math.Min(next, _queues.WaitFor(queue, wait ?? TimeSpan.FromSeconds(1)));
            return true;
        }

        Begin(queue, job, chat, lease);
        return true;
    }

    /// <summary>Ends jobs whose time is over although nothing can be sent.</summary>
    private void EndWhatIsOver()
    {
        foreach (var queue in _queues.TakeOver().Take(MostInFlight - _inFlight))
        {
            Begin(queue, queue.Jobs.Peek(), chat: null, lease: null);
        }
    }

    private void Begin(UserQueue queue, DeliveryJob job, ChatId? chat, RateLimitLease? lease)
    {
        _inFlight++;
        var isProbe = chat is not null && _flood.Begins();
        var task = Task.Run(() => RunAsync(queue, job, chat, lease, isProbe), CancellationToken.None);
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
            TaskScheduler.Default
        );
    }

    private async Task RunAsync(UserQueue queue, DeliveryJob job, ChatId? chat, RateLimitLease? lease, bool isProbe)
    {
        AttemptResult result;
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
            result = new AttemptResult.Wait(TimeSpan.FromSeconds(30));
        }

        lock (_gate)
        {
            _inFlight--;
            _flood.Ended(isProbe);
            if (chat is { } to)
            {
                _pace.End(to, lease!);
                Apply(result, to, isProbe);
            }

            if (result is AttemptResult.Done or AttemptResult.ChatHeld { GivesUp: true })
            {
                queue.Jobs.Dequeue();
            }

            if (result is not AttemptResult.Outage)
            {
                queue.Backoff = null;
            }

            switch (result)
            {
                case AttemptResult.Wait wait:
                    _queues.WaitFor(queue, wait.Pause);
                    break;
                case AttemptResult.Outage outage:
                    _queues.WaitFor(queue, (queue.Backoff ??= CircuitBreaker.NewBackoff()).Next());
                    _circuit.Failed(queue, outage.Failure);
                    break;
                default:
                    _queues.GoOn(queue);
                    break;
            }
        }

        RunReady();
    }

    /// <summary>What an answer says about more than its own chat.</summary>
    private void Apply(AttemptResult result, ChatId chat, bool isProbe)
    {
        switch (result)
        {
            case AttemptResult.Done or AttemptResult.More:
                _flood.Succeeded(isProbe);
                _circuit.Succeeded();
                break;
            case AttemptResult.ChatHeld held:
                _pace.Hold(chat, held.Pause);
                _flood.ChatHeld(chat, held.Pause, isProbe);
                break;
        }
    }

    /// <summary>A wait of a chat from before the bot was started.</summary>
    private void HoldChat(DeliveryJob job, TimeSpan pause)
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

    [LoggerMessage(
        1504,
        LogLevel.Error,
        "Something on its way failed in a way that nobody foresaw; it is tried again."
    )]
    private static partial void LogUnforeseen(ILogger log, Exception e);
}
