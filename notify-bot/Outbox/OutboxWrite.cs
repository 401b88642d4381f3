using Microsoft.Data.Sqlite;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>Something that waits to be written by <see cref="OutboxWriter"/>.</summary>
internal abstract class OutboxWrite
{
    private const int Waits = 0;

    private const int IsBeingWritten = 1;

    private const int IsGivenUp = 2;

    private int _state;

    /// <summary>Whether it has to be written some time: what can't be written now stays in memory.</summary>
    public virtual bool IsOwed => false;

    /// <summary>Whether it may wait for a lock's end: somebody gives it up in time. False for what only asks how things stand.</summary>
    public virtual bool MayWait => true;

    /// <summary>Characters of its texts, about as many bytes as it takes in the log.</summary>
    public virtual int Length => 0;

    /// <summary>Takes it into a transaction; false where it was given up.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, IsBeingWritten, Waits) == Waits;

    /// <summary>Its transaction failed.</summary>
    public void PutBack() => Interlocked.CompareExchange(ref _state, Waits, IsBeingWritten);

    /// <summary>Takes it back; false where a transaction has it. Once given up it is never written: giving up and writing exclude each other.</summary>
    public bool TryGiveUp() => Interlocked.CompareExchange(ref _state, IsGivenUp, Waits) == Waits;

    /// <summary>Whether it was given up.</summary>
    public bool WasGivenUp => Volatile.Read(ref _state) == IsGivenUp;

    /// <summary>Puts it into the transaction.</summary>
    public abstract void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file);

    /// <summary>It is on disk.</summary>
    public abstract void Committed(OutboxFile file);

    /// <summary>It will not be.</summary>
    public abstract void Fail(OutboxNotWritableException reason);

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="notification">What is accepted.</param>
    /// <param name="progress">Where it starts.</param>
    /// <param name="quota">How much history is kept beside it.</param>
    /// <param name="stored">Told what was stored, and what the history had no room for any more.</param>
    public sealed class Insert(
        AcceptedNotification notification,
        DeliveryProgress progress,
        HistoryQuota quota,
        Action<StoredNotification, Pruned> stored
    ) : OutboxWrite
    {
        private Acceptance? _result;
        private Pruned _pruned = Pruned.Nothing;

        public override int Length =>
            notification.Message.Length + (notification.Title?.Length ?? 0) + (notification.Data?.Length ?? 0);

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
                stored(whole, _pruned);
            }

            Done.SetResult(_result!);
        }

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    public sealed class Update(long sequence, DeliveryProgress progress) : OutboxWrite
    {
        /// <summary>Else what was delivered would be delivered again after a restart.</summary>
        public override bool IsOwed => true;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
            commands.Update(transaction, sequence, progress);

        public override void Committed(OutboxFile file) => Done.SetResult();

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    /// <param name="mutes">What is muted, as callers are told it.</param>
    /// <param name="user">Whose notifications.</param>
    /// <param name="account">Which account that is.</param>
    /// <param name="script">Which script's; empty for everything; null, with no moment, for all that is muted.</param>
    /// <param name="until">Until when; null ends it.</param>
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

    /// <summary>A user's mutes that are too many, taken away a few thousand at a time.</summary>
    /// <param name="user">Whose.</param>
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
            // They do not count any more; the next start tries again.
        }
    }

    /// <summary>Whether something could be written: a page, and room for the largest text.</summary>
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
            // What it found out is IsWritable.
        }

        public override void Fail(OutboxNotWritableException reason)
        {
            // Likewise.
        }
    }

    /// <summary>Whether the lock for writing can be had; writes nothing.</summary>
    public sealed class Look : OutboxWrite
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

    /// <summary>A reader has met damage.</summary>
    /// <param name="used">What it read with; where others are open by now, that was dealt with.</param>
    public sealed class Mend(OutboxConnections used) : OutboxWrite
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
