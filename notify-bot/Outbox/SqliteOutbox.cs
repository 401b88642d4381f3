using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Notify.Bot.Events;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>
/// The outbox in an SQLite file. One thread writes (<see cref="OutboxWriter"/>), so sixty-four simultaneous acceptances cost little more
/// than one. Readers have their own connection and never wait for it (WAL). Each row belongs to the account that the user's name had then.
/// Another account of the same name does not see it.
/// </summary>
public sealed partial class SqliteOutbox : IOutbox, IDisposable
{
    /// <summary>Default lifetime of a sender's key.</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    /// <summary>Lifetime of history and charts.</summary>
    public static readonly TimeSpan HistoryLifetime = TimeSpan.FromDays(30);

    /// <summary>Maximum number of a user's notifications in the counts by day, which takes about 10 ms.</summary>
    public const int MaxCounted = 20_000;

    /// <summary>Maximum number of users whose counts stay in memory, a few kB each and at most 400 kB.</summary>
    private const int MaxCountsKept = 64;

    /// <summary>Length in UTF-16 characters that the history shows of a text: ten messages of 4,096, as on a phone.</summary>
    public const int MaxShown = 10 * 4096;

    /// <summary>Length of the texts after which a page of the history ends. It bounds the memory of an answer.</summary>
    public const int MaxPageSize = 1_000_000;

    /// <summary>Time limit of a write while another program locks the outbox. With the caller's connection it is below two seconds.</summary>
    public static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(1.5);

