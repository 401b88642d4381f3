using Notify.Bot.SendApi;
using Notify.Contracts;

namespace Notify.Bot.Hosting;

/// <summary>
/// Calls the address of <c>NOTIFY_HEARTBEAT_URL</c> once a minute while <c>/health</c> says <c>ok</c>. A dead man's switch outside then notices that the server is gone,
/// or that the bot can't do its work.
/// </summary>
internal sealed partial class HeartbeatSender(
    HeartbeatClient client,
    BotHealthCheck health,
    TimeProvider time,
    ILogger<HeartbeatSender> log
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>How soon an unwell bot looks again whether it is well.</summary>
    private static readonly TimeSpan WhileUnwell = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SideLoop.RunAsync("The heartbeat", LoopAsync, time, log, stoppingToken);

    private async Task LoopAsync(CancellationToken cancellation)
    {
        var fails = false;
        while (true)
        {
            var isWell = (await health.CheckAsync(cancellation)).Status == HealthState.Ok;
            if (isWell)
            {
                var failure = await client.CallAsync(cancellation);
                if (failure is not null && !fails)
                {
                    LogFails(log, failure);
                }
                else if (failure is null && fails)
                {
                    LogWorks(log);
                }

                fails = failure is not null;
            }

            await Task.Delay(isWell ? Every : WhileUnwell, time, cancellation);
        }
    }

    [LoggerMessage(
        1811,
        LogLevel.Warning,
        "The address in NOTIFY_HEARTBEAT_URL fails: {Failure}. The bot tries again every minute. Whatever watches it may raise an alarm."
    )]
    private static partial void LogFails(ILogger log, string failure);

    [LoggerMessage(1812, LogLevel.Information, "The address in NOTIFY_HEARTBEAT_URL answers again.")]
    private static partial void LogWorks(ILogger log);
}
