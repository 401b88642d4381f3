using Microsoft.Data.Sqlite;
using Notify.Bot.Watching;

namespace Notify.Bot.Outbox;

/// <summary>
/// The outbox in an SQLite file. One thread writes (<see cref="OutboxWriter"/>), so that sixty-four simultaneous acceptances cost little more
/// than one. Readers have a connection of their own and never wait for it (WAL).
/// </summary>
public sealed class SqliteOutbox : IOutbox, IDisposable
{
    /// <summary>How long the same user and key mean the same notification (specification, section 7).</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    /// <summary>How long history and charts are kept (specification, section 3).</summary>
    public static readonly TimeSpan HistoryLifetime = TimeSpan.FromDays(30);

    /// <summary>Most notifications of a user that are counted for each day; some 10 ms.</summary>
    public const int MostCounted = 20_000;

    /// <summary>Rows that are kept at the most: some 400 MB, a month of a busy server many times over.</summary>
    public const long MostRows = 1_000_000;

    private readonly TimeProvider _time;
    private readonly MuteBook _mutes;
    private readonly ChangeFeed _changes;
    private readonly OutboxFile _file;
    private readonly OutboxWriter _writer;

    private SqliteOutbox(OutboxFile file, MuteBook mutes, ChangeFeed changes, TimeProvider time, ILogger log)
    {
        _changes = changes;
        _file = file;
        _mutes = mutes;
        _time = time;
        _writer = new OutboxWriter(file, log);
    }

    /// <inheritdoc />
    public bool IsWritable => _writer.IsWritable;

    /// <summary>Opens the outbox, or makes it. A damaged file is set aside, and what can be read of it is taken over.</summary>
    /// <exception cref="IOException">It can't be opened or made.</exception>
    public static SqliteOutbox Open(string path, ChangeFeed changes, TimeProvider time, ILogger<SqliteOutbox> log)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(log);
        var mutes = new MuteBook(time);
        var file = OutboxFile.Open(path, time, log, stored => mutes.Load(OutboxRows.Select(stored, OutboxRows.FindMutes, OutboxRows.Mute)));
        return new SqliteOutbox(file, mutes, changes, time, log);
    }

    /// <inheritdoc />
    public void LookWhetherWritable() => _writer.Enqueue(new OutboxWrite.Probe());

    /// <inheritdoc />
    public Task<Acceptance> AcceptAsync(AcceptedNotification notification, DeliveryProgress progress, Action<StoredNotification> stored)
    {
        var write = new OutboxWrite.Insert(notification, progress, stored);
        _writer.Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public Task RecordAsync(long sequence, DeliveryProgress progress)
    {
        var write = new OutboxWrite.Update(sequence, progress);
        _writer.Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public Task MuteAsync(UserName user, string? script, DateTimeOffset? until)
    {
        ArgumentNullException.ThrowIfNull(user);
        return MuteAsync(user, new OutboxWrite.Mute(_mutes, user, script is null ? "" : Mutes.Stem(script), until));
    }

    /// <inheritdoc />
    public Task UnmuteAllAsync(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return MuteAsync(user, new OutboxWrite.Mute(_mutes, user, script: null, until: null));
    }

    /// <inheritdoc />
    public Task<Forgotten> ForgetOldAsync()
    {
        var now = _time.GetUtcNow();
        var write = new OutboxWrite.Forget(now - HistoryLifetime, now);
        _writer.Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public StoredNotification? FindRepeated(UserName user, string key)
    {
        ArgumentNullException.ThrowIfNull(user);
        var after = (_time.GetUtcNow() - KeyLifetime).ToUnixTimeMilliseconds();
        return Select(OutboxRows.FindByKey, OutboxRows.Stored, ("$user", user.Value), ("$key", key), ("$after", after)).FirstOrDefault();
    }

    /// <inheritdoc />
    public IReadOnlyList<WaitingNotification> Waiting() => [.. Select(OutboxRows.FindWaiting, OutboxRows.Waiting).OfType<WaitingNotification>()];

    /// <inheritdoc />
    public StoredNotification? Read(long sequence) => Select(OutboxRows.FindBySequence, OutboxRows.Stored, ("$sequence", sequence)).FirstOrDefault();

    /// <inheritdoc />
    public StoredNotification? Find(string id) => Select(OutboxRows.FindById, OutboxRows.Stored, ("$id", id)).FirstOrDefault();

    /// <inheritdoc />
    public IReadOnlyList<StoredNotification> History(UserName user, int limit, long before = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(OutboxRows.FindHistory, OutboxRows.Stored, ("$user", user.Value), ("$before", before), ("$limit", limit));
    }

    /// <inheritdoc />
    public DayCounts CountDays(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var days = Select(OutboxRows.CountDays, OutboxRows.Day, ("$user", user.Value), ("$limit", MostCounted));
        var since = DateOnly.FromDateTime((_time.GetUtcNow() - HistoryLifetime).UtcDateTime).AddDays(1);
        if (days.Sum(day => day.Count) >= MostCounted && days[0].Day >= since)
        {
            // Of the oldest day among them some may be left out.
            since = days[0].Day.AddDays(1);
        }

        return new DayCounts(since, [.. days.Where(day => day.Day >= since)]);
    }

    /// <inheritdoc />
    public StoredImage? ImageOf(UserName user, string imageId)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(OutboxRows.FindByImage, OutboxRows.Stored, ("$image", imageId), ("$user", user.Value)).FirstOrDefault()?.Accepted.Image;
    }

    /// <inheritdoc />
    public Mutes MutesOf(UserName user) => _mutes.Of(user);

    /// <summary>Writes what waits, and closes the file.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }

    private async Task MuteAsync(UserName user, OutboxWrite.Mute write)
    {
        _writer.Enqueue(write);
        await write.Done.Task;
        _changes.ScriptsChanged(user);
    }

    /// <summary>Reads; where that meets damage, the file is set aside by the writing thread, and what was rescued is read.</summary>
    private List<T> Select<T>(string sql, Func<SqliteDataReader, T> read, params (string Name, object Value)[] parameters)
    {
        OutboxConnections? used = null;
        for (var mended = false; ; mended = true)
        {
            try
            {
                return _file.Read(open =>
                {
                    used = open;
                    return OutboxRows.Select(open.Reader, sql, read, parameters);
                });
            }
            catch (SqliteException e) when (OutboxFile.IsDamage(e) && !mended)
            {
                var mend = new OutboxWrite.Mend(used!);
                _writer.Enqueue(mend);
                mend.Done.Task.GetAwaiter().GetResult();
            }
        }
    }
}
