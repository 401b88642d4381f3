using System.Threading.Channels;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Dispatching;

namespace Notify.Bot.Desktops;

/// <summary>
/// Dispatches each accepted notification to the gateway once, beside its delivery to Telegram and without delaying it. Nothing is kept
/// for a gateway that does not answer in time: the dashboard's history has it.
/// </summary>
/// <remarks>Safe for several threads. One task dispatches in the order of acceptance.</remarks>
public sealed partial class DesktopDispatch : BackgroundService
{
    /// <summary>Most notifications that wait for the gateway. It takes some thousand a second, so as many wait only while it does not answer.</summary>
    public const int MaxWaiting = 1_000;

    /// <summary>Largest total length of waiting notifications, in UTF-16 units.</summary>
    private const long MaxWaitingBytes = 8_000_000;

    /// <summary>How long the gateway may take for one call. It waits for no client and answers within a millisecond.</summary>
    private static readonly TimeSpan PassTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long the answer to a sender waits for the number of desktops, once Telegram has answered.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>The pause after a call that was refused at once, as while the gateway restarts.</summary>
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(100);

    /// <summary>The pause after a call without an answer in time, which costs more to try.</summary>
    private static readonly TimeSpan PauseAfterSilence = TimeSpan.FromSeconds(1);

    private readonly GatewaySocket _gateway;
    private readonly Uri? _webUrl;
    private readonly BotMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<DesktopDispatch> _log;
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true }
    );
    private readonly Lock _gate = new();
    private long _length;
    private long _awayUntil;
    private bool _hasAnswered;
    private bool _isLost;
    private volatile bool _isSilent;

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
    }

    private bool IsAway => _time.GetTimestamp() < Volatile.Read(ref _awayUntil);

    /// <summary>Queues a notification. Never waits.</summary>
    /// <returns>The number of the user's connections that got it; null if the gateway did not take it.</returns>
    public Task<int?> Offer(AcceptedNotification notification)
    {
        ArgumentNullException.ThrowIfNull(notification);
        if (IsAway)
        {
            return Missed();
        }

        var waiting = new Waiting(notification);
        if (Interlocked.Add(ref _length, waiting.Length) <= MaxWaitingBytes && _waiting.Writer.TryWrite(waiting))
        {
            return waiting.Sent.Task;
        }

        Interlocked.Add(ref _length, -waiting.Length);
        return Missed();
    }

    /// <summary>The number of desktops that got it, for the sender's answer. A slow gateway does not delay that answer.</summary>
    public async Task<int?> CountAsync(Task<int?> sent)
    {
        ArgumentNullException.ThrowIfNull(sent);
        if (!sent.IsCompleted && _isSilent)
        {
            return null;
        }

        try
        {
            return await sent.WaitAsync(AnswerTimeout, _time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Whether a user has a desktop or a page connected now; false if the gateway does not answer.</summary>
    public async Task<bool> IsConnectedAsync(UserName user, CancellationToken cancellation)
    {
        if (IsAway)
        {
            return false;
        }

        return await AskAsync(limit => _gateway.ConnectionsAsync(user, limit), cancellation) > 0;
    }

    /// <summary>The number of desktops and pages of each connected user; empty if the gateway does not answer.</summary>
    public async Task<IReadOnlyDictionary<string, int>> ConnectedAsync(CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, int> users = new Dictionary<string, int>(StringComparer.Ordinal);
        if (!IsAway)
        {
            await AskAsync(
                async limit =>
                {
                    users = await _gateway.UsersAsync(limit);
                    return users.Count;
                },
                cancellation
            );
        }

        return users;
    }

    private Task<int?> Missed()
    {
        _metrics.NotDispatched();
        return Task.FromResult<int?>(null);
    }

    /// <summary>Passes on what waits, also once the bot ends, until its host stops waiting.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var ending = stoppingToken.UnsafeRegister(_ => _waiting.Writer.TryComplete(), null);
        await foreach (var waiting in _waiting.Reader.ReadAllAsync(CancellationToken.None))
        {
            Interlocked.Add(ref _length, -waiting.Length);

            // Drops what waits when the gateway is lost: it would only come late.
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

    /// <summary>Calls the gateway within a time limit, and remembers the outcome.</summary>
    /// <returns>Null after a failure.</returns>
    private async Task<int?> AskAsync(Func<CancellationToken, Task<int>> ask, CancellationToken cancellation)
    {
        using var limit = new TimeLimit(PassTimeout, _time, cancellation);
        try
        {
            var answer = await ask(limit.Token);
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
            Lost($"It gave no answer within {PassTimeout.TotalSeconds:0} s.", isAbsent: false, PauseAfterSilence);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or OperationCanceledException))
        {
            // An unexpected failure must not stop the dispatch of all others.
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
            // If there never was a gateway, none is installed.
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
        "Desktops and open pages show nothing new: {Reason} Telegram is not affected. The bot tries again with each notification."
    )]
    private static partial void LogLost(ILogger log, string reason);

    [LoggerMessage(1702, LogLevel.Information, "The gateway takes notifications again.")]
    private static partial void LogBack(ILogger log);

    [LoggerMessage(1703, LogLevel.Error, "Dispatching a notification to the gateway failed unexpectedly.")]
    private static partial void LogUnforeseen(ILogger log, Exception e);
}
