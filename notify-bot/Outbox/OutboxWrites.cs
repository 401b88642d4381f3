using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

public sealed partial class SqliteOutbox
{
    /// <summary>Something that waits to be written.</summary>
    private abstract class Write
    {
        /// <summary>Puts it into the transaction.</summary>
        public abstract void Apply(Commands commands, SqliteTransaction transaction, SqliteOutbox outbox);

        /// <summary>It is on disk.</summary>
        public abstract void Committed(SqliteOutbox outbox);

        /// <summary>It will not be.</summary>
        public abstract void Fail(OutboxNotWritableException reason);

        private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        public sealed class Insert(AcceptedNotification notification, DeliveryProgress progress, Action<StoredNotification> stored) : Write
        {
            private Acceptance? _result;

            public TaskCompletionSource<Acceptance> Done { get; } = NewSource<Acceptance>();

            public override void Apply(Commands commands, SqliteTransaction transaction, SqliteOutbox outbox)
            {
                if (notification.Key is { } key && commands.FindKey(transaction, notification.User.Value, key, notification.CreatedAt - KeyLifetime) is { } first)
                {
                    _result = new Acceptance.Repeated(first);
                    return;
                }

                _result = new Acceptance.Stored(new StoredNotification(commands.Insert(transaction, notification, progress), notification, progress));
            }

            public override void Committed(SqliteOutbox outbox)
            {
                if (_result is Acceptance.Stored { Notification: var whole })
                {
                    outbox._lastSequence = whole.Sequence;
                    stored(whole);
                }

                Done.SetResult(_result!);
            }

            public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
        }

        public sealed class Update(long sequence, DeliveryProgress progress) : Write
        {
            public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public override void Apply(Commands commands, SqliteTransaction transaction, SqliteOutbox outbox) => commands.Update(transaction, sequence, progress);

            public override void Committed(SqliteOutbox outbox) => Done.SetResult();

            public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
        }

        public sealed class Mute(UserName user, string script, DateTimeOffset? until, bool EndAll) : Write
        {
            public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public override void Apply(Commands commands, SqliteTransaction transaction, SqliteOutbox outbox) =>
                commands.Mute(transaction, user.Value, EndAll ? null : script, until);

            public override void Committed(SqliteOutbox outbox)
            {
                lock (outbox._muting)
                {
                    if (EndAll)
                    {
                        outbox._mutes.Remove(user);
                    }
                    else
                    {
                        outbox.Remember(user, script, until);
                    }
                }

                Done.SetResult();
            }

            public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
        }

        public sealed class Forget(DateTimeOffset before, DateTimeOffset now) : Write
        {
            private Forgotten _forgotten = new(0, []);

            public TaskCompletionSource<Forgotten> Done { get; } = NewSource<Forgotten>();

            public override void Apply(Commands commands, SqliteTransaction transaction, SqliteOutbox outbox) => _forgotten = commands.Forget(transaction, before, now);

            public override void Committed(SqliteOutbox outbox) => Done.SetResult(_forgotten);

            public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
        }

        /// <summary>Whether something could be written: a page, and room for the largest text.</summary>
        public sealed class Probe : Write
        {
            private const long LeastRoom = 1024 * 1024;

            public override void Apply(Commands commands, SqliteTransaction transaction, SqliteOutbox outbox)
            {
                if (new DriveInfo(Path.GetDirectoryName(outbox._path)!).AvailableFreeSpace < LeastRoom)
                {
                    throw new SqliteException("less than 1 MB is free", Full);
                }

                commands.TouchVersion(transaction);
            }

            public override void Committed(SqliteOutbox outbox)
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
        public sealed class Mend(Connections used) : Write
        {
            public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public override void Apply(Commands commands, SqliteTransaction transaction, SqliteOutbox outbox)
            {
                if (outbox._open == used)
                {
                    throw new SqliteException("database disk image is malformed", Corrupt);
                }
            }

            public override void Committed(SqliteOutbox outbox) => Done.SetResult();

            public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
        }
    }

