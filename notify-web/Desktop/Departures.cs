using Notify.Linking;
using Notify.Posix;

namespace Notify.Web.Desktop;

/// <summary>
/// Revokes the tokens of users who have left: their account is gone, replaced, or out of the analysts' group. Sessions and event streams check
/// this at every use. The gateway knows only tokens, so the dashboard has to tell it.
/// </summary>
/// <remarks>
/// Checks all users with tokens within a second of a change of <c>/etc/passwd</c> or <c>/etc/group</c>, every five seconds for accounts of
/// a directory, and at the start. While the name service fails, nobody counts as having left.
/// </remarks>
internal sealed partial class Departures(
    DeviceStore devices,
    PageStore pages,
    Revocations revocations,
    Accounts accounts,
    TimeProvider time,
    ILogger<Departures> log
) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LookAtAll = TimeSpan.FromSeconds(5);

    private (FileStatus? Passwd, FileStatus? Group) _seen;
    private long _lookedAt;
    private bool _isSaid;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            var files = (FileStatus.OfPath("/etc/passwd"), FileStatus.OfPath("/etc/group"));
            if (files != _seen || time.GetElapsedTime(_lookedAt) >= LookAtAll)
            {
                (_seen, _lookedAt) = (files, time.GetTimestamp());
                await LookAtAllAsync(stoppingToken);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAtAllAsync(CancellationToken cancellation)
    {
        try
        {
            if (await TakeBackAsync(devices.File, cancellation) | await TakeBackAsync(pages.File, cancellation))
            {
                await revocations.TellAllAsync(cancellation);
            }

            _isSaid = false;
        }
        catch (IOException e)
        {
            // Logged once; tried again in the next round.
            _lookedAt = 0;
            if (!_isSaid)
            {
                _isSaid = true;
                LogNotLooked(log, e.Message);
            }
        }
    }

    private async Task<bool> TakeBackAsync<TToken>(TokenFile<TToken> file, CancellationToken cancellation)
        where TToken : GivenToken
    {
        var given = file.Read();
        if (given.Any(token => token.Uid is null && UidOf(token.User) is not null))
        {
            // From an earlier version: they belong to the current accounts.
            await file.StoreAccountsAsync(UidOf, cancellation);
            given = file.Read();
        }

        var gone = given
            .Where(token => token.RevokedAt is null)
            .GroupBy(token => (token.User, token.Uid))
            .Select(tokens => tokens.Key)
            .Where(HasLeft)
            .ToHashSet();
        if (gone.Count == 0)
        {
            return false;
        }

        foreach (var (user, uid) in gone)
        {
            LogLeft(log, user, uid);
        }

        return await file.RevokeAsync(token => gone.Contains((token.User, token.Uid)), cancellation);
    }

    private bool HasLeft((string User, uint? Uid) owner) =>
        UserName.TryParse(owner.User, out var name)
        && accounts.Find(name) is { } now
        && !(now is { IsMember: true, IsPersons: true } && (owner.Uid is null || owner.Uid == now.Id.Uid));

    private uint? UidOf(string user) => UserName.TryParse(user, out var name) ? accounts.Find(name)?.Id.Uid : null;

    [LoggerMessage(
        4403,
        LogLevel.Information,
        "{User} (user id {Uid}) is no longer an analyst here. Their tokens for the gateway are revoked."
    )]
    private static partial void LogLeft(ILogger log, string user, uint? uid);

    [LoggerMessage(
        4404,
        LogLevel.Error,
        "The dashboard can't check whose gateway tokens still count: {Reason} It tries again every second."
    )]
    private static partial void LogNotLooked(ILogger log, string reason);
}
