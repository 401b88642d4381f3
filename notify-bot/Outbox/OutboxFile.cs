using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Outbox;

/// <summary>
/// The file of the outbox and the connections to it. If it is damaged, at the start or later, <see cref="OutboxRecovery"/> sets it aside, and the
/// bot continues with the readable rows.
/// </summary>
internal sealed partial class OutboxFile : IDisposable
{
    /// <summary>SQLite's default page size, which the bot keeps (https://www.sqlite.org/fileformat2.html).</summary>
    internal const int PageSize = 4096;

    private const int Corrupt = 11; // SQLITE_CORRUPT

    private const int NotADatabase = 26; // SQLITE_NOTADB

    /// <summary>Time limit of one wait for another program's lock. The library takes whole seconds and checks every 150 ms.</summary>
    public static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Maximum number of attempts to open a locked outbox. Each takes <see cref="LockTimeout"/>.</summary>
    private const int MaxOpenTries = 5;

    /// <summary>The size in bytes to which SQLite cuts the log when it begins again.</summary>
    private const int LogKept = 4_000_000;

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<UserName, AccountId?> _accountOf;
    private readonly Lock _reading = new();

    /// <summary>Only the writing thread changes it, under <see cref="_reading"/>.</summary>
    private OutboxConnections? _current;

    private OutboxFile(
        string path,
        TimeProvider time,
        ILogger log,
        Func<UserName, AccountId?> accountOf,
        Action<SqliteConnection> load
    )
    {
        Path = path;
        _accountOf = accountOf;
        _time = time;
        _log = log;
        var isLogDamaged = IsLogDamaged(path, time, log);
        _current = new OutboxConnections(path, accountOf);
        try
        {
            // Commits that a damaged log lacks can leave the file inconsistent, whatever its size.
            if (!_current.IsSound(whole: isLogDamaged))
            {
                throw Malformed();
            }

            load(_current.Reader);
            LastSequence = Convert.ToInt64(
                OutboxSchema.Scalar(_current.Reader, "SELECT coalesce(max(sequence), 0) FROM notification"),
                CultureInfo.InvariantCulture
            );
        }
        catch
        {
            _current.Dispose();
            throw;
        }
    }

    public string Path { get; }

    public TimeProvider Time => _time;

    /// <summary>The last sequence number. For the writing thread.</summary>
    public long LastSequence { get; set; }

    /// <summary>Reads a file that was recovered while it was used. Set before the first write.</summary>
    public Action<SqliteConnection>? Recovered { get; set; }

    /// <summary>The connections, for the writing thread; null while a damaged file can't be set aside.</summary>
    public OutboxConnections? Current => _current;

    /// <summary>Opens the outbox, or creates it. Recovers a damaged one into a new file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">Gives the name of a file that is set aside.</param>
    /// <param name="log">Gets damage.</param>
    /// <param name="accountOf">The current account of a user, for rows of versions without ids; null if unknown now.</param>
    /// <param name="load">Reads what the bot needs from the start. Called again after damage.</param>
    /// <exception cref="IOException">It can't be opened or created.</exception>
    internal static OutboxFile Open(
        string path,
        TimeProvider time,
        ILogger log,
        Func<UserName, AccountId?> accountOf,
        Action<SqliteConnection> load
    )
    {
        if (Directory.Exists(path))
        {
            throw new IOException(
                $"{path} is a folder, but should be the outbox's file. Move the folder away and start again."
            );
        }

        OutboxRecovery.Resume(path);
        if (WalCheck.IsOrphan(path))
        {
            var aside = OutboxRecovery.Aside(WalCheck.LogOf(path), time);
            File.Move(WalCheck.LogOf(path), aside);
            LogLogDamaged(log, WalCheck.LogOf(path), $"has lost its {System.IO.Path.GetFileName(path)}", aside);
        }

        if (!File.Exists(path))
        {
            CreateEmpty(path);
        }

        try
        {
            return OpenLocked(path, time, log, accountOf, load);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            try
            {
                SetAside(path, time, log, lastSequence: 0);
                return new OutboxFile(path, time, log, accountOf, load);
            }
            catch (SqliteException again)
            {
                throw new IOException(
                    $"{path} is damaged ({e.Message}) and could not be recovered: {again.Message}",
                    again
                );
            }
        }
        catch (SqliteException e) when (OutboxLock.IsLock(e))
        {
            throw new IOException(
                $"{path} can't be opened, so the bot does not start: {OutboxLock.Of(path).Reason}. End that program; systemd then restarts the bot.",
                e
            );
        }
        catch (SqliteException e)
        {
            throw new IOException($"{path} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Opens the file. Waits for another program's lock.</summary>
    private static OutboxFile OpenLocked(
        string path,
        TimeProvider time,
        ILogger log,
        Func<UserName, AccountId?> accountOf,
        Action<SqliteConnection> load
    )
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return new OutboxFile(path, time, log, accountOf, load);
            }
            catch (SqliteException e) when (OutboxLock.IsLock(e) && tries < MaxOpenTries)
            {
                // For example a copy in progress. It may be ready in a moment.
            }
        }
    }

