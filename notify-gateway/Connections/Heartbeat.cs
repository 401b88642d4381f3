using Notify.Gateway.Tokens;

namespace Notify.Gateway.Connections;

/// <summary>Checks all connections each second. A timer for each would take more memory for the same result.</summary>
internal sealed class Heartbeat(ConnectionLimiter limiter, RevokedTokens revoked, TimeProvider time) : BackgroundService
{
    private readonly PeriodicTimer _timer = new(TimeSpan.FromSeconds(1), time);

    /// <summary>Runs until cancelled.</summary>
    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var tracked in limiter.All)
            {
                Look(tracked);
            }

            revoked.Forget();
        }
    }

    private void Look(TrackedConnection tracked)
    {
        if (tracked.Client is { } client)
        {
            client.Look();
        }
        else if (time.GetElapsedTime(tracked.Since) >= ClientLimits.ToIntroduceItself)
        {
            tracked.Cut("The client opened no WebSocket.");
        }
    }
}
