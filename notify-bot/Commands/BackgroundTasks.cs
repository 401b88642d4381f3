namespace Notify.Bot.Commands;

/// <summary>Runs that go on after the update that asked for them is handled; the bot's end waits for them for a moment, then cancels them.</summary>
public sealed partial class BackgroundTasks(ILogger<BackgroundTasks> log) : IDisposable
{
    /// <summary>How long runs that are cancelled may take to say so.</summary>
    internal static readonly TimeSpan LastWord = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _running = [];
    private readonly Lock _gate = new();

    internal void Start(Func<CancellationToken, Task> run)
    {
        lock (_gate)
        {
            var task = Task.Run(() => GuardAsync(run), CancellationToken.None);
            _running.Add(task);
            _ = task.ContinueWith(
                t =>
                {
                    lock (_gate)
                    {
                        _running.Remove(t);
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default
            );
        }
    }

    internal async Task StopAsync(CancellationToken patience)
    {
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        try
        {
            await Task.WhenAll(running).WaitAsync(patience);
        }
        catch (OperationCanceledException)
        {
            await _stop.CancelAsync();

            // A last word to the chats takes a moment more.
            await Task.WhenAll(running)
                .WaitAsync(LastWord, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stop.Dispose();

    private async Task GuardAsync(Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The bot ends; the script itself is ended by the helper.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogFailed(log, e);
        }
    }

    [LoggerMessage(1105, LogLevel.Error, "A run asked for from a chat failed in a way that nobody foresaw.")]
    private static partial void LogFailed(ILogger log, Exception e);
}
