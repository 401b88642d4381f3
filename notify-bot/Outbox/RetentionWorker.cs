namespace Notify.Bot.Outbox;

/// <summary>Prunes the history after 30 days and over its limits, with the charts, a little at a time.</summary>
public sealed partial class RetentionWorker(
    IOutbox outbox,
    AttachmentStore images,
    TimeProvider time,
    ILogger<RetentionWorker> log
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>Pause between two transactions, for acceptances.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Prunes every hour, first an hour after the start. Removes the charts of notifications that were pruned for room.
    /// </summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SideLoop.RunAsync("Pruning the history", LoopAsync, time, log, stoppingToken);

    private async Task LoopAsync(CancellationToken cancellation)
    {
        // Neither ends by itself. A fault of one ends both, and both begin again.
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] loops = [ForgetEveryHourAsync(both.Token), RemovePrunedAttachmentsAsync(both.Token)];
        await Task.WhenAny(loops);
        await both.CancelAsync();
        await Task.WhenAll(loops);
    }

    /// <summary>Prunes all that is too old now.</summary>
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

    /// <summary>Removes the charts of notifications that the growing history pruned.</summary>
    private async Task RemovePrunedAttachmentsAsync(CancellationToken cancellation)
    {
        await foreach (var chart in outbox.PrunedAttachmentsAsync(cancellation))
        {
            images.TryRemove(chart);
        }
    }

    /// <summary>Prunes in small transactions, with the charts, until nothing is left.</summary>
    private async Task ForgetAllAsync(Func<Task<Pruned>> forget, CancellationToken cancellation)
    {
        while (await forget() is { Rows: > 0 } pruned)
        {
            foreach (var image in pruned.Attachments)
            {
                images.Remove(image);
            }

            await Task.Delay(Breath, time, cancellation);
        }
    }

    [LoggerMessage(
        1604,
        LogLevel.Warning,
        "Old history could not be removed: {Reason} The bot tries again in an hour."
    )]
    private static partial void LogNotForgotten(ILogger log, string reason);
}
