using System.Globalization;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Notify.Formatting;
using Notify.Images;

namespace Notify.Bot.Outbox;

/// <summary>
/// The outbox in an SQLite file. One thread writes: it commits all that waits in one transaction, with one fsync, so that sixty-four
/// simultaneous acceptances cost little more than one. Readers have a connection of their own and never wait for it (WAL).
/// </summary>
public sealed partial class SqliteOutbox : IOutbox, IDisposable
{
    /// <summary>How long the same user and key mean the same notification (specification, section 7).</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    /// <summary>How long history and charts are kept (specification, section 3).</summary>
    public static readonly TimeSpan HistoryLifetime = TimeSpan.FromDays(30);

    /// <summary>Rows that are kept at the most: some 400 MB, a month of a busy server many times over.</summary>
    public const long MostRows = 1_000_000;

    /// <summary>Writes in one transaction; the first of them waits for the last.</summary>
    private const int MostInBatch = 512;

    private const int Corrupt = 11; // SQLITE_CORRUPT

    private const int Full = 13; // SQLITE_FULL

    internal const string FindByKey = "SELECT " + Columns + " FROM notification WHERE user = $user AND key = $key AND created_at > $after ORDER BY sequence DESC LIMIT 1";

    internal const string FindOld = "SELECT sequence, image_id, image_kind FROM notification WHERE created_at < $before AND state <> 0 ORDER BY created_at LIMIT $limit";

    internal const string FindTooMany =
        "SELECT sequence, image_id, image_kind FROM notification WHERE sequence <= (SELECT max(sequence) FROM notification) - $rows AND state <> 0 ORDER BY sequence LIMIT $limit";

    internal const string FindHistory = "SELECT " + Columns + " FROM notification WHERE user = $user ORDER BY sequence DESC LIMIT $limit";

    private const string ProgressColumns = "state, reason, parts_done, attempts, next_try_at, doubted, is_gone";

    internal const string Columns =
        "sequence, id, user, script, title, message, parse_mode, silent, data, key, image_id, image_kind, image_width, image_height, image_bytes, created_at, " + ProgressColumns;

    /// <summary>How long what can't be written is left alone before it is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<Write> _writes = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _reading = new();
    private readonly Lock _muting = new();
    private readonly Dictionary<UserName, Mutes> _mutes = [];
    private readonly Thread? _thread;
    private readonly ManualResetEventSlim _ending = new();

    /// <summary>The connections and the writer's statements; null where a damaged file could not be set aside yet. Changed under <see cref="_reading"/>.</summary>
    private Connections? _open;
    private volatile bool _writable = true;
    private long _lastSequence;

    private SqliteOutbox(string path, TimeProvider time, ILogger log)
    {
        _path = path;
        _time = time;
        _log = log;
        _open = new Connections(path);
        try
        {
            if (!_open.IsSound())
            {
                throw new SqliteException("database disk image is malformed", Corrupt);
            }

            LoadMutes();
            _lastSequence = Convert.ToInt64(OutboxSchema.Scalar(_open.Reader, "SELECT coalesce(max(sequence), 0) FROM notification"), CultureInfo.InvariantCulture);
        }
        catch
        {
            _open.Dispose();
            _ending.Dispose();
            throw;
        }

        _thread = new Thread(WriteAll) { IsBackground = true, Name = "outbox" };
        _thread.Start();
    }

    /// <inheritdoc />
    public bool IsWritable => _writable;

    /// <summary>Opens the outbox, or makes it. A damaged file is set aside, and what can be read of it is taken over.</summary>
    /// <exception cref="IOException">It can't be opened or made.</exception>
    public static SqliteOutbox Open(string path, TimeProvider time, ILogger<SqliteOutbox> log)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(log);
        if (Directory.Exists(path))
        {
            throw new IOException($"{path} is a folder, and should be the file of the outbox. Move the folder away and start again.");
        }

        OutboxRescue.Resume(path);
        if (!File.Exists(path))
        {
            CreateEmpty(path);
        }

