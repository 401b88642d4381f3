using Notify.Dispatching;

namespace Notify.Web.Desktop;

/// <summary>
/// Tells the gateway which tokens were taken back: those of devices, and those of pages whose session was ended. Where it can't be told at once it is told as soon
/// as it answers: until then nobody is connected to it, and after that every second counts.
/// </summary>
internal sealed partial class Revocations(
    DeviceStore devices,
    PageStore pages,
    GatewaySocket gateway,
    TimeProvider time,
    ILogger<Revocations> log
) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>What was not taken back before the last end of this process is looked up at its start.</summary>
    private volatile bool _isWaiting = true;
    private bool _isSaid;

    /// <summary>Tells the gateway now that a device's token was taken back.</summary>
    /// <param name="device">Which.</param>
    /// <param name="cancellation">The end of this process, and never that of a request: what was taken back has to be told whether or not somebody waits for it.</param>
    /// <returns>Whether it knows; else it is told later, by itself.</returns>
    internal Task<bool> TellAsync(Device device, CancellationToken cancellation) =>
        TellAsync(devices.File, device, cancellation);

    /// <summary>Tells the gateway that a session has ended, and with it the tokens of its pages.</summary>
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
                    // A gateway that answers is told all the same; another one takes these tokens for some minutes more.
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

    /// <summary>Tokens were taken back; the gateway is told of all that it does not know yet.</summary>
    internal Task TellAllAsync(CancellationToken cancellation)
    {
        _isWaiting = true;
        return TellWaitingAsync(cancellation);
    }

    private async Task<bool> TellAsync<TToken>(TokenFile<TToken> file, TToken token, CancellationToken cancellation)
        where TToken : GivenToken
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            await gateway.RevokeAsync(token.Id, token.ExpiresAt, either.Token);
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
        "The gateway can't be told that a token was taken back: {Reason} It is tried again every second."
    )]
    private static partial void LogWaiting(ILogger log, string reason);

    [LoggerMessage(4402, LogLevel.Information, "The gateway knows of all tokens that were taken back.")]
    private static partial void LogDone(ILogger log);
}
