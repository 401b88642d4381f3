using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>The limits of the history, for one user and for all together. Waiting notifications are never pruned and do not count.</summary>
/// <param name="RowsOfUser">Notifications of one user.</param>
/// <param name="BytesOfUser">Bytes of one user, counted as <see cref="HistoryQuota.Size(string)"/> says.</param>
/// <param name="Rows">Notifications of all users.</param>
/// <param name="Bytes">Bytes of all users.</param>
public sealed record HistoryLimits(long RowsOfUser, long BytesOfUser, long Rows, long Bytes)
{
    /// <summary>The bot's limits. A user has 100,000 notifications: two a minute for a month. All together have a gigabyte: many months of a busy server.</summary>
    public static readonly HistoryLimits Default = new(100_000, 64_000_000, 1_000_000, 1_000_000_000);
}

/// <summary>
/// Keeps the history within its limits while it grows. A user over their own limit loses their oldest notifications. If all together are over, the largest
/// holder loses theirs. So a flood of one user never removes another's history. For the writing thread.
/// </summary>
/// <remarks>
/// Triggers keep each user's size in the file (<see cref="Ensure"/>), so it is right whichever version of the bot wrote or removed a row. A check runs
/// after <see cref="LookAfterRows"/> rows and prunes more than came since the last one. So an acceptance costs a logarithm of the history.
/// </remarks>
internal sealed class HistoryQuota(HistoryLimits limits)
{
    /// <summary>Bytes that a row takes in the table and its five indexes beside its texts.</summary>
    internal const int RowOverhead = 400;

    /// <summary>Rows between two checks of a size. So many may be above a limit.</summary>
    internal const int LookAfterRows = 64;

    /// <summary>Bytes between two checks of a size.</summary>
    internal const int LookAfterBytes = 1_000_000;

    /// <summary>Most rows that one check removes, so acceptances wait only some milliseconds.</summary>
    internal const int PrunedAtOnce = 4 * LookAfterRows;

    /// <summary>Queued and held. These are not history yet.</summary>
    private const string Waiting = "(0, 5)";

    private const long BytesPrunedAtOnce = 4L * LookAfterBytes;

    private readonly Dictionary<string, Growth> _grown = new(StringComparer.Ordinal);
    private Growth _grownOverAll;

    /// <summary>The size of a notification: its texts and the row. A chart or file is outside the database and counts a sixteenth.</summary>
    internal static string Size(string row = "") =>
        $"(400 + octet_length({row}message) + coalesce(octet_length({row}title), 0) + coalesce(octet_length({row}data), 0) + coalesce(octet_length({row}key), 0)"
        + $" + coalesce(octet_length({row}script), 0) + coalesce({row}image_bytes, 0) / 16"
        + $" + coalesce(octet_length({row}table_text), 0) + coalesce(octet_length({row}buttons), 0) + coalesce({row}attachment_bytes, 0) / 16)";

    /// <summary>The same before it is stored. Counts characters instead of bytes, which is exact enough.</summary>
    /// <param name="notification">The notification.</param>
    internal static long Size(AcceptedNotification notification) =>
        RowOverhead
        + notification.Message.Length
        + (notification.Title?.Length ?? 0)
        + (notification.Data?.Length ?? 0)
        + (notification.Table?.Length ?? 0)
        + (((notification.Image?.ByteLength ?? 0) + notification.Attachments.Sum(a => a.ByteLength)) / 16);