    /// <summary>The two connections, opened and closed together.</summary>
    private sealed class Connections : IDisposable
    {
        /// <summary>Some 20 MB; a larger file is looked at when it is used, since a start must not take seconds.</summary>
        private const long MostPagesChecked = 5000;

        public Connections(string path)
        {
            Writer = Connect(path);
            try
            {
                OutboxSchema.Migrate(Writer);
                Commands = new Commands(Writer);
                Reader = Connect(path);
            }
            catch
            {
                Commands?.Dispose();
                Writer.Dispose();
                throw;
            }
        }

        public SqliteConnection Writer { get; }

        public SqliteConnection Reader { get; }

        public Commands Commands { get; }

        /// <summary>Looks whether the file is whole, as far as that can be told quickly.</summary>
        public bool IsSound()
        {
            var pages = Convert.ToInt64(OutboxSchema.Scalar(Reader, "PRAGMA page_count"), CultureInfo.InvariantCulture);
            return pages > MostPagesChecked || Equals(OutboxSchema.Scalar(Reader, "PRAGMA quick_check(1)"), "ok");
        }

        public void Dispose()
        {
            Commands.Dispose();
            Reader.Dispose();
            Writer.Dispose();
        }
    }

    /// <summary>The statements of the writing thread, prepared once.</summary>
    private sealed class Commands : IDisposable
    {
        /// <summary>Rows forgotten in one transaction, so that acceptances do not wait for a whole month's.</summary>
        private const int ForgottenAtOnce = 500;

        private readonly SqliteCommand _insert;
        private readonly SqliteCommand _update;
        private readonly SqliteCommand _findKey;
        private readonly SqliteCommand _mute;
        private readonly SqliteCommand _unmute;
        private readonly SqliteCommand _findOld;
        private readonly SqliteCommand _findTooMany;
        private readonly SqliteCommand _deleteOld;
        private readonly SqliteCommand _endMutes;
        private readonly SqliteCommand _version;

        public Commands(SqliteConnection connection)
        {
            _insert = New(connection, """
                INSERT INTO notification (id, user, script, title, message, parse_mode, silent, data, key, image_id, image_kind, image_width, image_height, image_bytes, created_at, state, reason, next_try_at)
                VALUES ($id, $user, $script, $title, $message, $parse_mode, $silent, $data, $key, $image_id, $image_kind, $image_width, $image_height, $image_bytes, $created_at, $state, $reason, $next_try_at)
                RETURNING sequence
                """,
                "$id", "$user", "$script", "$title", "$message", "$parse_mode", "$silent", "$data", "$key", "$image_id", "$image_kind", "$image_width", "$image_height", "$image_bytes", "$created_at", "$state", "$reason", "$next_try_at");
            _update = New(connection, """
                UPDATE notification SET state = $state, reason = $reason, parts_done = $parts_done, attempts = $attempts, next_try_at = $next_try_at, doubted = $doubted, is_gone = $is_gone WHERE sequence = $sequence
                """,
                "$state", "$reason", "$parts_done", "$attempts", "$next_try_at", "$doubted", "$is_gone", "$sequence");
            _findKey = New(connection, FindByKey, "$user", "$key", "$after");
            _mute = New(connection, "INSERT INTO mute (user, script, until) VALUES ($user, $script, $until) ON CONFLICT (user, script) DO UPDATE SET until = $until", "$user", "$script", "$until");
            _unmute = New(connection, "DELETE FROM mute WHERE user = $user AND ($script IS NULL OR script = $script)", "$user", "$script");
            _findOld = New(connection, FindOld, "$before", "$limit");
            _findTooMany = New(connection, FindTooMany, "$rows", "$limit");
            _deleteOld = New(connection, "DELETE FROM notification WHERE sequence = $sequence", "$sequence");
            _endMutes = New(connection, "DELETE FROM mute WHERE until <= $now", "$now");
            _version = New(connection, "PRAGMA user_version");
        }

