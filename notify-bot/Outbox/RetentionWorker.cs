namespace Notify.Bot.Outbox;

/// <summary>Keeps the history to its 30 days and its users to their room, and the charts with it, a little at a time.</summary>
public sealed partial class RetentionWorker(
    IOutbox outbox,
    ImageStore images,
    TimeProvider time,
    ILogger<RetentionWorker> log
)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>The pause between two bites, in which acceptances have the outbox to themselves.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Looks every hour until cancelled, first after an hour, since a start has better things to do; and takes away the charts of what the history had no room for.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            // Neither ends by itself; a fault of either is a fault of the whole.
            await await Task.WhenAny(ForgetEveryHourAsync(cancellation), RemovePrunedChartsAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // The bot ends.
        }
    }

    /// <summary>Forgets all that is too old now.</summary>
    public async Task PruneAsync(CancellationToken cancellation)
    {
        try
        {
            await ForgetAllAsync(outbox.PruneAsync, cancellation);
            images.RemoveOlderThan(SqliteOutbox.HistoryLifetime + TimeSpan.FromDays(2));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotForgotten(log, e.Message);
        }
    }

    private async Task ForgetEveryHourAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            await PruneAsync(cancellation);
        }
    }

    /// <summary>The history makes room by itself while it grows; the charts of what went are taken away here.</summary>
    private async Task RemovePrunedChartsAsync(CancellationToken cancellation)
    {
        await foreach (var chart in outbox.PrunedChartsAsync(cancellation))
        {
            images.TryRemove(chart);
        }
    }

    /// <summary>Bite by bite until nothing is left to forget, each with its charts.</summary>
    private async Task ForgetAllAsync(Func<Task<Pruned>> forget, CancellationToken cancellation)
    {
        while (await forget() is { Rows: > 0 } pruned)
        {
            foreach (var image in pruned.Images)
            {
                images.Remove(image);
            }

            await Task.Delay(Breath, time, cancellation);
        }
    }

    [LoggerMessage(
        1604,
        LogLevel.Warning,
        "Old history could not be taken away: {Reason} It is tried again in an hour."
    )]
    private static partial void LogNotForgotten(ILogger log, string reason);
}
