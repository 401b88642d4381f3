using Notify.Dispatching;

namespace Notify.Web.Desktop;

/// <summary>
/// Tells the gateway about revoked tokens: of devices, and of pages whose session ended. If the gateway is down, it is told as soon
/// as it answers: until then nobody is connected to it.
/// </summary>
internal sealed partial class Revocations(
    DeviceStore devices,
    PageStore pages,
    GatewaySocket gateway,
    TimeProvider time,
    ILogger<Revocations> log
) : BackgroundService
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>At the start, checks what was not revoked before the last end of this process.</summary>
    private volatile bool _isWaiting = true;
    private bool _isSaid;

    /// <summary>Tells the gateway about a device's revoked token.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cancellation">Cancelled by the end of this process, never by a request: the gateway must know even if nobody waits.</param>
    /// <returns>Whether it knows; else it is told later.</returns>
    internal Task<bool> TellAsync(Device device, CancellationToken cancellation) =>
        TellAsync(devices.File, device, cancellation);

    /// <summary>Tells the gateway that a session and the tokens of its pages have ended.</summary>
    internal async Task TellOfEndAsync(string sessionId)
    {
        try
        {
            foreach (var page in pages.OfSession(sessionId))
            {
                try
                {
                    await pages.File.RevokeAsync(token => token.Id == page.Id, CancellationToken.None);
                }
                catch (IOException e)
                {
                    // An answering gateway is told anyway. Another one accepts these tokens for some more minutes.
                    Waits(e.Message);
                }

                await TellAsync(pages.File, page, CancellationToken.None);
            }
        }
        catch (IOException e)
        {
            Waits(e.Message);
        }
    }

    /// <summary>Tokens were revoked: tells the gateway about all that it does not know yet.</summary>
    internal Task TellAllAsync(CancellationToken cancellation)
    {
        _isWaiting = true;
        return TellWaitingAsync(cancellation);
    }

    private async Task<bool> TellAsync<TToken>(TokenFile<TToken> file, TToken token, CancellationToken cancellation)
        where TToken : GivenToken
    {
        using var limit = new TimeLimit(Timeout, time, cancellation);
        try
        {
            await gateway.RevokeAsync(token.Id, token.ExpiresAt, limit.Token);
            await file.ToldAsync(token.Id, cancellation);
            return true;
        }
        catch (Exception e)
            when (e
                    is GatewayUnreachableException
                        or GatewayRefusedException
                        or IOException
                        or OperationCanceledException
            )
        {
            if (cancellation.IsCancellationRequested)
            {
                _isWaiting = true;
            }
            else
            {
                Waits(e is OperationCanceledException ? "It gives no answer." : e.Message);
            }

            return false;
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_isWaiting)
            {
                await TellWaitingAsync(stoppingToken);
            }
        }
    }

    private async Task TellWaitingAsync(CancellationToken cancellation)
    {
        try
        {
            _isWaiting = false;
            if (!await TellAllAsync(devices.File, cancellation) || !await TellAllAsync(pages.File, cancellation))
            {
                return;
            }

            if (_isSaid)
            {
                _isSaid = false;
                LogDone(log);
            }
        }
        catch (IOException e)
        {
            Waits(e.Message);
        }
    }

    private async Task<bool> TellAllAsync<TToken>(TokenFile<TToken> file, CancellationToken cancellation)
        where TToken : GivenToken
    {
        foreach (var token in file.Revoked())
        {
            if (!await TellAsync(file, token, cancellation))
            {
                return false;
            }
        }

        return true;
    }

    private void Waits(string reason)
    {
        _isWaiting = true;
        if (!_isSaid)
        {
            _isSaid = true;
            LogWaiting(log, reason);
        }
    }

    [LoggerMessage(
        4401,
        LogLevel.Warning,
        "The dashboard can't tell the gateway about a revoked token: {Reason} It tries again every second."
    )]
    private static partial void LogWaiting(ILogger log, string reason);

    [LoggerMessage(4402, LogLevel.Information, "The gateway knows all revoked tokens.")]
    private static partial void LogDone(ILogger log);
}
