using Notify.Sending;
using Notify.Web.Bot;
using Notify.Web.Desktop;

namespace Notify.Web.Login;

/// <summary>
/// Forgets whom the bot forgets: ends the sessions, revokes the tokens of devices and pages at the gateway, and erases them here once the gateway knows. Reads the bot's list at the
/// start, after each new connection to its events, and when the bot says so. So a dashboard that was down forgets, too.
/// </summary>
/// <remarks>Each step can be done again, so a kill in the middle loses nothing.</remarks>
internal sealed partial class Forgetting(
    ForgottenSignal signal,
    BotClient bot,
    ForgottenUsers forgotten,
    DeviceStore devices,
    PageStore pages,
    Revocations revocations,
    TimeProvider time,
    ILogger<Forgetting> log
) : BackgroundService
{
    /// <summary>Pause while something is left to do: the gateway or the disk does not do its part, or the bot is away.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private bool _isSaid;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var asksBot = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            var isDone = false;
            try
            {
                isDone = await EraseAsync(stoppingToken);
                if (asksBot)
                {
                    await forgotten.AddAsync((await bot.ForgottenAsync(stoppingToken)).Users, stoppingToken);
                    asksBot = false;
                    isDone = await EraseAsync(stoppingToken);
                }

                _isSaid = false;
            }
            catch (BotRefusedException e) when (e.Status == StatusCodes.Status404NotFound)
            {
                // A bot of an earlier version forgets nobody.
                asksBot = false;
            }
            catch (Exception e) when (e is BotUnreachableException or BotRefusedException)
            {
                isDone = false;
            }
            catch (IOException e)
            {
                isDone = false;
                if (!_isSaid)
                {
                    _isSaid = true;
                    LogNotForgotten(log, e.Message);
                }
            }

            if (isDone)
            {
                await signal.WaitAsync(stoppingToken);
                asksBot = true;
            }
            else
            {
                await Task.Delay(Pause, time, stoppingToken);
                asksBot |= signal.TryTake();
            }
        }
    }

    /// <returns>Whether nothing is left of them here.</returns>
    private async Task<bool> EraseAsync(CancellationToken cancellation)
    {
        var users = forgotten.All;
        if (users.Count == 0)
        {
            return true;
        }

        bool IsOldDevice(Device device) => forgotten.Includes(device.User, device.CreatedAt);
        bool IsOldPage(PageToken page) => forgotten.Includes(page.User, PageStore.GivenAt(page));
        if (
            await devices.File.RevokeAsync(IsOldDevice, cancellation)
            | await pages.File.RevokeAsync(IsOldPage, cancellation)
        )
        {
            await revocations.TellAllAsync(cancellation);
        }

        // The gateway has to know first: without an entry nobody could revoke the token.
        await devices.File.EraseAsync(device => device.IsTold && IsOldDevice(device), cancellation);
        await pages.File.EraseAsync(page => page.IsTold && IsOldPage(page), cancellation);
        return !devices.File.Read().Any(IsOldDevice) && !pages.File.Read().Any(IsOldPage);
    }

    [LoggerMessage(
        4405,
        LogLevel.Error,
        "The dashboard can't forget the users whom the bot has forgotten: {Reason} It tries again every second."
    )]
    private static partial void LogNotForgotten(ILogger log, string reason);
}