    /// <summary>Time limit of a write on a slow disk. After it the disk counts as hung.</summary>
    internal static readonly TimeSpan DiskTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Interval of the checks of a late write.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);

    /// <summary>Size of the write-ahead log in bytes from which the bot reports that another program keeps it from being emptied.</summary>
    public const long LargeLog = 64_000_000;

    /// <summary>Maximum number of rows in one read, which bounds the wait of other readers.</summary>
    private const int RowsAtOnce = 25;

    private readonly Accounts _accounts;
    private readonly TimeProvider _time;
    private readonly MuteStore _mutes;
    private readonly QuietStore _quiet;
    private readonly ChangeFeed _changes;
    private readonly OutboxFile _file;
    private readonly OutboxWriter _writer;
    private readonly HistoryQuota _quota;

    /// <summary>Counts of users, each with its version of the history.</summary>
    private readonly ConcurrentDictionary<
        (UserName User, long Uid),
        (
            (long Newest, long Oldest, long Rows, long Bytes) Version,
            IReadOnlyList<(long Number, DeliveryState State, int Count)> Counts
        )
    > _counted = [];

    private readonly Channel<StoredNotification> _committed = Channel.CreateUnbounded<StoredNotification>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true }
    );

    private readonly Channel<StoredAttachment> _prunedAttachments = Channel.CreateUnbounded<StoredAttachment>(
        new UnboundedChannelOptions { SingleReader = true }
    );

    private SqliteOutbox(
        OutboxFile file,
        MuteStore mutes,
        QuietStore quiet,
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
        _quiet = quiet;
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

    /// <summary>Opens the outbox, or creates it. Recovers a damaged one into a new file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="accounts">Gives the accounts that rows belong to.</param>
    /// <param name="changes">Gets changes of mutes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Gets damage and removed mutes.</param>
    /// <param name="limits">The limits of the history; null for <see cref="HistoryLimits.Default"/>.</param>
    /// <exception cref="IOException">It can't be opened or created.</exception>
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
        var quiet = new QuietStore();
        IReadOnlyList<(UserName User, AccountId Account, int Count, IReadOnlyList<string> Kept)> tooMany = [];
        var file = OutboxFile.Open(
            path,
            time,
            log,
            user => accounts.Find(user)?.Id,
            stored =>
            {
                quiet.Load(stored);
                tooMany = mutes.Load(
                    OutboxRows.Select(stored, OutboxRows.FindMutes, OutboxRows.Mute),
                    user =>
                        OutboxRows
                            .Select(
                                stored,
                                OutboxRows.FindScripts,
                                row => Mutes.Stem(row.GetString(0)),
                                ("$user", user.Value),
                                ("$limit", MaxCounted)
                            )
                            .ToHashSet(StringComparer.Ordinal)
                );
            }
        );
        // A recovery can lose a digest, and then sets free what it held.
        file.Recovered = quiet.LoadHolders;
        var outbox = new SqliteOutbox(
            file,
            mutes,
            quiet,
            accounts,
            changes,
            limits ?? HistoryLimits.Default,
            time,
            log
        );
        foreach (var (user, account, count, kept) in tooMany)
        {
            LogTooManyMutes(log, user, count, MuteStore.MaxPerUser);
            outbox.TrimMutes(user, account, count, kept);
        }

        return outbox;
    }

    /// <inheritdoc />
    public void RequestProbe() => _writer.Enqueue(new OutboxWrite.Probe());

    /// <inheritdoc />
    public async Task<OutboxTrouble?> CheckAsync(CancellationToken cancellation)
    {
        if (Trouble is not null)
        {
            return Trouble;
        }

        var check = new OutboxWrite.LockCheck();
        _writer.Enqueue(check);
        try
        {
            await check.Done.Task.WaitAsync(StoreTimeout, _time, cancellation);
            return Trouble;
        }
        catch (TimeoutException)
        {
            return WhyLate();
        }
    }

    /// <inheritdoc />
    public ChannelReader<StoredNotification> Committed => _committed.Reader;

    /// <inheritdoc />
    public Task<Acceptance> AcceptAsync(
        AcceptedNotification notification,
        DeliveryProgress progress,
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
        var write = new OutboxWrite.Insert(owned, progress, _quota, _committed.Writer, _prunedAttachments.Writer);
        return progress.State == DeliveryState.Held
            ? HoldAsync(write, owned, cancellation)
            : WriteAsync(write, write.Done, cancellation);
    }

    /// <inheritdoc />
    public Task RecordAsync(long sequence, DeliveryProgress progress, ShownIncident? shown = null)
    {
        var write = new OutboxWrite.Update(sequence, progress, _time.GetUtcNow(), shown);
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
    public IAsyncEnumerable<StoredAttachment> PrunedAttachmentsAsync(CancellationToken cancellation) =>
        _prunedAttachments.Reader.ReadAllAsync(cancellation);

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
        int text = MaxShown,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(user);
        return Page(
            limit,
            before,
            (from, wanted) =>
                Select(
                    OutboxRows.FindHistory,
                    row => OutboxRows.Past(row, text),
                    ("$user", user.Value),
                    ("$uid", UidOf(user)),
                    ("$before", from),
                    ("$limit", wanted),
                    ("$bytes", OutboxRows.BytesFor(text))
                ),
            cancellation
        );
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
    public StoredAttachment? AttachmentOf(UserName user, string reference)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(reference);
        return
            StoredAttachment.ParseReference(reference) is var (id, index)
            && Find(id) is { Accepted: var accepted }
            && accepted.User == user
            && accepted.Account == AccountOf(user)
            && index < accepted.Attachments.Count
            ? accepted.Attachments[index]
            : null;
    }

    /// <inheritdoc />
    public Mutes MutesOf(UserName user) => _mutes.Of(user, AccountOf(user));

    /// <summary>Writes all waiting writes, and closes the file.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }

    /// <exception cref="AccountUnknownException">The name service fails without an earlier answer.</exception>
    private AccountId AccountOf(UserName user) => _accounts.Of(user).Id;

    /// <summary>The same as the number in a column.</summary>
    private long UidOf(UserName user) => OutboxSchema.Number(AccountOf(user));

    /// <param name="user">The user.</param>
    /// <param name="script">The script; empty for the mute of everything; null, without a moment, for all mutes.</param>
    /// <param name="until">The end of the mute; null ends it now.</param>
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

    /// <summary>Runs before any other write, so it removes no later mute.</summary>
    private void TrimMutes(UserName user, AccountId account, int count, IReadOnlyList<string> kept)
    {
        var json = JsonSerializer.Serialize(kept, OutboxJson.Default.IReadOnlyListString);
        for (var left = count - kept.Count; left > 0; left -= OutboxCommands.MutesTrimmedAtOnce)
        {
            _writer.Enqueue(new OutboxWrite.TrimMutes(user, account, json));
        }
    }

    /// <summary>Writes. Gives the write up at a lock of another program, at a hung disk, or when the caller is gone.</summary>
    private async Task<T> WriteAsync<T>(OutboxWrite write, TaskCompletionSource<T> done, CancellationToken cancellation)
    {
        _writer.Enqueue(write);
        var began = _time.GetTimestamp();
        var wait = StoreTimeout;
        while (true)
        {
            try
            {
                return await done.Task.WaitAsync(wait, _time, cancellation);
            }
            catch (OperationCanceledException) when (!done.Task.IsCanceled)
            {
                if (write.TryGiveUp())
                {
                    throw;
                }

                // A transaction has it, so its end is the answer.
                cancellation = CancellationToken.None;
            }
            catch (TimeoutException e)
            {
                var trouble = WhyLate() ?? (_time.GetElapsedTime(began) > DiskTimeout ? OutboxTrouble.DiskHangs : null);
                if (trouble is not null && write.TryGiveUp())
                {
                    throw new OutboxNotWritableException(trouble, e);
                }
            }

            wait = Soon;
        }
    }

    /// <summary>Why something is not stored yet; null if the disk is only slow. The writing thread may still wait for the end of a new lock.</summary>
    private OutboxTrouble? WhyLate() => Trouble ?? OutboxLock.Find(_file.Path);

    /// <summary>The number of a user's notifications in each span since 1970, and the first span with a complete count.</summary>
    /// <param name="user">The user.</param>
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
        if (quarters.Sum(count => count.Count) >= MaxCounted && counts[0].Number >= since)
        {
            // The count of the oldest span may be incomplete.
            since = counts[0].Number + 1;
        }

        return (since, [.. counts.Where(count => count.Number >= since)]);
    }

    /// <summary>The counts by quarters of an hour, from memory if the user's history has not changed.</summary>
    private IReadOnlyList<(long Number, DeliveryState State, int Count)> CountQuartersOnce(UserName user)
    {
        var uid = UidOf(user);

        // The version first: a row that is stored in between changes it, and the next call counts again.
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
            ("$limit", MaxCounted),
            ("$span", (long)QuarterCounts.Quarter.TotalMilliseconds)
        );
        if (_counted.Count >= MaxCountsKept)
        {
            _counted.Clear();
        }

        _counted[(user, uid)] = (version, counts);
        return counts;
    }

    /// <summary>Reads. After damage the writing thread recovers the file, and the new one is read.</summary>
    private List<T> Select<T>(
        string sql,
        Func<SqliteDataReader, T> read,
        params (string Name, object Value)[] parameters
    )
    {
        OutboxConnections? used = null;
        for (var repaired = false; ; repaired = true)
        {
            try
            {
                return _file.Read(open =>
                {
                    used = open;
                    return OutboxRows.Select(open.Reader, sql, read, parameters);
                });
            }
            catch (SqliteException e) when (OutboxFile.IsDamage(e) && !repaired)
            {
                var repair = new OutboxWrite.Repair(used!);
                _writer.Enqueue(repair);
                repair.Done.Task.GetAwaiter().GetResult();
            }
        }
    }

    [LoggerMessage(
        1611,
        LogLevel.Warning,
        "{User} had {Count} muted scripts, and the limit is {Most}. The bot ended the other mutes: of scripts without a history first, then those that end soonest."
    )]
    private static partial void LogTooManyMutes(ILogger log, UserName user, int count, int most);
}

[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<long>))]
internal sealed partial class OutboxJson : JsonSerializerContext;