        try
        {
            if (HasLostItsContent(path))
            {
                throw new SqliteException("empty, and there is a log of changes to it", Corrupt);
            }

            return new SqliteOutbox(path, time, log);
        }
        catch (SqliteException e) when (IsDamage(e))
        {
            try
            {
                var rescued = OutboxRescue.Run(path, time, lastSequence: 0);
                LogDamaged(log, path, rescued.Aside, rescued.Kept, rescued.Lost);
                return new SqliteOutbox(path, time, log);
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

    /// <inheritdoc />
    public Task<Acceptance> AcceptAsync(AcceptedNotification notification, DeliveryProgress progress, Action<StoredNotification> stored)
    {
        var write = new Write.Insert(notification, progress, stored);
        Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public Task RecordAsync(long sequence, DeliveryProgress progress)
    {
        var write = new Write.Update(sequence, progress);
        Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public IReadOnlyList<WaitingNotification> Waiting() =>
    [
        .. Select(
            "SELECT sequence, id, user, created_at, " + ProgressColumns + " FROM notification WHERE state = 0 ORDER BY sequence",
            _ => { },
            row => UserName.TryParse(row.GetString(2), out var user) ? new WaitingNotification(row.GetInt64(0), row.GetString(1), user, Moment(row.GetInt64(3)), Progress(row, 4)) : null)
            .OfType<WaitingNotification>(),
    ];

    /// <inheritdoc />
    public StoredNotification? FindRepeated(UserName user, string key)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            FindByKey,
            c =>
            {
                c.Parameters.AddWithValue("$user", user.Value);
                c.Parameters.AddWithValue("$key", key);
                c.Parameters.AddWithValue("$after", (_time.GetUtcNow() - KeyLifetime).ToUnixTimeMilliseconds());
            },
            Stored).FirstOrDefault();
    }

    /// <inheritdoc />
    public StoredNotification? Read(long sequence) =>
        Select("SELECT " + Columns + " FROM notification WHERE sequence = $sequence", c => c.Parameters.AddWithValue("$sequence", sequence), Stored).FirstOrDefault();

    /// <inheritdoc />
    public StoredNotification? Find(string id) =>
        Select("SELECT " + Columns + " FROM notification WHERE id = $id", c => c.Parameters.AddWithValue("$id", id), Stored).FirstOrDefault();

    /// <inheritdoc />
    public IReadOnlyList<StoredNotification> History(UserName user, int limit)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            FindHistory,
            c =>
            {
                c.Parameters.AddWithValue("$user", user.Value);
                c.Parameters.AddWithValue("$limit", limit);
            },
            Stored);
    }

