using Notify.Dispatching;

namespace Notify.Web.Desktop;

/// <summary>
/// Tells the gateway which tokens were taken back. Where it can't be told at once it is told as soon as it answers: until then nobody is connected to it,
/// and after that every second counts.
/// </summary>
internal sealed partial class Revocations(DeviceBook devices, GatewaySocket gateway, TimeProvider time, ILogger<Revocations> log) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>What was not taken back before the last end of this process is looked up at its start.</summary>
    private volatile bool _isWaiting = true;
    private bool _isSaid;

    /// <summary>Tells the gateway now.</summary>
    /// <returns>Whether it knows; else it is told later, by itself.</returns>
    internal async Task<bool> TellAsync(Device device, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await gateway.RevokeAsync(device.Id, device.ExpiresAt, either.Token);
            await devices.ForgetAsync(device.Id, cancellation);
            return true;
        }
        catch (Exception e) when (e is GatewayUnreachableException or GatewayRefusedException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            _isWaiting = true;
            if (!_isSaid)
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

    [LoggerMessage(4401, LogLevel.Warning, "The gateway can't be told that a device's token was taken back: {Reason} It is tried again every second.")]
    private static partial void LogWaiting(ILogger log, string reason);

    [LoggerMessage(4402, LogLevel.Information, "The gateway knows of all tokens that were taken back.")]
    private static partial void LogDone(ILogger log);
}
