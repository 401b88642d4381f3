using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>
/// Notices a damaged write-ahead log, which holds the newest notifications (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
/// SQLite reads such a log up to the damage, ignores the rest silently, and soon overwrites it.
/// </summary>
internal static class WalCheck
{
    private const int HeaderSize = 32;
    private const int FrameHeaderSize = 24;
    private const int FrameSize = FrameHeaderSize + OutboxFile.PageSize;

    /// <summary>In a log's header; the lowest bit of the first word says how checksums are made.</summary>
    private const uint Magic = 0x377f0682;

    /// <summary>The write-ahead log of an outbox.</summary>
    internal static string LogOf(string path) => path + "-wal";

    /// <summary>Whether a log is there though its outbox is empty or gone. SQLite would delete it.</summary>
    internal static bool IsOrphan(string path) =>
        new FileInfo(LogOf(path)) is { Exists: true, Length: > 0 }
        && new FileInfo(path) is not { Exists: true, Length: > 0 };

    /// <summary>
    /// Compares the log that a kill left behind with what SQLite read of it, and moves that into the file. Costs nothing after an orderly end,
    /// which leaves no log.
    /// </summary>
    /// <param name="path">The outbox. Nothing is written to it meanwhile.</param>
    /// <param name="copyTo">Where a damaged log is copied to.</param>
    /// <returns>How many pages of a damaged log SQLite read; null if the log is whole.</returns>
    /// <exception cref="IOException">The log can't be read or copied.</exception>
    /// <exception cref="SqliteException">The outbox can't be opened.</exception>
    internal static long? Check(string path, string copyTo)
    {
        var log = LogOf(path);
        if (new FileInfo(log) is not { Exists: true, Length: > HeaderSize })
        {
            return null;
        }

        using var connection = OutboxFile.Connect(path);
        using var checkpoint = connection.CreateCommand();
        checkpoint.CommandText = "PRAGMA wal_checkpoint(PASSIVE)";
        long read;
        using (var row = checkpoint.ExecuteReader())
        {
            // The columns are busy, pages in the log, pages moved; -1 if another program holds a lock.
            read = row.Read() ? row.GetInt64(1) : -1;
        }

        if (read < 0 || !HasIgnored(log, read))
        {
            return null;
        }

        // The last connection that closes removes the log.
        File.Copy(log, copyTo);
        return read;
    }

    /// <summary>
    /// Whether complete commits follow the last page that SQLite read. One may: a power failure can tear the commit that was being written. Each
    /// is on disk before the next begins, so two are damage.
    /// </summary>
    private static bool HasIgnored(string log, long read)
    {
        using var file = File.OpenHandle(log, share: FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[HeaderSize];
        RandomAccess.Read(file, header, 0);
        if ((Word(header, 0) & ~1u) != Magic || Word(header, 8) != OutboxFile.PageSize)
        {
            return true;
        }

        // The salt marks the frames of this log. Behind them the file can have frames of an earlier one.
        var salt = Salt(header[16..]);
        var commits = 0;
        Span<byte> frame = stackalloc byte[FrameHeaderSize];
        for (
            var at = HeaderSize + (read * FrameSize);
            RandomAccess.Read(file, frame, at) == frame.Length;
            at += FrameSize
        )
        {
            var endsCommit = Word(frame, 4) != 0;
            if (endsCommit && Salt(frame[8..]) == salt && ++commits > 1)
            {
                return true;
            }
        }

        return false;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    private static ulong Salt(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(bytes);
}
