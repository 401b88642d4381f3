using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Files;

namespace Notify.Bot.Outbox;

/// <summary>What was made of a damaged outbox.</summary>
/// <param name="Aside">Where the damaged file is now.</param>
/// <param name="Kept">Notifications that were taken over.</param>
/// <param name="Lost">Places in the order of acceptance that could not be read; what was there is not known.</param>
/// <param name="Log">What was taken from its log of changes, where SQLite would have passed over it.</param>
internal sealed record Rescued(string Aside, long Kept, long Lost, LaidLog? Log);

/// <summary>
/// What becomes of a damaged outbox: a new file is made of what can be read, and takes its place; the damaged one is kept under another name.
/// Nothing may have it open meanwhile. Killed in the middle, it is begun again at the next start.
/// </summary>
internal static class OutboxRecovery
{
    /// <summary>SQLite's page size, which this program never changes (https://www.sqlite.org/fileformat2.html).</summary>
    internal const int PageSize = 4096;

    private static readonly string[] Companions = ["-wal", "-shm"];

    /// <summary>Finishes a rescue that was cut off between its two renames, or takes away what is left of one cut off before.</summary>
    internal static void Resume(string path)
    {
        if (!File.Exists(path) && File.Exists(Draft(path)))
        {
            // Beside the new file, SQLite would take the damaged one's log for the new one's.
            var (folder, name) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
            MoveCompanions(
                path,
                Directory
                    .EnumerateFiles(folder, $"{name}.damaged-*")
                    .Where(f => !Companions.Any(f.EndsWith))
                    .Max(StringComparer.Ordinal)
                    ?? $"{path}.damaged"
            );
            File.Move(Draft(path), path);
        }

        RemoveDrafts(path);
    }

