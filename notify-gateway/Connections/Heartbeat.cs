using Notify.Gateway.Tokens;

namespace Notify.Gateway.Connections;

/// <summary>The gateway's one clock: looks at all connections each second. A timer for each would cost each some memory, and do no more.</summary>
internal sealed class Heartbeat(ConnectionLimiter limiter, RevokedTokens revoked, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Beats until it is told to end.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                foreach (var tracked in limiter.All)
                {
                    Look(tracked);
                }

                revoked.Forget();
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
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
            tracked.Cut("No WebSocket was opened.");
        }
    }
}
