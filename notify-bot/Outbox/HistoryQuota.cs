using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>How much history is kept, of one user and of all together. What waits for delivery does not count: it is never pruned.</summary>
/// <param name="RowsOfUser">Notifications of one user.</param>
/// <param name="BytesOfUser">Bytes of one user, counted as <see cref="HistoryQuota.Size(string)"/> says.</param>
/// <param name="Rows">Notifications of all users.</param>
/// <param name="Bytes">Bytes of all users.</param>
public sealed record HistoryLimits(long RowsOfUser, long BytesOfUser, long Rows, long Bytes)
{
    /// <summary>What a bot keeps: of a user 100,000 notifications, a month with two in each minute; of all a gigabyte, a month of a busy server many times over.</summary>
    public static readonly HistoryLimits Default = new(100_000, 64_000_000, 1_000_000, 1_000_000_000);
}

/// <summary>
/// Keeps the history within its limits while it grows: whoever is over their own limit loses their oldest; where all together are over, the largest holder loses
/// theirs. So nobody's flood pushes out what is others'. For the writing thread.
/// </summary>
/// <remarks>
/// The file keeps each user's size (<see cref="Ensure"/>), by triggers, so that it is right whichever version of the bot wrote or took away a row. A size is looked
/// at after <see cref="LookAfterRows"/> rows; a look takes away more than came since the last one. So an acceptance costs a logarithm of what is kept.
/// </remarks>
internal sealed class HistoryQuota(HistoryLimits limits)
{
    /// <summary>Bytes that a row takes in the table and its five indexes beside its texts.</summary>
    internal const int RowOverhead = 400;

    /// <summary>Rows after which a size is looked at; so many may be above a limit.</summary>
    internal const int LookAfterRows = 64;

    /// <summary>Bytes after which it is looked at.</summary>
    internal const int LookAfterBytes = 1_000_000;

    /// <summary>Rows that a look takes away at the most, so that acceptances wait for some milliseconds only.</summary>
    internal const int PrunedAtOnce = 4 * LookAfterRows;

    private const long BytesPrunedAtOnce = 4L * LookAfterBytes;

    private readonly Dictionary<string, Growth> _grown = new(StringComparer.Ordinal);
    private Growth _grownOverAll;

    /// <summary>What a notification counts: its texts and the row. A chart is a file, and so counts a sixteenth.</summary>
    internal static string Size(string row = "") =>
        $"(400 + octet_length({row}message) + coalesce(octet_length({row}title), 0) + coalesce(octet_length({row}data), 0) + coalesce(octet_length({row}key), 0)"
        + $" + coalesce(octet_length({row}script), 0) + coalesce({row}image_bytes, 0) / 16)";

    /// <summary>The same for one that is not stored yet. Characters are counted for bytes: it need not be exact.</summary>
    internal static long Size(string? title, string message, long data, long imageBytes) =>
        RowOverhead + message.Length + (title?.Length ?? 0) + data + (imageBytes / 16);

    /// <summary>Makes the table of sizes and the triggers that keep it, where a file has none yet. Older versions of the bot keep it, too, without knowing.</summary>
    internal static void Ensure(SqliteConnection connection)
    {
        if (OutboxSchema.Scalar(connection, "SELECT 1 FROM sqlite_schema WHERE name = 'history_size'") is not null)
        {
            return;
        }

        using var transaction = connection.BeginTransaction();
        OutboxSchema.Run(
            connection,
            $"""
            CREATE TABLE history_size (user TEXT PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
            INSERT INTO history_size SELECT user, count(*), sum({Size()}) FROM notification WHERE state <> 0 GROUP BY user;
            CREATE TRIGGER history_grows AFTER INSERT ON notification WHEN new.state <> 0 BEGIN {Add} END;
            CREATE TRIGGER history_takes_over AFTER UPDATE OF state ON notification WHEN old.state = 0 AND new.state <> 0 BEGIN {Add} END;
            CREATE TRIGGER history_gives_back AFTER UPDATE OF state ON notification WHEN old.state <> 0 AND new.state = 0 BEGIN {Subtract} END;
            CREATE TRIGGER history_shrinks AFTER DELETE ON notification WHEN old.state <> 0 BEGIN {Subtract} END;
            """
        );
        transaction.Commit();
    }

    /// <summary>A notification was stored; takes away what there is no room for any more.</summary>
    public Pruned Added(OutboxCommands commands, SqliteTransaction transaction, AcceptedNotification notification)
    {
        var size = Size(
            notification.Title,
            notification.Message,
            notification.Data?.Length ?? 0,
            notification.Image?.Info.ByteLength ?? 0
        );
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

    /// <summary>Takes away some of what is over a limit: of users over their own, or of the largest holder.</summary>
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