    /// <inheritdoc />
    public StoredImage? ImageOf(UserName user, string imageId)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            "SELECT " + Columns + " FROM notification WHERE image_id = $image AND user = $user",
            c =>
            {
                c.Parameters.AddWithValue("$image", imageId);
                c.Parameters.AddWithValue("$user", user.Value);
            },
            Stored).FirstOrDefault()?.Accepted.Image;
    }

    /// <inheritdoc />
    public Mutes MutesOf(UserName user)
    {
        Mutes mutes;
        lock (_muting)
        {
            if (!_mutes.TryGetValue(user, out mutes!))
            {
                return Mutes.None;
            }
        }

        var now = _time.GetUtcNow();
        return new Mutes(
            mutes.All > now ? mutes.All : null,
            mutes.Scripts.Where(s => s.Value > now).ToDictionary(StringComparer.Ordinal));
    }

    /// <inheritdoc />
    public Task MuteAsync(UserName user, string? script, DateTimeOffset? until)
    {
        ArgumentNullException.ThrowIfNull(user);
        var write = new Write.Mute(user, script is null ? "" : Mutes.Stem(script), until, EndAll: false);
        Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public Task UnmuteAllAsync(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var write = new Write.Mute(user, "", null, EndAll: true);
        Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public Task<Forgotten> ForgetOldAsync()
    {
        var now = _time.GetUtcNow();
        var write = new Write.Forget(now - HistoryLifetime, now);
        Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public void LookWhetherWritable() => Enqueue(new Write.Probe());

    /// <summary>Writes what waits, and closes the file.</summary>
    public void Dispose()
    {
        _writes.Writer.TryComplete();
        _ending.Set();
        _thread?.Join();
        _open?.Dispose();
        _ending.Dispose();
    }

    internal static bool IsDamage(SqliteException e) => e.SqliteErrorCode is Corrupt or 26 /* SQLITE_NOTADB */;

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

    /// <summary>SQLite takes an empty file for a new one, and would throw away the log beside it, which may hold all there was.</summary>
    private static bool HasLostItsContent(string path) =>
        new FileInfo(path) is { Length: 0 } && new FileInfo(path + "-wal") is { Exists: true, Length: > 0 };

    private void Enqueue(Write write)
    {
        if (!_writes.Writer.TryWrite(write))
        {
            write.Fail(new OutboxNotWritableException("the bot is ending"));
        }
    }

    private void WriteAll()
    {
        var batch = new List<Write>();

        // Progress that could not be stored: it must be, or after a restart what was delivered would be delivered again.
        var owed = new List<Write>();
        Task<bool>? arrival = null;
        while (true)
        {
            if (owed.Count > 0)
            {
                _ending.Wait(Pause);
            }
            else
            {
                arrival ??= _writes.Reader.WaitToReadAsync().AsTask();
                if (_writable || arrival.Wait(Pause))
                {
                    if (!arrival.GetAwaiter().GetResult())
                    {
                        return;
                    }

                    arrival = null;
                }
                else
                {
                    // Nobody sends, perhaps since /health says that nothing is accepted: it must be true still.
                    batch.Add(new Write.Probe());
                }
            }

            batch.AddRange(owed);
            owed.Clear();
            while (batch.Count < MostInBatch && _writes.Reader.TryRead(out var write))
            {
                batch.Add(write);
            }

            if (TryCommit(batch) is not null)
            {
                // Together they failed; one of them alone may be the reason, or the disk is full for all.
                foreach (var write in batch)
                {
                    if (TryCommit([write]) is not { } failure)
                    {
                        continue;
                    }

                    SetWritable(false, failure.Message);
                    if (write is Write.Update && !_writes.Reader.Completion.IsCompleted)
                    {
                        owed.Add(write);
                    }
                    else
                    {
                        write.Fail(new OutboxNotWritableException(failure.Message, failure));
                    }
                }
            }

            batch.Clear();
        }
    }

    /// <summary>Commits a batch in one transaction and tells each write that it is done. A damaged file is set aside, once, before it is given up.</summary>
    private Exception? TryCommit(List<Write> batch)
    {
        for (var mended = false; ; mended = true)
        {
            try
            {
                if (_open is not { } open)
                {
                    throw new SqliteException("the outbox is damaged, and could not be set aside", Corrupt);
                }

                using var transaction = open.Writer.BeginTransaction();
                foreach (var write in batch)
                {
                    write.Apply(open.Commands, transaction, this);
                }

                transaction.Commit();
                break;
            }
            catch (SqliteException e) when (IsDamage(e) && !mended)
            {
                if (TryMend() is { } failure)
                {
                    return failure;
                }
            }
            catch (Exception e) when (e is SqliteException or IOException or InvalidOperationException)
            {
                // InvalidOperationException: SQLite has ended the transaction of itself, as it does where the disk fails.
                return e;
            }
        }

        SetWritable(true, null);
        foreach (var write in batch)
        {
            write.Committed(this);
        }

        return null;
    }

    /// <summary>The file turned out to be damaged while it was used: it is set aside, and the bot goes on with what can be read.</summary>
    private Exception? TryMend()
    {
        lock (_reading)
        {
            _open?.Dispose();
            _open = null;
            try
            {
                var rescued = OutboxRescue.Run(_path, _time, _lastSequence);
                LogDamaged(_log, _path, rescued.Aside, rescued.Kept, rescued.Lost);
                _open = new Connections(_path);
                return null;
            }
            catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
            {
                return e;
            }
        }
    }

    private void SetWritable(bool writable, string? reason)
    {
        if (_writable == writable)
        {
            return;
        }

        _writable = writable;
        if (writable)
        {
            LogWritableAgain(_log);
        }
        else
        {
            LogNotWritable(_log, reason ?? "unknown");
        }
    }

    private List<T> Select<T>(string sql, Action<SqliteCommand> bind, Func<SqliteDataReader, T> read)
    {
        Connections? used = null;
        for (var mended = false; ; mended = true)
        {
            try
            {
                lock (_reading)
                {
                    used = _open ?? throw new OutboxNotWritableException("the outbox is damaged, and could not be set aside");
                    using var command = used.Reader.CreateCommand();
#pragma warning disable CA2100 // All callers pass text of this class.
                    command.CommandText = sql;
#pragma warning restore CA2100
                    bind(command);
                    using var rows = command.ExecuteReader();
                    var found = new List<T>();
                    while (rows.Read())
                    {
                        found.Add(read(rows));
                    }

                    return found;
                }
            }
            catch (SqliteException e) when (IsDamage(e) && !mended && _thread is not null)
            {
                var mend = new Write.Mend(used!);
                Enqueue(mend);
                mend.Done.Task.GetAwaiter().GetResult();
            }
        }
    }

    private void LoadMutes()
    {
        var now = _time.GetUtcNow();
        lock (_muting)
        {
            foreach (var (user, script, until) in Select("SELECT user, script, until FROM mute", _ => { }, row => (row.GetString(0), row.GetString(1), Moment(row.GetInt64(2)))))
            {
                if (until > now && UserName.TryParse(user, out var name))
                {
                    Remember(name, script, until);
                }
            }
        }
    }

    private void Remember(UserName user, string script, DateTimeOffset? until)
    {
        var mutes = _mutes.GetValueOrDefault(user, Mutes.None);
        if (script.Length == 0)
        {
            mutes = mutes with { All = until };
        }
        else
        {
            var scripts = new Dictionary<string, DateTimeOffset>(mutes.Scripts, StringComparer.Ordinal);
            if (until is { } end)
            {
                scripts[script] = end;
            }
            else
            {
                scripts.Remove(script);
            }

            mutes = mutes with { Scripts = scripts };
        }

        if (mutes.All is null && mutes.Scripts.Count == 0)
        {
            _mutes.Remove(user);
        }
        else
        {
            _mutes[user] = mutes;
        }
    }

    internal static StoredNotification Stored(SqliteDataReader row)
    {
        var at = 0;
        var sequence = row.GetInt64(at++);
        var id = row.GetString(at++);
        var user = UserName.Parse(row.GetString(at++));
        var script = Text(row, at++);
        var title = Text(row, at++);
        var message = row.GetString(at++);
        var mode = (ParseMode)row.GetInt32(at++);
        var silent = row.GetInt32(at++) != 0;
        var data = Text(row, at++);
        var key = Text(row, at++);
        var imageId = Text(row, at++);
        var image = imageId is null ? null : new StoredImage(imageId, new ImageInfo((ImageKind)row.GetInt32(at), row.GetInt32(at + 1), row.GetInt32(at + 2), row.GetInt64(at + 3)));
        at += 4;
        var createdAt = Moment(row.GetInt64(at++));
        return new StoredNotification(
            sequence,
            new AcceptedNotification
            {
                Id = id,
                User = user,
                Script = script,
                Title = title,
                Message = message,
                ParseMode = mode,
                Silent = silent,
                Data = data,
                Key = key,
                Image = image,
                CreatedAt = createdAt,
            },
            Progress(row, at));
    }

    private static DeliveryProgress Progress(SqliteDataReader row, int at) => new((DeliveryState)row.GetInt32(at))
    {
        Reason = Text(row, at + 1),
        PartsDone = row.GetInt32(at + 2),
        Attempts = row.GetInt32(at + 3),
        NextTryAt = row.IsDBNull(at + 4) ? null : Moment(row.GetInt64(at + 4)),
        Doubted = row.GetInt32(at + 5) != 0,
        IsGone = row.GetInt32(at + 6) != 0,
    };

    private static string? Text(SqliteDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);

    private static DateTimeOffset Moment(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    [LoggerMessage(1601, LogLevel.Error, "{Path} is damaged. It was set aside as {Aside}; {Kept} notifications of it were taken over, and {Lost} places in it could not be read.")]
    private static partial void LogDamaged(ILogger log, string path, string aside, long kept, long lost);

    [LoggerMessage(1602, LogLevel.Critical, "The outbox can't be written ({Reason}): nothing is accepted. Make room on the disk of the data folder; it goes on by itself then.")]
    private static partial void LogNotWritable(ILogger log, string reason);

    [LoggerMessage(1603, LogLevel.Information, "The outbox can be written again.")]
    private static partial void LogWritableAgain(ILogger log);
}
