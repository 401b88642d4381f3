using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>A write that waits for <see cref="OutboxWriter"/>.</summary>
internal abstract class OutboxWrite
{
    private const int Waits = 0;

    private const int IsBeingWritten = 1;

    private const int IsGivenUp = 2;

    private int _state;

    /// <summary>Whether a failed write stays in memory until it succeeds.</summary>
    public virtual bool IsOwed => false;

    /// <summary>Whether it waits for the end of a lock. Its caller gives it up in time. False for checks.</summary>
    public virtual bool MayWait => true;

    /// <summary>The length of its texts, about its bytes in the log.</summary>
    public virtual int Length => 0;

    /// <summary>Moves it into a transaction; false if it was given up.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, IsBeingWritten, Waits) == Waits;

    /// <summary>Moves it out of a failed transaction.</summary>
    public void PutBack() => Interlocked.CompareExchange(ref _state, Waits, IsBeingWritten);

    /// <summary>Gives it up; false if a transaction has it. A given up write is never written.</summary>
    public bool TryGiveUp() => Interlocked.CompareExchange(ref _state, IsGivenUp, Waits) == Waits;

    /// <summary>Whether it was given up.</summary>
    public bool WasGivenUp => Volatile.Read(ref _state) == IsGivenUp;

    /// <summary>Runs its statements in the transaction.</summary>
    public abstract void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file);

    /// <summary>Ends it after the commit.</summary>
    public abstract void Committed(OutboxFile file);

    /// <summary>Ends it without a write.</summary>
    public abstract void Fail(OutboxNotWritableException reason);

    protected static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="notification">The notification.</param>
    /// <param name="progress">Its first progress.</param>
    /// <param name="quota">Prunes the history.</param>
    /// <param name="committed">Gets the notification after the commit.</param>
    /// <param name="prunedAttachments">Gets the charts and files of pruned notifications.</param>
    public sealed class Insert(
        AcceptedNotification notification,
        DeliveryProgress progress,
        HistoryQuota quota,
        ChannelWriter<StoredNotification> committed,
        ChannelWriter<StoredAttachment> prunedAttachments
    ) : OutboxWrite
    {
        private Acceptance? _result;
        private Pruned _pruned = Pruned.Nothing;

        public override int Length =>
            notification.Message.Length
            + (notification.Title?.Length ?? 0)
            + (notification.Data?.Length ?? 0)
            + (notification.Table?.Length ?? 0);

        public TaskCompletionSource<Acceptance> Done { get; } = NewSource<Acceptance>();

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
        {
            if (
                notification.Key is { } key
                && notification.Account is { } account
                && commands.FindKey(
                    transaction,
                    notification.User.Value,
                    account,
                    key,
                    notification.CreatedAt - notification.KeyLifetime
                )
                    is { } first
            )
            {
                _result = new Acceptance.Repeated(first);
                return;
            }

            _result = new Acceptance.Stored(
                new StoredNotification(commands.Insert(transaction, notification, progress), notification, progress)
            );
            _pruned = quota.Added(commands, transaction, notification);
        }

        public override void Committed(OutboxFile file)
        {
            if (_result is Acceptance.Stored { Notification: var whole })
            {
                file.LastSequence = whole.Sequence;
                committed.TryWrite(whole);
                foreach (var chart in _pruned.Attachments)
                {
                    prunedAttachments.TryWrite(chart);
                }
            }

            Done.SetResult(_result!);
        }

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    /// <param name="sequence">The notification.</param>
    /// <param name="progress">Its progress.</param>
    /// <param name="at">When that came about.</param>
    /// <param name="shown">The message of its incident that went out with it; null for none.</param>
    public sealed class Update(long sequence, DeliveryProgress progress, DateTimeOffset at, ShownIncident? shown = null)
        : OutboxWrite
    {
        /// <summary>True, because a restart would deliver the notification again.</summary>
        public override bool IsOwed => true;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
            Apply(commands, transaction);

        public override void Committed(OutboxFile file) => Done.SetResult();

        private void Apply(OutboxCommands commands, SqliteTransaction transaction)
        {
            commands.Update(transaction, sequence, progress, at);
            shown?.Apply(commands.Incidents, transaction);
        }

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    /// <param name="mutes">The mutes in memory.</param>
    /// <param name="user">The user.</param>
    /// <param name="account">The user's account.</param>
    /// <param name="script">The script; empty for the mute of everything; null, without a moment, for all mutes.</param>
    /// <param name="until">The end of the mute; null ends it now.</param>
    public sealed class Mute(MuteStore mutes, UserName user, AccountId account, string? script, DateTimeOffset? until)
        : OutboxWrite
    {
        public TaskCompletionSource<bool> Done { get; } = NewSource<bool>();

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
            commands.Mute(transaction, user.Value, account, script, until);

        public override void Committed(OutboxFile file)
        {
            if (script is null)
            {
                mutes.EndAll(user, account);
            }
            else if (until is { } end)
            {
                mutes.Fill(user, account, script, end);
            }
            else
            {
                mutes.End(user, account, script);
            }

            Done.SetResult(true);
        }

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    public sealed class Prune(Func<OutboxCommands, SqliteTransaction, Pruned> prune) : OutboxWrite
    {
        private Pruned _pruned = new(0, []);

        public TaskCompletionSource<Pruned> Done { get; } = NewSource<Pruned>();

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
            _pruned = prune(commands, transaction);

        public override void Committed(OutboxFile file) => Done.SetResult(_pruned);

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    /// <summary>Removes a user's mutes beyond the bound, a few thousand at a time.</summary>
    /// <param name="user">The user.</param>
    /// <param name="kept">The scripts whose mutes stay, as a JSON list.</param>
    public sealed class TrimMutes(UserName user, AccountId account, string kept) : OutboxWrite
    {
        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
            commands.TrimMutes(transaction, user.Value, account, kept);

        public override void Committed(OutboxFile file)
        {
            // Nobody waits for it.
        }

        public override void Fail(OutboxNotWritableException reason)
        {
            // They do not count any more. The next start tries again.
        }
    }

    /// <summary>Tests whether the file is writable: a page, and room for the largest text.</summary>
    public sealed class Probe : OutboxWrite
    {
        public override bool MayWait => false;

        private const long LeastRoom = 1024 * 1024;

        private const int Full = 13; // SQLITE_FULL

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
        {
            if (new DriveInfo(Path.GetDirectoryName(file.Path)!).AvailableFreeSpace < LeastRoom)
            {
                throw new SqliteException("less than 1 MB is free", Full);
            }

            commands.TouchVersion(transaction);
        }

        public override void Committed(OutboxFile file)
        {
            // The writer's trouble has the result.
        }

        public override void Fail(OutboxNotWritableException reason)
        {
            // The writer's trouble has the result.
        }
    }

    /// <summary>Tests whether the lock for writing is free. Writes nothing.</summary>
    public sealed class LockCheck : OutboxWrite
    {
        public override bool MayWait => false;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
        {
            // The transaction has the lock.
        }

        public override void Committed(OutboxFile file) => Done.TrySetResult();

        public override void Fail(OutboxNotWritableException reason) => Done.TrySetResult();
    }

    /// <summary>Recovers the file after a reader met damage.</summary>
    /// <param name="used">The reader's connections. If others are open now, the file has been recovered already.</param>
    public sealed class Repair(OutboxConnections used) : OutboxWrite
    {
        public override bool MayWait => false;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
        {
            if (file.Current == used)
            {
                throw OutboxFile.Malformed();
            }
        }

        public override void Committed(OutboxFile file) => Done.SetResult();

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }
}
