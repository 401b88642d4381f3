using System.Threading.Channels;
using System.Threading.RateLimiting;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>
/// Schedules delivery. One loop over events owns all state, so nothing here needs a lock. Queues take turns (<see cref="FairQueue"/>) within Telegram's rates
/// (<see cref="TelegramRateLimiter"/>). Nothing is sent during an outage (<see cref="CircuitBreaker"/>) or a global limit (<see cref="GlobalRateLimitDetector"/>).
/// </summary>
/// <remarks>Attempts run beside the loop. Each ends with an event.</remarks>
public sealed partial class DeliveryWorker : BackgroundService
{
    /// <summary>Maximum number of messages in flight. Telegram's rates allow a few; a local Bot API server allows more.</summary>
    private const int MaxInFlight = 64;

    /// <summary>Pause of a queue while the links can't be read.</summary>
    private static readonly TimeSpan LinksPause = TimeSpan.FromSeconds(5);

    /// <summary>Pause of a queue after an unexpected exception. Other queues continue.</summary>
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(30);

    private readonly BotApi _api;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly TelegramRateLimiter _rates;
    private readonly FairQueue _queues;
    private readonly GlobalRateLimitDetector _globalLimit;
    private readonly CircuitBreaker _circuit;
    private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private int _inFlight;
    private bool _isStopping;

    public DeliveryWorker(BotApi api, BotSettings settings, TimeProvider time, ILogger<DeliveryWorker> log)
    {
        _api = api;
        _time = time;
        _log = log;
        _rates = new TelegramRateLimiter(settings.Pace, time);
        _queues = new FairQueue(time);
        _globalLimit = new GlobalRateLimitDetector(time, log);
        _circuit = new CircuitBreaker(log);
        _timer = time.CreateTimer(_ => Post(new Event.Due()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Puts a job at the end of its queue. Jobs of one queue keep the order of the calls.</summary>
    /// <param name="job">The job.</param>
    /// <param name="notBefore">The rest of a wait that Telegram asked of its chat.</param>
    public void Add(DeliveryJob job, TimeSpan? notBefore = null) => Post(new Event.Added(job, notBefore));

    /// <summary>Ends the waits of a user's queues: their next messages are tried at once, as Telegram's limits allow.</summary>
    /// <returns>Ends when the loop has done it.</returns>
    public Task HurryAsync(UserName user)
    {
        var hurry = new Event.Hurry(user);
        Post(hurry);
        return hurry.Done.Task;
    }

    /// <summary>Drops a user's waiting notifications. Each ends in its queue's next turn; one that is being sent may still arrive.</summary>
    /// <returns>The notifications, when the loop has marked them.</returns>
    public Task<IReadOnlyList<PendingNotification>> DropAsync(UserName user)
    {
        var drop = new Event.Drop(user);
        Post(drop);
        return drop.Done.Task;
    }

    /// <summary>Waits for messages in flight until <paramref name="cancellationToken"/>, and begins no new ones.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // An unfinished message stays in the outbox. Its outcome is unknown, and it may arrive twice.
        await base.StopAsync(cancellationToken);
        await _stop.CancelAsync();
    }

    public override void Dispose()
    {
        _timer.Dispose();
        _stop.Dispose();
        _rates.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var stopping = stoppingToken.UnsafeRegister(_ => Post(new Event.Stopping()), null);
        while (!_isStopping || _inFlight > 0)
        {
            // Apply all events that are there, then begin what can begin.
            await _events.Reader.WaitToReadAsync(CancellationToken.None);
            while (_events.Reader.TryRead(out var happened))
            {
                Apply(happened);
            }

            BeginReady();
        }
    }

    private void Post(Event happened) => _events.Writer.TryWrite(happened);

    private void Apply(Event happened)
    {
        switch (happened)
        {
            case Event.Added(var job, var notBefore):
                if (notBefore is { } pause && pause > TimeSpan.Zero)
                {
                    HoldChat(job, pause);
                }

                _queues.Add(job);
                break;
            case Event.Completed completed:
                Complete(completed);
                break;
            case Event.TelegramAsked(var answers):
                AskAfter(_circuit.Asked(answers));
                break;
            case Event.Hurry hurry:
                QueuesOf(hurry.User).ForEach(_queues.Hurry);
                hurry.Done.SetResult();
                break;
            case Event.Drop drop:
                var queues = QueuesOf(drop.User);
                drop.Done.SetResult([
                    .. queues.SelectMany(queue => queue.Jobs).Select(job => job.Drop()).OfType<PendingNotification>(),
                ]);
                queues.ForEach(_queues.Hurry);
                break;
            case Event.Stopping:
                _isStopping = true;
                break;
            case Event.Due:
                // BeginReady follows.
                break;
        }
    }

    private List<UserQueue> QueuesOf(UserName user) =>
        [.. NotificationJob.KeysOf(user).Select(_queues.Find).OfType<UserQueue>()];

    /// <summary>Begins all messages that may begin now, and sets the timer for the next one.</summary>
    private void BeginReady()
    {
        if (_isStopping)
        {
            return;
        }

        var now = _time.GetTimestamp();
        var next = _queues.Wake(now);
        if (_circuit.IsOpen || _globalLimit.HeldUntil > now)
        {
            EndExpired();

            // In an outage the end of getMe wakes the loop.
            next = _circuit.IsOpen ? long.MaxValue : _globalLimit.HeldUntil;
        }
        else
        {
            while (
                _inFlight < (_circuit.OneAtATime ? 1 : MaxInFlight)
                && _globalLimit.MayBegin
                && _queues.TakeNext() is { } queue
                && TryBegin(queue, now, ref next)
            )
            {
                // Next queue.
            }
        }

        if (next != long.MaxValue)
        {
            // Rounded up, because a timer that fires early would only be set again.
            var wait = _time.GetElapsedTime(now, next);
            _timer.Change(
                TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, 3_600_000)),
                Timeout.InfiniteTimeSpan
            );
        }
    }

