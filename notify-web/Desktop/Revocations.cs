using System.Collections.Concurrent;
using Notify.Dispatching;

namespace Notify.Web.Desktop;

/// <summary>
/// Tells the gateway which tokens were taken back: those of devices, and those of pages whose session was ended. Where it can't be told at once it is told as soon
/// as it answers: until then nobody is connected to it, and after that every second counts.
/// </summary>
internal sealed partial class Revocations(DeviceBook devices, GatewaySocket gateway, TimeProvider time, ILogger<Revocations> log) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>What was not taken back before the last end of this process is looked up at its start.</summary>
    private volatile bool _isWaiting = true;
    private bool _isSaid;

    /// <summary>Tokens of pages, and when they end by themselves; not stored, since they outlive no restart by more than minutes.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> _pages = new(StringComparer.Ordinal);

    /// <summary>Tells the gateway now that a device's token was taken back.</summary>
    /// <param name="device">Which.</param>
    /// <param name="cancellation">The end of this process, and never that of a request: what was taken back has to be told whether or not somebody waits for it.</param>
    /// <returns>Whether it knows; else it is told later, by itself.</returns>
    internal Task<bool> TellAsync(Device device, CancellationToken cancellation) => TellAsync(device.Id, device.ExpiresAt, () => devices.ToldAsync(device.Id, cancellation), cancellation);

    /// <summary>Tells the gateway that a session has ended, and with it the tokens of its pages.</summary>
    internal Task TellOfEndAsync(string sessionId)
    {
        var id = GatewayTokens.PageIdOf(sessionId);
        var until = time.GetUtcNow() + GatewayTokens.PageLife;
        _pages[id] = until;
        return TellOfPageAsync(id, until, CancellationToken.None);
    }

    private Task<bool> TellOfPageAsync(string id, DateTimeOffset until, CancellationToken cancellation) => TellAsync(
        id,
        until,
        () =>
        {
            _pages.TryRemove(id, out _);
            return Task.CompletedTask;
        },
        cancellation);

    private async Task<bool> TellAsync(string id, DateTimeOffset until, Func<Task> isTold, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await gateway.RevokeAsync(id, until, either.Token);
            await isTold();
            return true;
        }
        catch (Exception e) when (e is GatewayUnreachableException or GatewayRefusedException or IOException or OperationCanceledException)
        {
            _isWaiting = true;
            if (!_isSaid && !cancellation.IsCancellationRequested)
            {
                _isSaid = true;
                LogWaiting(log, e is OperationCanceledException ? "It gives no answer." : e.Message);
            }

            return false;
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_isWaiting)
            {
                await TellAllAsync(stoppingToken);
            }
        }
    }

    private async Task TellAllAsync(CancellationToken cancellation)
    {
        try
        {
            _isWaiting = false;
            foreach (var device in devices.Revoked())
            {
                if (!await TellAsync(device, cancellation))
                {
                    return;
                }
            }

            foreach (var (page, until) in _pages)
            {
                if (until <= time.GetUtcNow())
                {
                    _pages.TryRemove(page, out _);
                }
                else if (!await TellOfPageAsync(page, until, cancellation))
                {
                    return;
                }
            }

            if (_isSaid)
            {
                _isSaid = false;
                LogDone(log);
            }
        }
        catch (IOException e)
        {
            _isWaiting = true;
            if (!_isSaid)
            {
                _isSaid = true;
                LogWaiting(log, e.Message);
            }
        }
    }

    [LoggerMessage(4401, LogLevel.Warning, "The gateway can't be told that a token was taken back: {Reason} It is tried again every second.")]
    private static partial void LogWaiting(ILogger log, string reason);

    [LoggerMessage(4402, LogLevel.Information, "The gateway knows of all tokens that were taken back.")]
    private static partial void LogDone(ILogger log);
}