    /// <summary>Makes a new file of what can be read of a damaged one, and puts it in its place.</summary>
    /// <param name="path">The damaged file.</param>
    /// <param name="time">Gives the damaged file's new name.</param>
    /// <param name="lastSequence">No new notification may get this number or a lower one: what they name is still in memory.</param>
    /// <param name="logWouldBeLost">Whether SQLite would pass over the log of changes: then this program reads it.</param>
    /// <exception cref="IOException">A file can't be written or moved; all is as before.</exception>
    /// <exception cref="SqliteException">The new file can't be written; all is as before.</exception>
    internal static Rescued Run(string path, TimeProvider time, long lastSequence, bool logWouldBeLost)
    {
        RemoveDrafts(path);
        var draft = Draft(path);
        OutboxFile.CreateEmpty(draft);
        long kept,
            lost;
        LaidLog? log = null;
        using (var target = OutboxFile.Connect(draft))
        {
            OutboxSchema.Migrate(target);
            if (logWouldBeLost)
            {
                CopyPrivately(path, Patched(path));
                log = OutboxLog.LayOver(OutboxLog.Of(path), Patched(path));
            }

            (kept, lost) = Copy(path, target, isPatched: logWouldBeLost);
            OutboxSchema.Run(
                target,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    INSERT INTO sqlite_sequence (name, seq) SELECT 'notification', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'notification');
                    UPDATE sqlite_sequence SET seq = max(seq, {lastSequence}) WHERE name = 'notification';
                    """
                )
            );
        }

        var aside = string.Create(
            CultureInfo.InvariantCulture,
            $"{path}.damaged-{time.GetUtcNow():yyyyMMdd-HHmmss-fff}"
        );
        File.Move(path, aside);
        MoveCompanions(path, aside);
        File.Move(draft, path);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
        RemoveDrafts(path);
        return new Rescued(aside, kept, lost, log);
    }

    private static string Draft(string path) => path + ".rescue";

    private static string Patched(string path) => path + ".patched";

    private static void RemoveDrafts(string path)
    {
        foreach (var file in (string[])[Draft(path), Patched(path)])
        {
            File.Delete(file);
            foreach (var companion in Companions)
            {
                File.Delete(file + companion);
            }
        }
    }

    private static void MoveCompanions(string path, string to)
    {
        foreach (var companion in Companions.Where(c => File.Exists(path + c)))
        {
            File.Move(path + companion, to + companion);
        }
    }

    private static (long Kept, long Lost) Copy(string damaged, SqliteConnection target, bool isPatched)
    {
        var patched = Patched(damaged);
        var readable = isPatched ? patched : damaged;
        if (new FileInfo(readable).Length == 0)
        {
            return (0, 0);
        }

        if (TryCopy(readable, target) is { } copied)
        {
            return copied;
        }

        // The first page says what the file is and where its tables begin. Ours begin at the same place in every file, so a new
        // file's first page fits.
        if (!isPatched)
        {
            CopyPrivately(damaged, patched);
            foreach (var companion in Companions.Where(c => File.Exists(damaged + c)))
            {
                CopyPrivately(damaged + companion, patched + companion);
            }
        }

        OutboxSchema.Run(target, "PRAGMA wal_checkpoint(TRUNCATE)");
        PatchFirstPage(patched, target.DataSource);
        return TryCopy(patched, target) ?? (0, 1);
    }

    private static void CopyPrivately(string from, string to)
    {
        OutboxFile.CreateEmpty(to);
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var target = new FileStream(to, FileMode.Open, FileAccess.Write);
        source.CopyTo(target);
    }

    private static void PatchFirstPage(string path, string template)
    {
        var page = new byte[PageSize];
        using (var good = new FileStream(template, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            good.ReadExactly(page);
        }

        using var bad = new FileStream(path, FileMode.Open, FileAccess.Write);
        BinaryPrimitives.WriteUInt32BigEndian(page.AsSpan(28), (uint)(bad.Length / PageSize));

        // No free pages: the list of them is only needed for writing.
        page.AsSpan(32, 8).Clear();
        bad.Write(page);
    }

    /// <returns>Null where the file is not even seen as an outbox.</returns>
    private static (long Kept, long Lost)? TryCopy(string from, SqliteConnection target)
    {
        try
        {
            using var source = new SqliteConnection(
                new SqliteConnectionStringBuilder
                {
                    DataSource = from,
                    Pooling = false,
                    Mode = SqliteOpenMode.ReadWrite,
                }.ToString()
            );
            source.Open();

            // Or SQLite refuses to look into a file that is shorter than it should be.
            OutboxSchema.Run(
                source,
                "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON; PRAGMA busy_timeout = 5000;"
            );
            if (OutboxSchema.Scalar(source, "SELECT 1 FROM sqlite_schema WHERE name = 'notification'") is null)
            {
                return null;
            }

            OutboxSchema.Migrate(source, upTo: OutboxSchema.WithAllColumns);
            using var notifications = new RowSalvage(source, target);
            notifications.Run();
            CopyMutes(source, target);
            return (notifications.Kept, notifications.Lost);
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private static void CopyMutes(SqliteConnection source, SqliteConnection target)
    {
        try
        {
            using var select = source.CreateCommand();
            select.CommandText = "SELECT user, script, until, uid FROM mute";
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                using var insert = target.CreateCommand();
                insert.CommandText =
                    "INSERT OR IGNORE INTO mute (user, script, until, uid) VALUES ($user, $script, $until, $uid)";
                insert.Parameters.AddWithValue("$user", rows.GetString(0));
                insert.Parameters.AddWithValue("$script", rows.GetString(1));
                insert.Parameters.AddWithValue("$until", rows.GetInt64(2));
                insert.Parameters.AddWithValue("$uid", rows.GetValue(3));
                insert.ExecuteNonQuery();
            }
        }
        catch (Exception e) when (e is SqliteException or InvalidOperationException or InvalidCastException)
        {
            // Those that were read are kept; a lost mute is a notification too many, no lost one.
        }
    }
}
