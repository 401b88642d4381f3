namespace Notify.Bot.Commands;

/// <summary>Tasks that outlive their update. At its end the bot waits for them a moment, then cancels them.</summary>
public sealed partial class BackgroundTasks(TimeProvider time, ILogger<BackgroundTasks> log)
    : IHostedService,
        IDisposable
{
    /// <summary>How long tasks may take to end once the bot is told to.</summary>
    internal static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(7);

    /// <summary>How long cancelled tasks may take to report.</summary>
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

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        try
        {
            await Task.WhenAll(running).WaitAsync(EndTimeout, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await _stop.CancelAsync();

            // The last messages to the chats take a moment more.
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
            // The bot ends. The helper ends the script.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogFailed(log, e);
        }
    }

    [LoggerMessage(1105, LogLevel.Error, "A run on request from a chat failed unexpectedly.")]
    private static partial void LogFailed(ILogger log, Exception e);
}
