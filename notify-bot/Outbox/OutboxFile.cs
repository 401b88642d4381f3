using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>
/// The file of the outbox and the connections to it. Where it turns out to be damaged, when it is opened or while it is used, it is set aside, and the bot goes on
/// with what <see cref="OutboxRescue"/> can read of it.
/// </summary>
internal sealed partial class OutboxFile : IDisposable
{
    private const int Corrupt = 11; // SQLITE_CORRUPT

    private const int NotADatabase = 26; // SQLITE_NOTADB

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _reading = new();

    /// <summary>Changed by the writing thread only, under <see cref="_reading"/>.</summary>
    private OutboxConnections? _current;

    private OutboxFile(string path, TimeProvider time, ILogger log, Action<SqliteConnection> load)
    {
        Path = path;
        _time = time;
        _log = log;
        _current = new OutboxConnections(path);
        try
        {
            if (!_current.IsSound())
            {
                throw Malformed();
            }

            load(_current.Reader);
            LastSequence = Convert.ToInt64(OutboxSchema.Scalar(_current.Reader, "SELECT coalesce(max(sequence), 0) FROM notification"), CultureInfo.InvariantCulture);
        }
        catch
        {
            _current.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>The last number in the order of acceptance that was given; the writing thread's.</summary>
    public long LastSequence { get; set; }

    /// <summary>The connections, for the writing thread; null where a damaged file could not be set aside yet.</summary>
    public OutboxConnections? Current => _current;

    /// <summary>Opens the outbox, or makes it. A damaged file is set aside, and what can be read of it is taken over.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="time">For the name of a file that is set aside.</param>
    /// <param name="log">Where damage is said.</param>
    /// <param name="load">Reads what has to be known from the start; called again where the first call meets damage.</param>
    /// <exception cref="IOException">It can't be opened or made.</exception>
    internal static OutboxFile Open(string path, TimeProvider time, ILogger log, Action<SqliteConnection> load)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path} is a folder, and should be the file of the outbox. Move the folder away and start again.");
        }

        OutboxRescue.Resume(path);
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

            return new OutboxFile(path, time, log, load);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            try
            {
                SetAside(path, time, log, lastSequence: 0, logWouldBeLost);
                return new OutboxFile(path, time, log, load);
            }
            catch (SqliteException again)
            {
                throw new IOException($"{path} is damaged ({e.Message}) and could not be mended: {again.Message}", again);
            }
        }
        catch (SqliteException e)
        {
            throw new IOException($"{path} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Reads, while nothing is set aside.</summary>
    /// <exception cref="OutboxNotWritableException">There is nothing to read from at the moment.</exception>
    internal T Read<T>(Func<OutboxConnections, T> read)
    {
        lock (_reading)
        {
            return read(_current ?? throw new OutboxNotWritableException("the outbox is damaged, and could not be set aside"));
        }
    }

    /// <summary>The connections, for writing.</summary>
    /// <exception cref="SqliteException">There are none: what counts as damage, so that setting the file aside is tried once more.</exception>
    internal OutboxConnections ForWriting() => _current ?? throw new SqliteException("the outbox is damaged, and could not be set aside", Corrupt);

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
                _current = new OutboxConnections(Path);
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
    internal static void CreateEmpty(string path) => new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    }).Dispose();

    internal static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadWrite }.ToString());
        try
        {
            connection.Open();

            // FULL: in WAL mode NORMAL would lose what was committed last when the power fails.
            OutboxSchema.Run(connection, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY;");
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
        var rescued = OutboxRescue.Run(path, time, lastSequence, logWouldBeLost);
        LogDamaged(log, path, rescued.Aside, rescued.Kept, rescued.Lost);
        if (rescued.Log is { } laid)
        {
            LogLogDamaged(log, OutboxLog.Of(path), OutboxLog.Of(rescued.Aside), laid.Laid, laid.Passed);
        }
    }

    [LoggerMessage(1601, LogLevel.Error, "{Path} is damaged. It was set aside as {Aside}; {Kept} notifications of it were taken over, and {Lost} places in it could not be read.")]
    private static partial void LogDamaged(ILogger log, string path, string aside, long kept, long lost);

    [LoggerMessage(1605, LogLevel.Error, "{Log}, which holds what was accepted last, is damaged or has lost its file. It was set aside as {Aside}; {Laid} changes in it were taken over, and {Passed} places in it did not fit.")]
    private static partial void LogLogDamaged(ILogger logger, string log, string aside, long laid, long passed);
}
