namespace Notify.Bot.Outbox;

/// <summary>Keeps the history to its 30 days and the charts with it, a little at a time.</summary>
public sealed partial class HistoryKeeping(IOutbox outbox, ImageShelf images, TimeProvider time, ILogger<HistoryKeeping> log)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>The pause between two bites, in which acceptances have the outbox to themselves.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    /// <summary>Looks every hour until cancelled; first after an hour, since a start has better things to do.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                await ForgetAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The bot ends.
        }
    }

    /// <summary>Forgets all that is too old now.</summary>
    public async Task ForgetAsync(CancellationToken cancellation)
    {
        try
        {
            while (await outbox.ForgetOldAsync() is { Rows: > 0 } forgotten)
            {
                foreach (var image in forgotten.Images)
                {
                    images.Remove(image);
                }

                await Task.Delay(Breath, time, cancellation);
            }

            images.RemoveOlderThan(SqliteOutbox.HistoryLifetime + TimeSpan.FromDays(2));
        }
        catch (IOException e)
        {
            LogNotForgotten(log, e.Message);
        }
    }

    [LoggerMessage(1604, LogLevel.Warning, "Old history could not be taken away: {Reason} It is tried again in an hour.")]
    private static partial void LogNotForgotten(ILogger log, string reason);
}
