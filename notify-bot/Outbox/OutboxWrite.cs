using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>Something that waits to be written by <see cref="OutboxWriter"/>.</summary>
internal abstract class OutboxWrite
{
    /// <summary>Puts it into the transaction.</summary>
    public abstract void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file);

    /// <summary>It is on disk.</summary>
    public abstract void Committed(OutboxFile file);

    /// <summary>It will not be.</summary>
    public abstract void Fail(OutboxNotWritableException reason);

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public sealed class Insert(AcceptedNotification notification, DeliveryProgress progress, Action<StoredNotification> stored) : OutboxWrite
    {
        private Acceptance? _result;

        public TaskCompletionSource<Acceptance> Done { get; } = NewSource<Acceptance>();

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
        {
            if (notification.Key is { } key && commands.FindKey(transaction, notification.User.Value, key, notification.CreatedAt - SqliteOutbox.KeyLifetime) is { } first)
            {
                _result = new Acceptance.Repeated(first);
                return;
            }

            _result = new Acceptance.Stored(new StoredNotification(commands.Insert(transaction, notification, progress), notification, progress));
        }

        public override void Committed(OutboxFile file)
        {
            if (_result is Acceptance.Stored { Notification: var whole })
            {
                file.LastSequence = whole.Sequence;
                stored(whole);
            }

            Done.SetResult(_result!);
        }

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    public sealed class Update(long sequence, DeliveryProgress progress) : OutboxWrite
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) => commands.Update(transaction, sequence, progress);

        public override void Committed(OutboxFile file) => Done.SetResult();

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    /// <param name="mutes">What is muted, as callers are told it.</param>
    /// <param name="user">Whose notifications.</param>
    /// <param name="script">Which script's; empty for everything; null, with no moment, for all that is muted.</param>
    /// <param name="until">Until when; null ends it.</param>
    public sealed class Mute(MuteBook mutes, UserName user, string? script, DateTimeOffset? until) : OutboxWrite
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) => commands.Mute(transaction, user.Value, script, until);

        public override void Committed(OutboxFile file)
        {
            if (script is null)
            {
                mutes.EndAll(user);
            }
            else
            {
                mutes.Set(user, script, until);
            }

            Done.SetResult();
        }

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    public sealed class Forget(Func<OutboxCommands, SqliteTransaction, Forgotten> forget) : OutboxWrite
    {
        private Forgotten _forgotten = new(0, []);

        public TaskCompletionSource<Forgotten> Done { get; } = NewSource<Forgotten>();

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) => _forgotten = forget(commands, transaction);

        public override void Committed(OutboxFile file) => Done.SetResult(_forgotten);

        public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
    }

    /// <summary>Whether something could be written: a page, and room for the largest text.</summary>
    public sealed class Probe : OutboxWrite
    {
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

    /// <summary>A reader has met damage.</summary>
    /// <param name="used">What it read with; where others are open by now, that was dealt with.</param>
    public sealed class Mend(OutboxConnections used) : OutboxWrite
    {
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
