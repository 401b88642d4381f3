using Microsoft.Data.Sqlite;
using Notify.Posix;

namespace Notify.Bot.Outbox;

/// <summary>Locks of other programs on the outbox: how SQLite reports them, and which process holds one.</summary>
/// <remarks>The bytes that SQLite locks are part of its file format (https://www.sqlite.org/walformat.html#wal_locks and os.h of its source).</remarks>
internal static class OutboxLock
{
    private const int Busy = 5; // SQLITE_BUSY

    private const int Locked = 6; // SQLITE_LOCKED

    private const int Protocol = 15; // SQLITE_PROTOCOL: no lock for reading after many tries

    private const long WalWriteByte = 120;

    private const long WalRecoverByte = 122;

    private const long FirstReadByte = 123;

    private const long LastReadByte = 127;

    private const long FirstFileByte = 0x4000_0000;

    private const long LastFileByte = FirstFileByte + 511;

    /// <summary>Whether another program's lock was the cause.</summary>
    internal static bool IsLock(Exception? e) => e is SqliteException { SqliteErrorCode: Busy or Locked or Protocol };

    /// <summary>The trouble for a lock. Names the processes that hold it, if they can be found.</summary>
    internal static OutboxTrouble Of(string path) => Of(path, Holders(path));

    /// <summary>The trouble for a lock; null if no process holds one.</summary>
    internal static OutboxTrouble? Find(string path) =>
        Holders(path) is { Count: > 0 } holders ? Of(path, holders) : null;

    /// <summary>The processes that read the outbox. They keep its log from being emptied.</summary>
    internal static string Readers(string path) =>
        Names(LockHolders.Of(Index(path), FirstReadByte, LastReadByte, exclusive: false), path);

    private static OutboxTrouble Of(string path, IReadOnlyList<RunningProcess> holders) =>
        new(OutboxTroubleKind.Locked, $"another program has the outbox locked: {Names(holders, path)}");

    private static IReadOnlyList<RunningProcess> Holders(string path) =>
        [
            .. LockHolders
                .Of(Index(path), WalWriteByte, WalRecoverByte, exclusive: true)
                .Concat(LockHolders.Of(path, FirstFileByte, LastFileByte, exclusive: true))
                .DistinctBy(process => process.Id),
        ];

    private static string Index(string path) => path + "-shm";

    private static string Names(IEnumerable<RunningProcess> processes, string path)
    {
        var names = string.Join(", ", processes.Select(process => process.ToString()));
        return names.Length > 0 ? names : $"sudo fuser -v {path} {Index(path)} lists the programs that have it open";
    }
}
