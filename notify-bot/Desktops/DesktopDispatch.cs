using System.Threading.Channels;
using Notify.Bot.Delivery;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Dispatching;

namespace Notify.Bot.Desktops;

/// <summary>
/// Passes each accepted notification on to the gateway, once, beside its delivery to Telegram and never in its way: what the gateway does not take in
/// time is not kept for it, since whoever was not connected at that moment finds it in the dashboard's history.
/// </summary>
/// <remarks>Safe for several threads. One task passes on, in the order of acceptance.</remarks>
public sealed partial class DesktopDispatch
{
    /// <summary>Notifications that wait for the gateway at the most. It takes some thousand a second; so many wait only where it does not answer.</summary>
    public const int MostWaiting = 1_000;

    /// <summary>The length of all that waits together, in UTF-16 units.</summary>
    private const long LongestWaiting = 8_000_000;

    /// <summary>How long the gateway may take for one call. It answers within a millisecond, as it waits for no client.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long the answer to a sender waits for the number of desktops, once it is known what Telegram says.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromMilliseconds(100);

    /// <summary>For how long nothing is tried after a call that was refused at once, as while the gateway restarts.</summary>
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(100);

    /// <summary>The same after one that got no answer in time, which is dearer to try.</summary>
    private static readonly TimeSpan PauseAfterSilence = TimeSpan.FromSeconds(1);

    private readonly GatewaySocket _gateway;
    private readonly Uri? _webUrl;
    private readonly BotMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<DesktopDispatch> _log;
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true }
    );
    private readonly Task _passing;
    private readonly Lock _gate = new();
    private long _length;
    private long _awayUntil;
    private bool _hasAnswered;
    private bool _isLost;
    private volatile bool _isSilent;

    /// <summary>Begins at once.</summary>
    public DesktopDispatch(
        GatewaySocket gateway,
        BotSettings settings,
        BotMetrics metrics,
        TimeProvider time,
        ILogger<DesktopDispatch> log
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        _gateway = gateway;
        _webUrl = settings.WebUrl;
        _metrics = metrics;
        _time = time;
        _log = log;
        _passing = Task.Run(PassOnAsync);
    }

    private bool IsAway => _time.GetTimestamp() < Volatile.Read(ref _awayUntil);

    /// <summary>Passes a notification on. Never waits.</summary>
    /// <returns>To how many connections of the user it went; null where the gateway did not take it.</returns>
    public Task<int?> Offer(AcceptedNotification notification)
    {
        ArgumentNullException.ThrowIfNull(notification);
        if (IsAway)
        {
            return Missed();
        }

        var waiting = new Waiting(notification);
        if (Interlocked.Add(ref _length, waiting.Length) <= LongestWaiting && _waiting.Writer.TryWrite(waiting))
        {
            return waiting.Sent.Task;
        }

        Interlocked.Add(ref _length, -waiting.Length);
        return Missed();
    }

    /// <summary>How many desktops got it, for the answer to its sender, who is not kept waiting for a gateway that is slow.</summary>
    public async Task<int?> CountAsync(Task<int?> sent)
    {
        ArgumentNullException.ThrowIfNull(sent);
        if (!sent.IsCompleted && _isSilent)
        {
            return null;
        }

        try
        {
            return await sent.WaitAsync(AnswerPatience, _time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Whether a user has a desktop or a page connected at this moment; false where the gateway can't say.</summary>
    public async Task<bool> IsConnectedAsync(UserName user, CancellationToken cancellation)
    {
        if (IsAway)
        {
            return false;
        }

        return await AskAsync(limit => _gateway.ConnectionsAsync(user, limit), cancellation) > 0;
    }

    /// <summary>Passes on what waits, as long as there is patience, and ends.</summary>
    public async Task StopAsync(CancellationToken patience)
    {
        _waiting.Writer.TryComplete();
        await _passing.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task<int?> Missed()
    {
        _metrics.NotDispatched();
        return Task.FromResult<int?>(null);
    }

    private async Task PassOnAsync()
    {
        await foreach (var waiting in _waiting.Reader.ReadAllAsync())
        {
            Interlocked.Add(ref _length, -waiting.Length);

            // What came before the gateway was lost is given up with it: it would only be late.
            var sent = IsAway
                ? null
                : await AskAsync(
                    limit =>
                        _gateway.DispatchAsync(
                            waiting.Notification.User,
                            DesktopNotification.Of(waiting.Notification, _webUrl),
                            limit
                        ),
                    CancellationToken.None
                );
            if (sent is null)
            {
                _metrics.NotDispatched();
            }
            else
            {
                _metrics.Dispatched();
            }

            waiting.Sent.SetResult(sent);
        }
    }

    /// <summary>Asks the gateway within a time limit, and keeps in mind how that went.</summary>
    /// <returns>Null where it did not answer well.</returns>
    private async Task<int?> AskAsync(Func<CancellationToken, Task<int>> ask, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var answer = await ask(either.Token);
            Answered();
            return answer;
        }
        catch (GatewayUnreachableException e)
        {
            Lost(e.Message, e.IsAbsent, PauseAfterRefusal);
        }
        catch (GatewayRefusedException e)
        {
            Lost(e.Message, isAbsent: false, TimeSpan.Zero);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            _isSilent = true;
            Lost($"It gave no answer within {Patience.TotalSeconds:0} s.", isAbsent: false, PauseAfterSilence);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            // One that fails in a way nobody foresaw must not end the passing on of all others.
            LogUnforeseen(_log, e);
        }

        return null;
    }

    private void Answered()
    {
        _isSilent = false;
        lock (_gate)
        {
            _hasAnswered = true;
            if (!_isLost)
            {
                return;
            }

            _isLost = false;
        }

        LogBack(_log);
    }

    private void Lost(string reason, bool isAbsent, TimeSpan pause)
    {
        Volatile.Write(ref _awayUntil, _time.GetTimestamp() + _time.Ticks(pause));
        lock (_gate)
        {
            // Where no gateway was ever seen, none is meant to be.
            if (_isLost || (isAbsent && !_hasAnswered))
            {
                return;
            }

            _isLost = true;
        }

        LogLost(_log, reason);
    }

    private sealed class Waiting(AcceptedNotification notification)
    {
        public AcceptedNotification Notification => notification;

        public TaskCompletionSource<int?> Sent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Length { get; } = notification.Message.Length + (notification.Title?.Length ?? 0L);
    }

    [LoggerMessage(
        1701,
        LogLevel.Warning,
        "Desktops and open pages are shown nothing new: {Reason} Telegram is not concerned. It is tried again with each notification."
    )]
    private static partial void LogLost(ILogger log, string reason);

    [LoggerMessage(1702, LogLevel.Information, "The gateway takes notifications again.")]
    private static partial void LogBack(ILogger log);

    [LoggerMessage(
        1703,
        LogLevel.Error,
        "A notification could not be passed on to the gateway in a way that nobody foresaw."
    )]
    private static partial void LogUnforeseen(ILogger log, Exception e);
}