        public long Insert(SqliteTransaction transaction, AcceptedNotification n, DeliveryProgress progress)
        {
            var image = n.Image;
            Bind(_insert, transaction, n.Id, n.User.Value, n.Script, n.Title, n.Message, (int)n.ParseMode, n.Silent ? 1 : 0, n.Data, n.Key,
                image?.Id, (int?)image?.Info.Kind, image?.Info.Width, image?.Info.Height, image?.Info.ByteLength,
                n.CreatedAt.ToUnixTimeMilliseconds(), (int)progress.State, progress.Reason, progress.NextTryAt?.ToUnixTimeMilliseconds());
            return (long)_insert.ExecuteScalar()!;
        }

        public void Update(SqliteTransaction transaction, long sequence, DeliveryProgress progress)
        {
            Bind(_update, transaction, (int)progress.State, progress.Reason, progress.PartsDone, progress.Attempts, progress.NextTryAt?.ToUnixTimeMilliseconds(), progress.Doubted ? 1 : 0, progress.IsGone ? 1 : 0, sequence);
            _update.ExecuteNonQuery();
        }

        public StoredNotification? FindKey(SqliteTransaction transaction, string user, string key, DateTimeOffset after)
        {
            Bind(_findKey, transaction, user, key, after.ToUnixTimeMilliseconds());
            using var row = _findKey.ExecuteReader();
            return row.Read() ? SqliteOutbox.Stored(row) : null;
        }

        public void Mute(SqliteTransaction transaction, string user, string? script, DateTimeOffset? until)
        {
            if (until is { } end)
            {
                Bind(_mute, transaction, user, script, end.ToUnixTimeMilliseconds());
                _mute.ExecuteNonQuery();
            }
            else
            {
                Bind(_unmute, transaction, user, script);
                _unmute.ExecuteNonQuery();
            }
        }

        public Forgotten Forget(SqliteTransaction transaction, DateTimeOffset before, DateTimeOffset now)
        {
            Bind(_endMutes, transaction, now.ToUnixTimeMilliseconds());
            _endMutes.ExecuteNonQuery();

            var found = new Dictionary<long, StoredImage?>();
            Bind(_findOld, transaction, before.ToUnixTimeMilliseconds(), ForgottenAtOnce);
            Collect(_findOld, found);
            Bind(_findTooMany, transaction, MostRows, ForgottenAtOnce);
            Collect(_findTooMany, found);
            foreach (var sequence in found.Keys)
            {
                Bind(_deleteOld, transaction, sequence);
                _deleteOld.ExecuteNonQuery();
            }

            return new Forgotten(found.Count, [.. found.Values.OfType<StoredImage>()]);
        }

        /// <summary>Writes what is there already, to see whether anything can be written.</summary>
        public void TouchVersion(SqliteTransaction transaction)
        {
            _version.Transaction = transaction;
            using var touch = _version.Connection!.CreateCommand();
            touch.Transaction = transaction;
#pragma warning disable CA2100 // A number.
            touch.CommandText = string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Convert.ToInt32(_version.ExecuteScalar(), CultureInfo.InvariantCulture)}");
#pragma warning restore CA2100
            touch.ExecuteNonQuery();
        }

        public void Dispose()
        {
            _insert.Dispose();
            _update.Dispose();
            _findKey.Dispose();
            _mute.Dispose();
            _unmute.Dispose();
            _findOld.Dispose();
            _findTooMany.Dispose();
            _deleteOld.Dispose();
            _endMutes.Dispose();
            _version.Dispose();
        }

        private static void Collect(SqliteCommand select, Dictionary<long, StoredImage?> into)
        {
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                // The kind makes the file's name; the sizes do not matter here.
                into[rows.GetInt64(0)] = rows.IsDBNull(1) ? null : new StoredImage(rows.GetString(1), new Images.ImageInfo((Images.ImageKind)rows.GetInt32(2), 1, 1, 0));
            }
        }

        private static SqliteCommand New(SqliteConnection connection, string sql, params string[] parameters)
        {
            var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass text of this class.
            command.CommandText = sql;
#pragma warning restore CA2100
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new SqliteParameter(parameter, null));
            }

            return command;
        }

        private static void Bind(SqliteCommand command, SqliteTransaction transaction, params object?[] values)
        {
            command.Transaction = transaction;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters[i].Value = values[i] ?? DBNull.Value;
            }
        }
    }
}
