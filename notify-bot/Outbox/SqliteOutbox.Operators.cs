using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>What operators see and do.</summary>
public sealed partial class SqliteOutbox
{
    /// <summary>Rows erased in one transaction, so acceptances do not wait for a whole history.</summary>
    private const int ErasedAtOnce = 500;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, UserCounts> CountUsers(DateTimeOffset since) =>
        Select(OperatorRows.CountUsers, OperatorRows.Counts, ("$since", since.ToUnixTimeMilliseconds()))
            .ToDictionary(row => row.User, row => row.Counts, StringComparer.Ordinal);

    /// <inheritdoc />
    public IReadOnlyList<UserQueueState> WaitingByUser() => Select(OperatorRows.WaitingByUser, OperatorRows.Waiting);

    /// <inheritdoc />
    public IReadOnlyList<PastFailure> Failures(DateTimeOffset since, int limit) =>
        Select(
            OperatorRows.FindFailures,
            OperatorRows.Failure,
            ("$since", since.ToUnixTimeMilliseconds()),
            ("$limit", limit)
        );

    /// <inheritdoc />
    public async Task<(long Number, DateTimeOffset At)> BeginActAsync(string by, OperatorAct act, UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var at = _time.GetUtcNow();
        var write = new BeginAct(by, act, user, at);
        return (await WriteAsync(write, write.Done, CancellationToken.None), at);
    }

    /// <inheritdoc />
    public Task EndActAsync(long number, string detail)
    {
        var write = new EndAct(number, detail);
        return WriteAsync(write, write.Done, CancellationToken.None);
    }

    /// <inheritdoc />
    public IReadOnlyList<OperatorActAnswer> Acts(int limit, long before = long.MaxValue) =>
        Select(OperatorRows.FindActs, OperatorRows.Act, ("$before", before), ("$limit", limit));

    /// <inheritdoc />
    public IReadOnlyList<ForgottenUserAnswer> Forgotten(DateTimeOffset since) =>
        Select(
            OperatorRows.FindForgotten,
            row => new ForgottenUserAnswer(row.GetString(0), OutboxRows.Moment(row.GetInt64(1))),
            ("$act", OperatorAct.Forget.Word()),
            ("$since", since.ToUnixTimeMilliseconds())
        );

    /// <inheritdoc />
    public IReadOnlyList<(long Sequence, IReadOnlyList<StoredAttachment> Attachments)> FindToErase(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            OperatorRows.FindToErase,
            row => (row.GetInt64(0), (IReadOnlyList<StoredAttachment>)OutboxCommands.Attachments(row)),
            ("$user", user.Value),
            ("$limit", ErasedAtOnce)
        );
    }

    /// <inheritdoc />
    public Task EraseAsync(IReadOnlyList<long> sequences)
    {
        var write = new EraseRows(sequences);
        return WriteAsync(write, write.Done, CancellationToken.None);
    }

    /// <inheritdoc />
    public async Task<ErasedSettings> EraseSettingsAsync(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var write = new EraseSettings(_mutes, _quiet, user);
        var erased = await WriteAsync(write, write.Done, CancellationToken.None);
        foreach (var key in _counted.Keys.Where(key => key.User == user))
        {
            _counted.TryRemove(key, out _);
        }

        _changes.ScriptsChanged(user);
        return erased;
    }

    /// <inheritdoc />
    public IReadOnlyList<string> FilesSetAside() =>
        [
            .. Directory
                .EnumerateFiles(Path.GetDirectoryName(_file.Path)!, Path.GetFileName(_file.Path) + "*.damaged-*")
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal),
        ];
}
