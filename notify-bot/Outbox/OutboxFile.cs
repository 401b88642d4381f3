using System.Globalization;
using Microsoft.Data.Sqlite;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>
/// The file of the outbox and the connections to it. Where it turns out to be damaged, when it is opened or while it is used, it is set aside, and the bot goes on
/// with what <see cref="OutboxRecovery"/> can read of it.
/// </summary>
internal sealed partial class OutboxFile : IDisposable
{
    private const int Corrupt = 11; // SQLITE_CORRUPT

    private const int NotADatabase = 26; // SQLITE_NOTADB

    /// <summary>How long one call waits for another program's lock. The library takes whole seconds, and looks every 150 ms.</summary>
    public static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(1);

    /// <summary>How often the outbox is opened while another program keeps it from being read; each time takes <see cref="LockPatience"/>.</summary>
    private const int MostTriesToOpen = 5;

    /// <summary>The log is cut to this many bytes when it is begun anew.</summary>
    private const int LogKept = 4_000_000;

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<UserName, AccountId?> _accountOf;
    private readonly Lock _reading = new();

    /// <summary>Changed by the writing thread only, under <see cref="_reading"/>.</summary>
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
        _current = new OutboxConnections(path, accountOf);
        try
        {
            if (!_current.IsSound())
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

    /// <summary>The last number in the order of acceptance that was given; the writing thread's.</summary>
    public long LastSequence { get; set; }

    /// <summary>The connections, for the writing thread; null where a damaged file could not be set aside yet.</summary>
    public OutboxConnections? Current => _current;

    /// <summary>Opens the outbox, or makes it. A damaged file is set aside, and what can be read of it is taken over.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="time">For the name of a file that is set aside.</param>
    /// <param name="log">Where damage is said.</param>
    /// <param name="accountOf">The account of a user now, for what was stored before ids were; null: not known now.</param>
    /// <param name="load">Reads what has to be known from the start; called again where the first call meets damage.</param>
    /// <exception cref="IOException">It can't be opened or made.</exception>
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
                $"{path} is a folder, and should be the file of the outbox. Move the folder away and start again."
            );
        }

        OutboxRecovery.Resume(path);
        if (!File.Exists(path))
        {
            CreateEmpty(path);
        }

        var logWouldBeLost = OutboxLog.WouldBeLost(path);
        try
        {
            if (logWouldBeLost)
            {
                throw new SqliteException("it does not go with the log of changes to it", Corrupt);
            }

            return OpenLocked(path, time, log, accountOf, load);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            try
            {
                SetAside(path, time, log, lastSequence: 0, logWouldBeLost);
                return new OutboxFile(path, time, log, accountOf, load);
            }
            catch (SqliteException again)
            {
                throw new IOException(
                    $"{path} is damaged ({e.Message}) and could not be mended: {again.Message}",
                    again
                );
            }
        }
        catch (SqliteException e) when (OutboxLock.IsLock(e))
        {
            throw new IOException(
                $"{path} can't be opened, so the bot does not start: {OutboxLock.Of(path).Reason}. End that program; systemd starts the bot again by itself.",
                e
            );
        }
        catch (SqliteException e)
        {
            throw new IOException($"{path} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Opens it; a lock of another program on it is waited for.</summary>
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
            catch (SqliteException e) when (OutboxLock.IsLock(e) && tries < MostTriesToOpen)
            {
                // Such as a copy that is being made; it may be done in a moment.
            }
        }
    }

    /// <summary>Reads, while nothing is set aside.</summary>
    /// <exception cref="OutboxNotReadableException">There is nothing to read from at the moment, or another program locks it.</exception>
    internal T Read<T>(Func<OutboxConnections, T> read)
    {
        lock (_reading)
        {
            try
            {
                return read(
                    _current ?? throw new OutboxNotReadableException("it is damaged, and could not be set aside")
                );
            }
            catch (SqliteException e) when (OutboxLock.IsLock(e))
            {
                throw new OutboxNotReadableException(OutboxLock.Of(Path).Reason, e);
            }
        }
    }

    /// <summary>Moves what the log holds into the file and empties the log, as far as other programs that read let it. On the writing thread.</summary>
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
                // It is tried again; a fault of the disk shows itself in the next write, too.
            }
        }
    }

    /// <summary>The connections, for writing.</summary>
    /// <exception cref="SqliteException">There are none: what counts as damage, so that setting the file aside is tried once more.</exception>
    internal OutboxConnections ForWriting() =>
        _current ?? throw new SqliteException("the outbox is damaged, and could not be set aside", Corrupt);

    /// <summary>The file turned out to be damaged while it was used. On the writing thread.</summary>
    /// <returns>Why it could not be set aside; null where it was.</returns>
    internal Exception? TryMend()
    {
        lock (_reading)
        {
            _current?.Dispose();
            _current = null;
            try
            {
                SetAside(Path, _time, _log, LastSequence, logWouldBeLost: false);
                _current = new OutboxConnections(Path, _accountOf);
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

    /// <summary>What SQLite would say of a damaged file itself.</summary>
    internal static SqliteException Malformed() => new("database disk image is malformed", Corrupt);

    /// <summary>Makes an empty file that only the bot may read. SQLite would give it the umask's mode; its -wal and -shm take over this one.</summary>
    internal static void CreateEmpty(string path) =>
        new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
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
                DefaultTimeout = (int)LockPatience.TotalSeconds,
            }.ToString()
        );
        try
        {
            connection.Open();
            if (new FileInfo(path).Length == 0)
            {
                // Only a new file can take it; on another it would wait for a lock to change nothing.
                OutboxSchema.Run(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            }

            // FULL: in WAL mode NORMAL would lose what was committed last when the power fails.
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

    private static void SetAside(string path, TimeProvider time, ILogger log, long lastSequence, bool logWouldBeLost)
    {
        var rescued = OutboxRecovery.Run(path, time, lastSequence, logWouldBeLost);
        LogDamaged(log, path, rescued.Aside, rescued.Kept, rescued.Lost);
        if (rescued.Log is { } laid)
        {
            LogLogDamaged(log, OutboxLog.Of(path), OutboxLog.Of(rescued.Aside), laid.Laid, laid.Passed);
        }
    }

    [LoggerMessage(
        1601,
        LogLevel.Error,
        "{Path} is damaged. It was set aside as {Aside}; {Kept} notifications of it were taken over, and {Lost} places in it could not be read."
    )]
    private static partial void LogDamaged(ILogger log, string path, string aside, long kept, long lost);

    [LoggerMessage(
        1605,
        LogLevel.Error,
        "{Log}, which holds what was accepted last, is damaged or has lost its file. It was set aside as {Aside}; {Laid} changes in it were taken over, and {Passed} places in it did not fit."
    )]
    private static partial void LogLogDamaged(ILogger logger, string log, string aside, long laid, long passed);
}