    /// <summary>Reads. Excludes setting the file aside meanwhile.</summary>
    /// <exception cref="OutboxNotReadableException">A damaged file can't be set aside, or another program locks it.</exception>
    internal T Read<T>(Func<OutboxConnections, T> read)
    {
        lock (_reading)
        {
            try
            {
                return read(
                    _current ?? throw new OutboxNotReadableException("it is damaged and could not be set aside")
                );
            }
            catch (SqliteException e) when (OutboxLock.IsLock(e))
            {
                throw new OutboxNotReadableException(OutboxLock.Of(Path).Reason, e);
            }
        }
    }

    /// <summary>Moves the log into the file and empties it, as far as other readers allow. On the writing thread.</summary>
    internal void EmptyLog()
    {
        lock (_reading)
        {
            try
            {
                if (_current is { } open)
                {
                    OutboxSchema.Run(open.Writer, "PRAGMA wal_checkpoint(TRUNCATE)");
                }
            }
            catch (SqliteException)
            {
                // The next check tries again. A fault of the disk also shows in the next write.
            }
        }
    }

    /// <summary>The connections, for writing.</summary>
    /// <exception cref="SqliteException">There are none. Counts as damage, so the writer tries again to set the file aside.</exception>
    internal OutboxConnections ForWriting() =>
        _current ?? throw new SqliteException("the outbox is damaged and could not be set aside", Corrupt);

    /// <summary>Recovers a file that was damaged while it was used. On the writing thread.</summary>
    /// <returns>Why it can't be set aside; null if it was.</returns>
    internal Exception? TryRepair()
    {
        lock (_reading)
        {
            _current?.Dispose();
            _current = null;
            try
            {
                SetAside(Path, _time, _log, LastSequence);
                _current = new OutboxConnections(Path, _accountOf);
                Recovered?.Invoke(_current.Reader);
                return null;
            }
            catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
            {
                return e;
            }
        }
    }

    public void Dispose() => _current?.Dispose();

    internal static bool IsDamage(SqliteException e) => e.SqliteErrorCode is Corrupt or NotADatabase;

    /// <summary>SQLite's own exception for a damaged file.</summary>
    internal static SqliteException Malformed() => new("database disk image is malformed", Corrupt);

    /// <summary>Creates an empty file that only the bot may read. SQLite would use the umask; -wal and -shm get the mode of this file.</summary>
    internal static void CreateEmpty(string path) =>
        new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = FileModes.OwnerFile,
            }
        ).Dispose();

    internal static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Pooling = false,
                Mode = SqliteOpenMode.ReadWrite,
                DefaultTimeout = (int)LockTimeout.TotalSeconds,
            }.ToString()
        );
        try
        {
            connection.Open();
            if (new FileInfo(path).Length == 0)
            {
                // Only a new file accepts it. On another it would wait for a lock and change nothing.
                OutboxSchema.Run(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            }

            // FULL, because in WAL mode NORMAL loses the last commits when the power fails.
            OutboxSchema.Run(
                connection,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = {LogKept}; PRAGMA temp_store = MEMORY;"
                )
            );
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void SetAside(string path, TimeProvider time, ILogger log, long lastSequence)
    {
        var recovered = OutboxRecovery.Run(path, time, lastSequence);
        LogDamaged(log, path, recovered.Aside, recovered.Kept, recovered.Lost);
    }

    private static bool IsLogDamaged(string path, TimeProvider time, ILogger log)
    {
        var copy = OutboxRecovery.Aside(WalCheck.LogOf(path), time);
        if (WalCheck.Check(path, copy) is not { } read)
        {
            return false;
        }

        LogLogDamaged(
            log,
            WalCheck.LogOf(path),
            string.Create(CultureInfo.InvariantCulture, $"is damaged after {read} pages"),
            copy
        );
        return true;
    }

    [LoggerMessage(
        1601,
        LogLevel.Error,
        "{Path} is damaged. It was set aside as {Aside}. {Kept} notifications were copied, and {Lost} places could not be read."
    )]
    private static partial void LogDamaged(ILogger log, string path, string aside, long kept, long lost);

    [LoggerMessage(
        1605,
        LogLevel.Error,
        "{Log}, which holds the newest notifications, {Fault}. It is kept as {Aside}. Notifications accepted shortly before the bot ended may be missing: their senders have to send them again."
    )]
    private static partial void LogLogDamaged(ILogger logger, string log, string fault, string aside);
}
