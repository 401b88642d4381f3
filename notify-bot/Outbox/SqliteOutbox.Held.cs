using Notify.Contracts;
using Notify.Linking;
using Notify.Quiet;

namespace Notify.Bot.Outbox;

/// <summary>Quiet hours and held notifications.</summary>
public sealed partial class SqliteOutbox
{
    /// <inheritdoc />
    public QuietHours? QuietOf(UserName user) => _quiet.Of(user, AccountOf(user));

    /// <inheritdoc />
    public QuietHours? QuietOf(UserName user, AccountId account) => _quiet.Of(user, account);

    /// <inheritdoc />
    public Mutes MutesOf(UserName user, AccountId account) => _mutes.Of(user, account);

    /// <inheritdoc />
    public async Task SetQuietAsync(UserName user, QuietHours? hours)
    {
        ArgumentNullException.ThrowIfNull(user);
        var write = new HeldWrite.SetQuiet(_quiet, user, AccountOf(user), hours);
        await WriteAsync(write, write.Done, CancellationToken.None);
        _changes.ScriptsChanged(user);
    }

    /// <inheritdoc />
    public (int Count, long Bytes) HeldOf(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            OutboxRows.FindHeldSize,
            row => (row.GetInt32(0), row.GetInt64(1)),
            ("$user", user.Value),
            ("$uid", UidOf(user))
        )[0];
    }

    /// <inheritdoc />
    public IReadOnlyList<(UserName User, AccountId Account)> Holders() => _quiet.Holders;

    /// <inheritdoc />
    public IReadOnlyList<PastNotification> Held(UserName user, AccountId account, int limit, int text)
    {
        ArgumentNullException.ThrowIfNull(user);
        var stamp = _quiet.StampOf(user, account);
        var held = Select(
            OutboxRows.FindHeld,
            row => OutboxRows.Past(row, text),
            ("$user", user.Value),
            ("$uid", OutboxSchema.Number(account)),
            ("$limit", limit),
            ("$bytes", OutboxRows.BytesFor(text))
        );
        if (held.Count == 0)
        {
            _quiet.Forget(user, account, stamp);
        }

        return held;
    }

    /// <inheritdoc />
    public Task<bool> ReleaseAsync(AcceptedNotification digest, long upTo, int count, IReadOnlySet<string> over)
    {
        ArgumentNullException.ThrowIfNull(digest);
        ArgumentNullException.ThrowIfNull(over);
        var write = new HeldWrite.StoreDigest(digest with { Digest = digest.Id }, upTo, count, over, _committed.Writer);
        return WriteAsync(write, write.Done, CancellationToken.None);
    }

    /// <inheritdoc />
    public Task<bool> ReleaseAsync(StoredNotification held)
    {
        ArgumentNullException.ThrowIfNull(held);
        var write = new HeldWrite.ReleaseOne(
            held with
            {
                Progress = new DeliveryProgress(DeliveryState.Queued),
            },
            _time.GetUtcNow(),
            _committed.Writer
        );
        return WriteAsync(write, write.Done, CancellationToken.None);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> OfDigest(string digest) =>
        Select(OutboxRows.FindOfDigest, row => row.GetString(0), ("$digest", digest));

    /// <summary>Stores a notification as held.</summary>
    private async Task<Acceptance> HoldAsync(
        OutboxWrite.Insert write,
        AcceptedNotification notification,
        CancellationToken cancellation
    )
    {
        var acceptance = await WriteAsync(write, write.Done, cancellation);
        if (acceptance is Acceptance.Stored)
        {
            _quiet.Hold(notification.User, notification.Account!.Value);
        }

        return acceptance;
    }
}
