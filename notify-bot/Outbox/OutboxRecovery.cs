using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Files;

namespace Notify.Bot.Outbox;

/// <summary>A recovered outbox.</summary>
/// <param name="Aside">The new name of the damaged file.</param>
/// <param name="Kept">The number of notifications in the new file.</param>
/// <param name="Lost">The number of places in the order of acceptance that could not be read.</param>
internal sealed record Recovered(string Aside, long Kept, long Lost);

/// <summary>
/// Recovers a damaged outbox into a new file, which takes its place. The damaged one stays under another name. No connection may be open
/// meanwhile. After a kill in between, the next start begins again.
/// </summary>
internal static class OutboxRecovery
{
    private const int SchemaError = 1; // SQLITE_ERROR: the tables are not an outbox's

    private static readonly string[] Companions = ["-wal", "-shm"];

    /// <summary>Finishes a recovery that was killed between its two renames, or removes the draft of one killed before.</summary>
    internal static void Resume(string path)
    {
        if (!File.Exists(path) && File.Exists(Draft(path)))
        {
            // SQLite would apply the damaged file's log to the new file.
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

        RemoveDraft(path);
    }

    /// <summary>Copies the readable rows into a new file and puts it in the place of the damaged one.</summary>
    /// <param name="path">The damaged file.</param>
    /// <param name="time">Gives the damaged file's new name.</param>
    /// <param name="lastSequence">New notifications get higher numbers, because lower ones are still in memory.</param>
    /// <exception cref="IOException">A file can't be written or moved. Nothing has changed.</exception>
    /// <exception cref="SqliteException">The new file can't be written. Nothing has changed.</exception>
    internal static Recovered Run(string path, TimeProvider time, long lastSequence)
    {
        RemoveDraft(path);
        var draft = Draft(path);
        OutboxFile.CreateEmpty(draft);
        long kept,
            lost;
        using (var target = OutboxFile.Connect(draft))
        {
            OutboxSchema.Migrate(target);
            (kept, lost) = Copy(path, target);
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

        var aside = Aside(path, time);
        File.Move(path, aside);
        MoveCompanions(path, aside);
        File.Move(draft, path);
        FolderSync.Flush(Path.GetDirectoryName(path)!);
        RemoveDraft(path);
        return new Recovered(aside, kept, lost);
    }

    /// <summary>The new name of a damaged file.</summary>
    internal static string Aside(string path, TimeProvider time) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}.damaged-{time.GetUtcNow():yyyyMMdd-HHmmss-fff}");

    private static string Draft(string path) => path + ".rescue";

    private static void RemoveDraft(string path)
    {
        var draft = Draft(path);
        File.Delete(draft);
        foreach (var companion in Companions)
        {
            File.Delete(draft + companion);
        }
    }

    private static void MoveCompanions(string path, string to)
    {
        foreach (var companion in Companions.Where(c => File.Exists(path + c)))
        {
            File.Move(path + companion, to + companion);
        }
    }

    private static (long Kept, long Lost) Copy(string damaged, SqliteConnection target)
    {
        if (new FileInfo(damaged).Length == 0)
        {
            return (0, 0);
        }

        using var source = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = damaged,
                Pooling = false,
                Mode = SqliteOpenMode.ReadWrite,
            }.ToString()
        );
        if (!TryOpen(source))
        {
            return (0, 1);
        }

        using var notifications = new RowSalvage(source, target);
        notifications.Run();
        CopyMutes(source, target);
        CopyQuietHours(source, target);
        CopyTable(source, target, "incident");
        CopyTable(source, target, "audit");
        return (notifications.Kept, notifications.Lost);
    }

    /// <returns>False if the damage hides that the file is an outbox.</returns>
    private static bool TryOpen(SqliteConnection source)
    {
        try
        {
            source.Open();

            // SQLite refuses a file that is shorter than its header says.
            OutboxSchema.Run(
                source,
                "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON; PRAGMA busy_timeout = 5000;"
            );
            if (OutboxSchema.Scalar(source, "SELECT 1 FROM sqlite_schema WHERE name = 'notification'") is null)
            {
                return false;
            }

            OutboxSchema.Migrate(source, isDamaged: true);
            return true;
        }
        catch (SqliteException e) when (OutboxFile.IsDamage(e) || e.SqliteErrorCode == SchemaError)
        {
            return false;
        }
    }

    private static void CopyQuietHours(SqliteConnection source, SqliteConnection target)
    {
        try
        {
            using var select = source.CreateCommand();
            select.CommandText = OutboxRows.FindQuiet;
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                using var insert = target.CreateCommand();
                insert.CommandText = "INSERT OR IGNORE INTO quiet (user, uid, hours) VALUES ($user, $uid, $hours)";
                insert.Parameters.AddWithValue("$user", rows.GetString(0));
                insert.Parameters.AddWithValue("$uid", rows.GetInt64(1));
                insert.Parameters.AddWithValue("$hours", rows.GetString(2));
                insert.ExecuteNonQuery();
            }
        }
        catch (Exception e) when (e is SqliteException or InvalidOperationException or InvalidCastException)
        {
            // Keep the readable ones. Without its quiet hours, a user's digest comes at once.
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
            // Keep the readable ones. A lost mute costs a notification too many, not one too few.
        }
    }

    /// <summary>Copies the readable rows of a table.</summary>
    private static void CopyTable(SqliteConnection source, SqliteConnection target, string table)
    {
        try
        {
            using var select = source.CreateCommand();
#pragma warning disable CA2100 // A name of this program's schema.
            select.CommandText = $"SELECT * FROM {table} NOT INDEXED";
#pragma warning restore CA2100
            using var rows = select.ExecuteReader();
            var names = Enumerable.Range(0, rows.FieldCount).Select(rows.GetName).ToArray();
            using var insert = target.CreateCommand();
#pragma warning disable CA2100 // Names of this program's schema; the values are parameters.
            insert.CommandText =
                $"INSERT OR IGNORE INTO {table} ({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select(name => "$" + name))})";
#pragma warning restore CA2100
            foreach (var name in names)
            {
                insert.Parameters.Add(new SqliteParameter("$" + name, null));
            }

            while (rows.Read())
            {
                for (var i = 0; i < names.Length; i++)
                {
                    insert.Parameters[i].Value = rows.GetValue(i);
                }

                insert.ExecuteNonQuery();
            }
        }
        catch (Exception e) when (e is SqliteException or InvalidOperationException or InvalidCastException)
        {
            // Keep the readable ones. The next firing of a lost incident begins a new one. The damaged file, which is kept, has the rest of the audit.
        }
    }
}