    /// <summary>Creates the table of sizes and its triggers if a file has none yet. The triggers also work under older versions of the bot.</summary>
    internal static void Ensure(SqliteConnection connection)
    {
        var trigger = OutboxSchema.Scalar(
            connection,
            "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'history_grows'"
        );
        if (
            trigger is string known
            && known.Contains(Size("new."), StringComparison.Ordinal)
            && known.Contains(Waiting, StringComparison.Ordinal)
        )
        {
            return;
        }

        // The triggers of an older version count fewer columns. A row without these has the same size by both.
        using var transaction = connection.BeginTransaction();
        if (trigger is null)
        {
            OutboxSchema.Run(
                connection,
                $"""
                CREATE TABLE history_size (user TEXT PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
                INSERT INTO history_size SELECT user, count(*), sum({Size()}) FROM notification WHERE state NOT IN {Waiting} GROUP BY user;
                """
            );
        }

        OutboxSchema.Run(
            connection,
            $"""
            DROP TRIGGER IF EXISTS history_grows;
            DROP TRIGGER IF EXISTS history_takes_over;
            DROP TRIGGER IF EXISTS history_gives_back;
            DROP TRIGGER IF EXISTS history_shrinks;
            CREATE TRIGGER history_grows AFTER INSERT ON notification WHEN new.state NOT IN {Waiting} BEGIN {Add} END;
            CREATE TRIGGER history_takes_over AFTER UPDATE OF state ON notification WHEN old.state IN {Waiting} AND new.state NOT IN {Waiting} BEGIN {Add} END;
            CREATE TRIGGER history_gives_back AFTER UPDATE OF state ON notification WHEN old.state NOT IN {Waiting} AND new.state IN {Waiting} BEGIN {Subtract} END;
            CREATE TRIGGER history_shrinks AFTER DELETE ON notification WHEN old.state NOT IN {Waiting} BEGIN {Subtract} END;
            """
        );
        transaction.Commit();
    }

    /// <summary>Prunes after a notification was stored.</summary>
    public Pruned Added(OutboxCommands commands, SqliteTransaction transaction, AcceptedNotification notification)
    {
        var size = Size(notification);
        var pruned = Pruned.Nothing;
        if (HasGrown(notification.User.Value, size))
        {
            pruned = PruneUser(commands, transaction, notification.User.Value);
        }

        _grownOverAll = _grownOverAll.And(size);
        if (_grownOverAll.IsMuch)
        {
            _grownOverAll = default;
            pruned = pruned.And(PruneLargest(commands, transaction));
        }

        return pruned;
    }

    /// <summary>Prunes a part of what is over a limit: of users over their own, or of the largest holder.</summary>
    public Pruned Prune(OutboxCommands commands, SqliteTransaction transaction) =>
        commands.UserOver(transaction, limits) is { } user
            ? PruneUser(commands, transaction, user)
            : PruneLargest(commands, transaction);

    private bool HasGrown(string user, long size)
    {
        var grown = _grown.GetValueOrDefault(user).And(size);
        if (grown.IsMuch)
        {
            _grown.Remove(user);
            return true;
        }

        _grown[user] = grown;
        return false;
    }

    private Pruned PruneUser(OutboxCommands commands, SqliteTransaction transaction, string user)
    {
        var (rows, bytes) = commands.SizeOf(transaction, user);
        return Prune(commands, transaction, user, rows - limits.RowsOfUser, bytes - limits.BytesOfUser);
    }

    private Pruned PruneLargest(OutboxCommands commands, SqliteTransaction transaction)
    {
        var (rows, bytes) = commands.SizeOverAll(transaction);
        var (rowsOver, bytesOver) = (rows - limits.Rows, bytes - limits.Bytes);
        return (rowsOver > 0 || bytesOver > 0) && commands.LargestHolder(transaction, byRows: rowsOver > 0) is { } user
            ? Prune(commands, transaction, user, rowsOver, bytesOver)
            : Pruned.Nothing;
    }

    private static Pruned Prune(
        OutboxCommands commands,
        SqliteTransaction transaction,
        string user,
        long rowsOver,
        long bytesOver
    )
    {
        if (rowsOver <= 0 && bytesOver <= 0)
        {
            return Pruned.Nothing;
        }

        var room = BytesPrunedAtOnce;
        return commands.DeleteOldest(
            transaction,
            user,
            PrunedAtOnce,
            size =>
            {
                if ((rowsOver <= 0 && bytesOver <= 0) || room <= 0)
                {
                    return false;
                }

                (rowsOver, bytesOver, room) = (rowsOver - 1, bytesOver - size, room - size);
                return true;
            }
        );
    }

    private static string Add =>
        $"INSERT INTO history_size VALUES (new.user, 1, {Size("new.")}) ON CONFLICT (user) DO UPDATE SET rows = rows + 1, bytes = bytes + excluded.bytes;";

    private static string Subtract =>
        $"UPDATE history_size SET rows = rows - 1, bytes = bytes - {Size("old.")} WHERE user = old.user;";

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Growth(int Rows, long Bytes)
    {
        public bool IsMuch => Rows >= LookAfterRows || Bytes >= LookAfterBytes;

        public Growth And(long size) => new(Rows + 1, Bytes + size);
    }
}
