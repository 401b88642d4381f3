using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Notify.Bot.Events;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>
/// The outbox in an SQLite file. One thread writes (<see cref="OutboxWriter"/>), so that sixty-four simultaneous acceptances cost little more
/// than one. Readers have a connection of their own and never wait for it (WAL). What is kept of a user belongs to the account that the name had then: another account of
/// the same name sees none of it.
/// </summary>
public sealed partial class SqliteOutbox : IOutbox, IDisposable
{
    /// <summary>How long the same user and key mean the same notification, unless the sender says otherwise (specification, section 7).</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    /// <summary>How long history and charts are kept (specification, section 3).</summary>
    public static readonly TimeSpan HistoryLifetime = TimeSpan.FromDays(30);

    /// <summary>Most notifications of a user that are counted for each day; some 10 ms.</summary>
    public const int MostCounted = 20_000;

    /// <summary>Users whose counts are kept until their history changes; some kB each, and 400 kB at the most.</summary>
    private const int MostCountsKept = 64;

    /// <summary>Characters (UTF-16) that the history shows of a text: as many as a phone gets, ten messages of 4,096 (specification, section 8).</summary>
    public const int MostShown = 10 * 4096;

    /// <summary>Characters after which a page of the history ends, so that no answer takes much more memory than the largest text that may be sent.</summary>
    public const int MostInPage = 1_000_000;

    /// <summary>How long something waits for another program's lock; then it is given up. With the caller's own way to the bot it is below two seconds.</summary>
    public static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(1.5);

    /// <summary>How long something waits for a slow disk.</summary>
    private static readonly TimeSpan DiskPatience = TimeSpan.FromSeconds(30);

    /// <summary>How soon a write that is late is asked about again.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);

    /// <summary>Size of the write-ahead log in bytes from which on the bot says that something keeps it from being emptied.</summary>
    public const long LargeLog = 64_000_000;

    /// <summary>Rows that are read at once: whoever else reads waits for no more than these.</summary>
    private const int RowsAtOnce = 25;

    private readonly Accounts _accounts;
    private readonly TimeProvider _time;
    private readonly MuteStore _mutes;
    private readonly ChangeFeed _changes;
    private readonly OutboxFile _file;
    private readonly OutboxWriter _writer;
    private readonly HistoryQuota _quota;

    /// <summary>Counts of users with the version of the history that they are of.</summary>
    private readonly ConcurrentDictionary<
        (UserName User, long Uid),
        (
            (long Newest, long Oldest, long Rows, long Bytes) Version,
            IReadOnlyList<(long Number, DeliveryState State, int Count)> Counts
        )
    > _counted = [];

    private readonly Channel<StoredImage> _prunedCharts = Channel.CreateUnbounded<StoredImage>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    private SqliteOutbox(
        OutboxFile file,
        MuteStore mutes,
        Accounts accounts,
        ChangeFeed changes,
        HistoryLimits limits,
        TimeProvider time,
        ILogger log
    )
    {
        _quota = new HistoryQuota(limits);
        _changes = changes;
        _file = file;
        _mutes = mutes;
        _accounts = accounts;
        _time = time;
        _writer = new OutboxWriter(file, log);
    }

    /// <inheritdoc />
    public bool IsWritable => Trouble is null;

    /// <inheritdoc />
    public OutboxTrouble? Trouble => _writer.Trouble;

    /// <inheritdoc />
    public long LogBytes => _writer.LogSize.Bytes;

    /// <inheritdoc />
    public string? LogTrouble => _writer.LogSize.Trouble;

    /// <summary>Opens the outbox, or makes it. A damaged file is set aside, and what can be read of it is taken over.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="accounts">Whose what is stored is.</param>
    /// <param name="changes">Told what changes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where damage and what was taken away is said.</param>
    /// <param name="limits">How much history is kept; null is <see cref="HistoryLimits.Default"/>.</param>
    /// <exception cref="IOException">It can't be opened or made.</exception>
    public static SqliteOutbox Open(
        string path,
        Accounts accounts,
        ChangeFeed changes,
        TimeProvider time,
        ILogger<SqliteOutbox> log,
        HistoryLimits? limits = null
    )
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(log);
        var mutes = new MuteStore(time);
        IReadOnlyList<(UserName User, AccountId Account, int Count, IReadOnlyList<string> Kept)> tooMany = [];
        var file = OutboxFile.Open(
            path,
            time,
            log,
            user => accounts.Find(user)?.Id,
            stored =>
                tooMany = mutes.Load(
                    OutboxRows.Select(stored, OutboxRows.FindMutes, OutboxRows.Mute),
                    user =>
                        OutboxRows
                            .Select(
                                stored,
                                OutboxRows.FindScripts,
                                row => Mutes.Stem(row.GetString(0)),
                                ("$user", user.Value),
                                ("$limit", MostCounted)
                            )
                            .ToHashSet(StringComparer.Ordinal)
                )
        );
        var outbox = new SqliteOutbox(file, mutes, accounts, changes, limits ?? HistoryLimits.Default, time, log);
        foreach (var (user, account, count, kept) in tooMany)
        {
            LogTooManyMutes(log, user, count, MuteStore.MostOfUser);
            outbox.TrimMutes(user, account, count, kept);
        }