    /// <summary>Begins a queue's next message, or lets the queue wait for its chat.</summary>
    /// <returns>False if no queue can begin now.</returns>
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
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogUnexpected(_log, e);
            next = Math.Min(next, _queues.WaitFor(queue, FaultPause));
            return true;
        }

        RateLimitLease? lease = null;
        if (chat is { } to && !_rates.TryBegin(to, job.Cost, out lease, out var wait, out var forAll))
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

    /// <summary>Ends expired jobs while nothing can be sent.</summary>
    private void EndExpired()
    {
        foreach (var queue in _queues.TakeExpired().Take(MaxInFlight - _inFlight))
        {
            Begin(queue, queue.Jobs.Peek(), chat: null, lease: null);
        }
    }

    private void Begin(UserQueue queue, DeliveryJob job, ChatId? chat, RateLimitLease? lease)
    {
        _inFlight++;
        var cost = job.Cost;
        var isProbe = chat is not null && _globalLimit.Begins();
        _ = Task.Run(
            async () => Post(new Event.Completed(queue, await TryAsync(job, chat), chat, lease, cost, isProbe)),
            CancellationToken.None
        );
    }

    private async Task<AttemptResult> TryAsync(DeliveryJob job, ChatId? chat)
    {
        try
        {
            return await job.TryAsync(chat, _stop.Token);
        }
        catch (StateUnreadableException)
        {
            return new AttemptResult.Wait(LinksPause);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return new AttemptResult.Wait(TimeSpan.Zero);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogUnexpected(_log, e);
            return new AttemptResult.Wait(FaultPause);
        }
    }

    private void Complete(Event.Completed completed)
    {
        var (queue, result, chat, lease, cost, isProbe) = completed;
        _inFlight--;
        _globalLimit.Ended(isProbe);
        if (chat is { } to)
        {
            _rates.End(to, lease!, cost);
            Learn(result, queue, to, isProbe);
        }

        if (result.EndsJob)
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
            case AttemptResult.Outage when queue.Jobs.Count > 0:
                _queues.WaitFor(queue, (queue.Backoff ??= CircuitBreaker.NewBackoff()).Next());
                break;
            default:
                _queues.GoOn(queue);
                break;
        }
    }

    /// <summary>Applies a result to the limits and to the circuit.</summary>
    private void Learn(AttemptResult result, UserQueue queue, ChatId chat, bool isProbe)
    {
        switch (result)
        {
            case AttemptResult.Answered or AttemptResult.More:
                _globalLimit.Succeeded(isProbe);
                _circuit.Succeeded();
                break;
            case AttemptResult.ChatHeld held:
                _rates.Hold(chat, held.Pause);
                _globalLimit.ChatHeld(chat, held.Pause, isProbe);
                break;
            case AttemptResult.Outage outage:
                AskAfter(_circuit.Failed(queue.Key, outage.Failure));
                break;
        }
    }

    /// <summary>Calls <c>getMe</c> after a pause; null for no call.</summary>
    private void AskAfter(TimeSpan? pause)
    {
        if (pause is { } wait && !_isStopping)
        {
            _ = Task.Run(() => AskAsync(wait), CancellationToken.None);
        }
    }

    private async Task AskAsync(TimeSpan pause)
    {
        try
        {
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _time, _stop.Token);
                Post(new Event.Due());
            }

            await _api.GetMeAsync(_stop.Token);
            Post(new Event.TelegramAsked(Answers: true));
        }
        catch (BotApiException)
        {
            Post(new Event.TelegramAsked(Answers: false));
        }
        catch (OperationCanceledException)
        {
            // The bot ends.
        }
    }

    /// <summary>Continues a chat's wait from before the start.</summary>
    private void HoldChat(DeliveryJob job, TimeSpan pause)
    {
        try
        {
            if (job.Chat() is { } chat)
            {
                _rates.Hold(chat, pause);
            }
        }
        catch (StateUnreadableException)
        {
            // The chat is unknown now. Telegram will repeat the wait.
        }
    }

    /// <summary>An event of the loop.</summary>
    private abstract record Event
    {
        /// <summary>A job came.</summary>
        internal sealed record Added(DeliveryJob Job, TimeSpan? NotBefore) : Event;

        /// <summary>An attempt ended.</summary>
        internal sealed record Completed(
            UserQueue Queue,
            AttemptResult Result,
            ChatId? Chat,
            RateLimitLease? Lease,
            int Cost,
            bool IsProbe
        ) : Event;

        /// <summary><c>getMe</c> ended.</summary>
        internal sealed record TelegramAsked(bool Answers) : Event;

        /// <summary>An operator wants a user's messages to be tried now.</summary>
        internal sealed record Hurry(UserName User) : Event
        {
            public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        /// <summary>An operator drops what waits of a user.</summary>
        internal sealed record Drop(UserName User) : Event
        {
            public TaskCompletionSource<IReadOnlyList<PendingNotification>> Done { get; } =
                new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        /// <summary>A wait ended.</summary>
        internal sealed record Due : Event;

        /// <summary>The bot ends.</summary>
        internal sealed record Stopping : Event;
    }

    [LoggerMessage(1504, LogLevel.Error, "A delivery failed unexpectedly; the bot tries again.")]
    private static partial void LogUnexpected(ILogger log, Exception e);
}
