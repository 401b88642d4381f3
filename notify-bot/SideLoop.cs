using Notify.Retry;

namespace Notify.Bot;

/// <summary>
/// Runs a loop beside the deliveries, such as the watch of rounds. The bot delivers without it, and a restart would meet the same fault. So an
/// unforeseen fault is logged, and the loop begins again after a pause. Polling and delivery are no such loops: their fault ends the bot, and systemd
/// starts it anew.
/// </summary>
internal static partial class SideLoop
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    /// <summary>A loop that ran for so long before a fault was well. Else it is the same fault again, which is not logged anew.</summary>
    private static readonly TimeSpan Well = 2 * MaxPause;

    /// <summary>Runs it until it is cancelled. Its faults end nothing.</summary>
    /// <param name="what">Its name at the beginning of a sentence, such as <c>The heartbeat</c>.</param>
    /// <param name="loop">The loop. It is called again after a fault.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log of the loop.</param>
    /// <param name="stoppingToken">The end of the bot.</param>
    internal static async Task RunAsync(
        string what,
        Func<CancellationToken, Task> loop,
        TimeProvider time,
        ILogger log,
        CancellationToken stoppingToken
    )
    {
        var backoff = new Backoff(FirstPause, MaxPause);
        var isLogged = false;
        while (true)
        {
            var began = time.GetTimestamp();
            try
            {
                await loop(stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (time.GetElapsedTime(began) >= Well)
                {
                    backoff.Reset();
                    isLogged = false;
                }

                if (!isLogged)
                {
                    LogFailed(log, e, what);
                }

                isLogged = true;
            }

            try
            {
                await Task.Delay(backoff.Next(), time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(
        1006,
        LogLevel.Error,
        "{What} failed unexpectedly. The bot delivers all the same, and tries again after a pause of up to a minute."
    )]
    private static partial void LogFailed(ILogger log, Exception e, string what);
}