        return outbox;
    }

    /// <inheritdoc />
    public void LookWhetherWritable() => _writer.Enqueue(new OutboxWrite.Probe());

    /// <inheritdoc />
    public async Task<OutboxTrouble?> LookAsync(CancellationToken cancellation)
    {
        if (Trouble is not null)
        {
            return Trouble;
        }

        var look = new OutboxWrite.Look();
        _writer.Enqueue(look);
        try
        {
            await look.Done.Task.WaitAsync(StorePatience, _time, cancellation);
            return Trouble;
        }
        catch (TimeoutException)
        {
            return WhyLate(_time.GetTimestamp());
        }
    }

    /// <inheritdoc />
    public Task<Acceptance> AcceptAsync(
        AcceptedNotification notification,
        DeliveryProgress progress,
        Action<StoredNotification> stored,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(notification);
        var owned = notification.Account is null
            ? notification with
            {
                Account = AccountOf(notification.User),
            }
            : notification;
        var write = new OutboxWrite.Insert(
            owned,
            progress,
            _quota,
            (whole, pruned) =>
            {
                foreach (var chart in pruned.Images)
                {
                    _prunedCharts.Writer.TryWrite(chart);
                }

                stored(whole);
            }
        );
        return WriteAsync(write, write.Done, cancellation);
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
        return StoreMuteAsync(user, script is null ? "" : Mutes.Stem(script), until);
    }

    /// <inheritdoc />
    public Task UnmuteAllAsync(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return StoreMuteAsync(user, script: null, until: null);
    }

    /// <inheritdoc />
    public Task<Pruned> PruneAsync()
    {
        var now = _time.GetUtcNow();
        var write = new OutboxWrite.Prune(
            (commands, transaction) =>
                commands.Prune(transaction, now - HistoryLifetime, now).And(_quota.Prune(commands, transaction))
        );
        return WriteAsync(write, write.Done, CancellationToken.None);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<StoredImage> PrunedChartsAsync(CancellationToken cancellation) =>
        _prunedCharts.Reader.ReadAllAsync(cancellation);

    /// <inheritdoc />
    public StoredNotification? FindRepeated(UserName user, string key, TimeSpan? lifetime = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        var after = (_time.GetUtcNow() - (lifetime ?? KeyLifetime)).ToUnixTimeMilliseconds();
        return Select(
                OutboxRows.FindByKey,
                OutboxRows.Stored,
                ("$user", user.Value),
                ("$uid", UidOf(user)),
                ("$key", key),
                ("$after", after)
            )
            .FirstOrDefault();
    }

    /// <inheritdoc />
    public IReadOnlyList<WaitingNotification> Waiting() =>
        [.. Select(OutboxRows.FindWaiting, OutboxRows.Waiting).OfType<WaitingNotification>()];

    /// <inheritdoc />
    public StoredNotification? Read(long sequence) =>
        Select(OutboxRows.FindBySequence, OutboxRows.Stored, ("$sequence", sequence)).FirstOrDefault();

    /// <inheritdoc />
    public StoredNotification? Find(string id) =>
        Select(OutboxRows.FindById, OutboxRows.Stored, ("$id", id)).FirstOrDefault();

    /// <inheritdoc />
    public IReadOnlyList<PastNotification> History(
        UserName user,
        int limit,
        long before = long.MaxValue,
        int text = MostShown,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(user);
        var found = new List<PastNotification>();
        var length = 0;
        while (found.Count < limit && length < MostInPage)
        {
            cancellation.ThrowIfCancellationRequested();
            var wanted = Math.Min(limit - found.Count, RowsAtOnce);
            var rows = Select(
                OutboxRows.FindHistory,
                row => OutboxRows.Past(row, text),
                ("$user", user.Value),
                ("$uid", UidOf(user)),
                ("$before", before),
                ("$limit", wanted),
                ("$bytes", OutboxRows.BytesFor(text))
            );
            foreach (var row in rows.TakeWhile(_ => length < MostInPage))
            {
                found.Add(row);
                length += row.Message.Length + (row.Title?.Length ?? 0);
            }

            if (rows.Count < wanted)
            {
                break;
            }

            before = rows[^1].Sequence;
        }

        return found;
    }

    /// <inheritdoc />
    public IReadOnlyList<PastNotification> Undelivered(UserName user, DateTimeOffset since, int limit, int text)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            OutboxRows.FindUndelivered,
            row => OutboxRows.Past(row, text),
            ("$user", user.Value),
            ("$uid", UidOf(user)),
            ("$failed", (int)DeliveryState.Failed),
            ("$unknown", (int)DeliveryState.Unknown),
            ("$since", since.ToUnixTimeMilliseconds()),
            ("$limit", limit),
            ("$bytes", OutboxRows.BytesFor(text))
        );
    }

    /// <inheritdoc />
    public IReadOnlyDictionary<DeliveryState, int> CountStates(UserName user, DateTimeOffset since)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
                OutboxRows.CountStates,
                row => ((DeliveryState)row.GetInt32(0), row.GetInt32(1)),
                ("$user", user.Value),
                ("$uid", UidOf(user)),
                ("$since", since.ToUnixTimeMilliseconds())
            )
            .ToDictionary();
    }

    /// <inheritdoc />
    public DayCounts CountDays(UserName user)
    {
        var (since, counts) = CountSpans(user, TimeSpan.FromDays(1));
        static DateOnly Day(long number) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays((int)number);
        return new DayCounts(
            Day(since),
            [.. counts.Select(count => new DayCount(Day(count.Number), count.State, count.Count))]
        );
    }

    /// <inheritdoc />
    public QuarterCounts CountQuarters(UserName user)
    {
        var (since, counts) = CountSpans(user, QuarterCounts.Quarter);
        static DateTimeOffset At(long number) => DateTimeOffset.UnixEpoch + (number * QuarterCounts.Quarter);
        return new QuarterCounts(
            At(since),
            [.. counts.Select(count => new QuarterCount(At(count.Number), count.State, count.Count))]
        );
    }

    /// <inheritdoc />
    public StoredImage? ImageOf(UserName user, string imageId)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
                OutboxRows.FindByImage,
                OutboxRows.Stored,
                ("$image", imageId),
                ("$user", user.Value),
                ("$uid", UidOf(user))
            )
            .FirstOrDefault()
            ?.Accepted.Image;
    }

    /// <inheritdoc />
    public Mutes MutesOf(UserName user) => _mutes.Of(user, AccountOf(user));

    /// <summary>Writes what waits, and closes the file.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }

    /// <exception cref="AccountUnknownException">The name service fails, and has said nothing before.</exception>
    private AccountId AccountOf(UserName user) => _accounts.Of(user).Id;

    /// <summary>The same as a column has it.</summary>
    private long UidOf(UserName user) => OutboxSchema.Number(AccountOf(user));

    /// <param name="user">Whose notifications.</param>
    /// <param name="script">Which script's; empty for everything; null, with no moment, for all that is muted.</param>
    /// <param name="until">Until when; null ends it.</param>
    private async Task StoreMuteAsync(UserName user, string? script, DateTimeOffset? until)
    {
        var account = AccountOf(user);
        var reserves = until is not null;
        if (reserves && !_mutes.TryReserve(user, account, script!))
        {
            throw new TooManyMutesException(user);
        }

        try
        {
            var write = new OutboxWrite.Mute(_mutes, user, account, script, until);
            await WriteAsync(write, write.Done, CancellationToken.None);
        }
        catch when (reserves)
        {
            _mutes.Release(user, account);
            throw;
        }

        _changes.ScriptsChanged(user);
    }

    /// <summary>Before anything else is written, so that no mute of later goes with them.</summary>
    private void TrimMutes(UserName user, AccountId account, int count, IReadOnlyList<string> kept)
    {
        var json = JsonSerializer.Serialize(kept, OutboxJson.Default.IReadOnlyListString);
        for (var left = count - kept.Count; left > 0; left -= OutboxCommands.MutesTrimmedAtOnce)
        {
            _writer.Enqueue(new OutboxWrite.TrimMutes(user, account, json));
        }
    }

    /// <summary>Writes, and gives it up where another program's lock or a dead disk holds it up, or nobody waits for it any more.</summary>
    private async Task<T> WriteAsync<T>(OutboxWrite write, TaskCompletionSource<T> done, CancellationToken cancellation)
    {
        _writer.Enqueue(write);
        var began = _time.GetTimestamp();
        var wait = StorePatience;
        while (true)
        {
            try
            {
                return await done.Task.WaitAsync(wait, _time, cancellation);
            }
            catch (OperationCanceledException) when (!done.Task.IsCompleted)
            {
                if (write.TryGiveUp())
                {
                    throw;
                }

                // It is being written at this moment: how that ends is the answer.
                cancellation = CancellationToken.None;
            }
            catch (TimeoutException e)
            {
                if (WhyLate(began) is { } trouble && write.TryGiveUp())
                {
                    throw new OutboxNotWritableException(trouble, e);
                }
            }

            wait = Soon;
        }
    }

    /// <summary>Why something was not stored yet; null where the server is only slow. A lock may have come so lately that the writing thread still waits for its end.</summary>
    private OutboxTrouble? WhyLate(long began) =>
        Trouble
        ?? OutboxLock.Find(_file.Path)
        ?? (
            _time.GetElapsedTime(began) > DiskPatience
                ? new OutboxTrouble(OutboxTroubleKind.NotAnswering, "the disk has not stored it in time")
                : null
        );

    /// <summary>How many notifications of a user there were in each span, counted from 1970; and the first span of which all are counted.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="span">One or several quarters.</param>
    private (long Since, IReadOnlyList<(long Number, DeliveryState State, int Count)> Counts) CountSpans(
        UserName user,
        TimeSpan span
    )
    {
        ArgumentNullException.ThrowIfNull(user);
        var quarters = CountQuartersOnce(user);
        var (length, each) = ((long)span.TotalMilliseconds, span / QuarterCounts.Quarter);
        var counts = quarters
            .GroupBy(count => (Number: count.Number / (long)each, count.State), count => count.Count)
            .OrderBy(count => count.Key)
            .Select(count => (count.Key.Number, count.Key.State, Count: count.Sum()))
            .ToArray();
        var since = ((_time.GetUtcNow() - HistoryLifetime).ToUnixTimeMilliseconds() / length) + 1;
        if (quarters.Sum(count => count.Count) >= MostCounted && counts[0].Number >= since)
        {
            // Of the oldest span among them some may be left out.
            since = counts[0].Number + 1;
        }

        return (since, [.. counts.Where(count => count.Number >= since)]);
    }

    /// <summary>Counts by quarters of an hour, or gives what was counted last where the user's history is still the same.</summary>
    private IReadOnlyList<(long Number, DeliveryState State, int Count)> CountQuartersOnce(UserName user)
    {
        var uid = UidOf(user);

        // Read the version before the rows. A row that is stored in between changes it, and the next call counts again.
        var version = Select(OutboxRows.FindVersion, OutboxRows.Version, ("$user", user.Value), ("$uid", uid))[0];
        if (_counted.TryGetValue((user, uid), out var known) && known.Version == version)
        {
            return known.Counts;
        }

        var counts = Select(
            OutboxRows.CountSpans,
            OutboxRows.Span,
            ("$user", user.Value),
            ("$uid", uid),
            ("$limit", MostCounted),
            ("$span", (long)QuarterCounts.Quarter.TotalMilliseconds)
        );
        if (_counted.Count >= MostCountsKept)
        {
            _counted.Clear();
        }

        _counted[(user, uid)] = (version, counts);
        return counts;
    }

    /// <summary>Reads; where that meets damage, the file is set aside by the writing thread, and what was rescued is read.</summary>
    private List<T> Select<T>(
        string sql,
        Func<SqliteDataReader, T> read,
        params (string Name, object Value)[] parameters
    )
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

    [LoggerMessage(
        1611,
        LogLevel.Warning,
        "{User} had {Count} scripts muted, and {Most} are the most. The other mutes were ended: of scripts without a history first, then those that end soonest."
    )]
    private static partial void LogTooManyMutes(ILogger log, UserName user, int count, int most);
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class OutboxJson : JsonSerializerContext;
