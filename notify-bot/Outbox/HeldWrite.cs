using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Notify.Contracts;
using Notify.Linking;
using Notify.Quiet;

namespace Notify.Bot.Outbox;

/// <summary>A write of quiet hours or held notifications.</summary>
internal abstract class HeldWrite : OutboxWrite
{
    public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);

    /// <summary>
    /// Frees what a digest holds that can't end it any more. A recovery may have lost the digest's row: another digest then tells of it. A bot of an earlier version may have
    /// ended the digest alone: its rows take its state.
    /// </summary>
    /// <remarks>For the moment in which the file is opened. Another program may lock it then, so nothing is written if there is nothing to free.</remarks>
    internal static void EndForgotten(SqliteConnection connection)
    {
        const string Forgotten =
            "SELECT 1 FROM notification LEFT JOIN notification d ON d.id = notification.digest WHERE notification.state = 5 AND notification.digest IS NOT NULL AND d.state IS NOT 0 LIMIT 1";
        if (OutboxSchema.Scalar(connection, Forgotten) is null)
        {
            return;
        }

        OutboxSchema.Run(
            connection,
            """
            UPDATE notification SET state = d.state, reason = d.reason, reason_kind = d.reason_kind, next_try_at = NULL
            FROM notification d
            WHERE notification.state = 5 AND notification.digest IS NOT NULL AND d.id = notification.digest AND d.state NOT IN (0, 5);
            UPDATE notification SET digest = NULL
            WHERE state = 5 AND digest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM notification d WHERE d.id = notification.digest);
            """
        );
    }

    /// <summary>Runs a statement that is too rare to stay prepared.</summary>
    /// <returns>The number of changed rows.</returns>
    private static int Run(SqliteTransaction transaction, string sql, params (string Name, object? Value)[] parameters)
    {
        using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // All callers pass text of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command.ExecuteNonQuery();
    }

    public sealed class SetQuiet(QuietStore quiet, UserName user, AccountId account, QuietHours? hours) : HeldWrite
    {
        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
            Run(
                transaction,
                hours is null
                    ? "DELETE FROM quiet WHERE user = $user AND uid = $uid"
                    : "INSERT INTO quiet (user, uid, hours) VALUES ($user, $uid, $hours) ON CONFLICT (user, uid) DO UPDATE SET hours = $hours",
                ("$user", user.Value),
                ("$uid", OutboxSchema.Number(account)),
                ("$hours", hours?.ToString())
            );

        public override void Committed(OutboxFile file)
        {
            quiet.Set(user, account, hours);
            Done.SetResult(true);
        }
    }

    /// <param name="digest">The digest, which names itself.</param>
    /// <param name="upTo">The sequence of the last notification that it tells of.</param>
    /// <param name="count">How many these are.</param>
    /// <param name="over">The first notifications of the incidents that it calls over.</param>
    /// <param name="committed">Gets the digest after the commit.</param>
    public sealed class StoreDigest(
        AcceptedNotification digest,
        long upTo,
        int count,
        IReadOnlySet<string> over,
        ChannelWriter<StoredNotification> committed
    ) : HeldWrite
    {
        private StoredNotification? _stored;

        public override int Length => digest.Message.Length;

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
        {
            // A batch that fails is applied once more.
            _stored = null;
            if (
                !commands.Incidents.OverWhileHeld(transaction, digest.User, digest.Account!.Value, upTo).SetEquals(over)
            )
            {
                // An incident has ended or begun again since the text was written, and nobody else would say so.
                return;
            }

            const string Claim =
                "UPDATE notification SET digest = $digest WHERE state = 5 AND digest IS NULL AND user = $user AND uid = $uid AND sequence <= $sequence";
            var claimed = Run(
                transaction,
                Claim,
                ("$digest", digest.Id),
                ("$user", digest.User.Value),
                ("$uid", OutboxSchema.Number(digest.Account!.Value)),
                ("$sequence", upTo)
            );
            if (claimed != count)
            {
                Run(
                    transaction,
                    "UPDATE notification SET digest = NULL WHERE digest = $digest",
                    ("$digest", digest.Id)
                );
                return;
            }

            var progress = new DeliveryProgress(DeliveryState.Queued);
            var sequence = commands.Insert(transaction, digest, progress);
            Run(transaction, "UPDATE notification SET digest = id WHERE sequence = $sequence", ("$sequence", sequence));
            _stored = new StoredNotification(sequence, digest, progress);
        }

        public override void Committed(OutboxFile file)
        {
            if (_stored is { } stored)
            {
                file.LastSequence = stored.Sequence;
                committed.TryWrite(stored);
            }

            Done.SetResult(_stored is not null);
        }
    }

    /// <param name="notification">The notification, queued.</param>
    /// <param name="now">From when its time limit counts.</param>
    /// <param name="committed">Gets it after the commit.</param>
    public sealed class ReleaseOne(
        StoredNotification notification,
        DateTimeOffset now,
        ChannelWriter<StoredNotification> committed
    ) : HeldWrite
    {
        private bool _isReleased;

        public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
            _isReleased =
                Run(
                    transaction,
                    "UPDATE notification SET state = 0, reason = NULL, reason_kind = NULL, next_try_at = NULL, released_at = $now WHERE sequence = $sequence AND state = 5 AND digest IS NULL",
                    ("$now", now.ToUnixTimeMilliseconds()),
                    ("$sequence", notification.Sequence)
                ) == 1;

        public override void Committed(OutboxFile file)
        {
            if (_isReleased)
            {
                committed.TryWrite(notification);
            }

            Done.SetResult(_isReleased);
        }
    }
}
