using System.Text.Json;
using Notify.Files;
using Notify.Linking;
using Notify.Posix;

namespace Notify.Bot.Rounds;

/// <summary>
/// The last round of each user, in memory and in <c>private/rounds.json</c>. A round costs no write of its own: the file is written once a minute. What a
/// user asked for and what a user was told is written at once, at most once a second for all users together. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A kill loses the rounds of the last minute and the watch clock of the same minute, so no silence grows by it. A file of its own beside the outbox costs
/// acceptances nothing, and an older version of the bot ignores it.
/// </para>
/// <para>An unreadable file counts as missing, and is kept as <c>rounds.json.damaged</c>. The next round of each user begins it anew.</para>
/// </remarks>
public sealed partial class RoundStore : IDisposable
{
    /// <summary>The file's name in the private folder.</summary>
    internal const string FileName = "rounds.json";

    /// <summary>Largest readable file, in bytes; a user takes some 450.</summary>
    internal const int MaxSize = 20_000_000;

    /// <summary>Largest stored watch clock: a hundred years.</summary>
    private static readonly TimeSpan MaxCounted = TimeSpan.FromDays(36_500);

    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLazyWrites = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger<RoundStore> _log;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Dictionary<UserName, UserRounds> _users = [];
    private readonly HashSet<UserName> _failed = [];
    private readonly WatchClock _clock = new(TimeSpan.Zero, null);
    private ManyStopped? _many;
    private long _version;
    private long _written;
    private long _urgent;
    private long? _lastWrite;
    private bool _fails;

    /// <summary>Reads the file.</summary>
    public RoundStore(string path, TimeProvider time, ILogger<RoundStore> log)
    {
        (_path, _time, _log) = (path, time, log);
        try
        {
            var stored = JsonSerializer.Deserialize(
                RegularFile.ReadAll(path, MaxSize),
                RoundStoreJson.Default.StoredRounds
            );
            var seconds = stored?.CountedS ?? 0;
            var counted =
                seconds >= 0 && seconds <= MaxCounted.TotalSeconds
                    ? TimeSpan.FromSeconds(seconds)
                    : throw new JsonException("counted_s is out of range");
            foreach (var (name, rounds) in stored?.Users ?? [])
            {
                if (rounds is not null && UserName.TryParse(name, out var user))
                {
                    _users[user] = rounds.ToRounds(counted, time.GetUtcNow());
                }
            }

            _many = stored?.Many is { } many
                ? new ManyStopped(StoredRounds.Span(many.FoundS, counted), many.Told)
                : null;
            _clock = new WatchClock(counted, stored?.At);
        }
        catch (FileNotFoundException)
        {
            // The first start of this version.
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            LogUnreadable(log, e.Message);
            _users.Clear();
            _many = null;
            SetAside();
        }
    }

    /// <summary>The time in which silence counts, so far.</summary>
    internal TimeSpan Counted
    {
        get
        {
            lock (_gate)
            {
                return _clock.Counted;
            }
        }
    }

    /// <summary>Whether many users stopped together.</summary>
    internal ManyStopped? Many
    {
        get
        {
            lock (_gate)
            {
                return _many;
            }
        }
        set
        {
            lock (_gate)
            {
                if (_many != value)
                {
                    _many = value;
                    _urgent = ++_version;
                }
            }
        }
    }

    /// <summary>All users with rounds or a wish about them.</summary>
    internal IReadOnlyList<KeyValuePair<UserName, UserRounds>> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _users];
            }
        }
    }

    /// <summary>A user's rounds; null without any, or if they are an earlier account's.</summary>
    internal UserRounds? Of(UserName user, AccountId account)
    {
        lock (_gate)
        {
            return _users.TryGetValue(user, out var rounds) && rounds.Account == account ? rounds : null;
        }
    }

    /// <summary>Advances the watch clock. Silence before a user's next round does not count.</summary>
    internal void Tick()
    {
        var now = _time.GetUtcNow();
        lock (_gate)
        {
            var absentSince = _clock.Advance(now, _time.GetElapsedTime(0));
            foreach (var (user, rounds) in _users.Where(user => user.Value.Next is not null).ToArray())
            {
                try
                {
                    var after = absentSince is { } since ? rounds.AfterAbsence(since, now) : rounds;
                    if (after.Next >= now)
                    {
                        Set(user, after with { Heard = _clock.Counted }, isUrgent: false);
                    }
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    Failed(user, e);
                }
            }
        }
    }

    /// <summary>Logs what a user's rounds fail by, once a user. The others are looked at all the same.</summary>
    internal void Failed(UserName user, Exception exception)
    {
        lock (_gate)
        {
            if (!_failed.Add(user))
            {
                return;
            }
        }

        LogFailed(_log, exception, user);
    }

    /// <summary>A round of a user.</summary>
    internal UserRounds Add(UserName user, AccountId account, PostedRound round)
    {
        lock (_gate)
        {
            var before = Find(user, account);
            var after = before.After(round, _time.GetUtcNow(), _clock.Counted);
            Set(user, after, isUrgent: after.Back != before.Back);
            return after;
        }
    }

    /// <summary>Erases a name's rounds, of whatever account, from memory and disk.</summary>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="StateNotWritableException">It can't be stored.</exception>
    internal async Task<bool> EraseAsync(UserName user, CancellationToken cancellation)
    {
        bool wereThere;
        lock (_gate)
        {
            wereThere = _users.Remove(user);
            _failed.Remove(user);
            _version++;
        }

        await WriteAsync(cancellation);
        return wereThere;
    }

    /// <summary>Whether a user's rounds have stopped: watched or not.</summary>
    internal bool IsSilent(UserRounds rounds)
    {
        lock (_gate)
        {
            return rounds.Stop is not null || rounds.IsOverdue(_clock.Counted);
        }
    }

    /// <summary>Ends the watch of a user until the next round.</summary>
    /// <exception cref="StateNotWritableException">It can't be stored.</exception>
    internal async Task EndAsync(UserName user, AccountId account, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (Of(user, account) is not { Last: not null } rounds)
            {
                return;
            }

            Set(user, new UserRounds { Account = account, IsOff = rounds.IsOff }, isUrgent: true);
        }

        await WriteAsync(cancellation);
    }

    /// <summary>Switches the watch of a user on or off. Switched on, it counts silence from now.</summary>
    /// <exception cref="StateNotWritableException">It can't be stored; nothing has changed.</exception>
    internal async Task SwitchAsync(UserName user, AccountId account, bool isOn, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var rounds = Find(user, account);
            if (rounds.IsOff != isOn)
            {
                return;
            }

            Set(user, rounds with { IsOff = !isOn, Heard = _clock.Counted, Stop = null, Back = null }, isUrgent: true);
        }

        try
        {
            await WriteAsync(cancellation);
        }
        catch (StateNotWritableException)
        {
            lock (_gate)
            {
                Set(user, Find(user, account) with { IsOff = isOn }, isUrgent: false);
            }

            throw;
        }
    }

    /// <summary>Notes what a user was told: a stop, or that rounds are back (null).</summary>
    /// <param name="user">The user.</param>
    /// <param name="told">The rounds as the message had them. A round that came meanwhile stays noted.</param>
    /// <param name="stop">The stop.</param>
    internal void Told(UserName user, UserRounds told, RoundStop? stop)
    {
        lock (_gate)
        {
            if (Of(user, told.Account) is not { IsOff: false } rounds)
            {
                return;
            }

            var cameMeanwhile = stop is not null && rounds.Last != told.Last;
            Set(user, rounds with { Stop = stop, Back = cameMeanwhile ? rounds.Last : null }, isUrgent: true);
        }
    }

    /// <summary>Writes the file if it is time: at once for what a user was told, else once a minute. Failures go to the log.</summary>
    /// <param name="isEnd">Whether the bot ends, so it is time.</param>
    internal void WriteIfDue(bool isEnd = false)
    {
        try
        {
            bool isDue;
            lock (_gate)
            {
                isDue =
                    _urgent > _written
                    || (
                        _users.Count > 0
                        && (isEnd || _lastWrite is not { } last || _time.GetElapsedTime(last) >= BetweenLazyWrites)
                    );
            }

            if (isDue && _writing.Wait(TimeSpan.Zero))
            {
                try
                {
                    Write();
                }
                finally
                {
                    _writing.Release();
                }
            }
        }
        catch (StateNotWritableException)
        {
            // The log has it, and the next tick tries again.
        }
    }

    /// <inheritdoc />
    public void Dispose() => _writing.Dispose();

    /// <summary>Writes what is there now. Simultaneous callers share a write.</summary>
    private async Task WriteAsync(CancellationToken cancellation)
    {
        long wanted;
        lock (_gate)
        {
            wanted = _version;
        }

        await _writing.WaitAsync(cancellation);
        try
        {
            if (_lastWrite is { } last && _time.GetElapsedTime(last) is var ago && ago < BetweenWrites)
            {
                await Task.Delay(BetweenWrites - ago, _time, cancellation);
            }

            if (Interlocked.Read(ref _written) < wanted)
            {
                Write();
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>For the holder of <see cref="_writing"/>.</summary>
    private void Write()
    {
        StoredRounds stored;
        long version;
        lock (_gate)
        {
            version = _version;
            stored = new StoredRounds(
                _clock.Counted.TotalSeconds,
                _clock.Last,
                _users.ToDictionary(
                    user => user.Key.Value,
                    StoredUser? (user) => StoredUser.Of(user.Value),
                    StringComparer.Ordinal
                ),
                _many is { } many ? new StoredMany(many.Found.TotalSeconds, many.Told) : null
            );
        }

        _lastWrite = _time.GetTimestamp();
        try
        {
            AtomicFile.Replace(
                _path,
                JsonSerializer.SerializeToUtf8Bytes(stored, RoundStoreJson.Default.StoredRounds),
                FileModes.OwnerFile
            );
        }
        catch (IOException e)
        {
            if (!_fails)
            {
                LogNotWritten(_log, e.Message);
            }

            _fails = true;
            throw new StateNotWritableException(FileName, e.Message, e);
        }

        Interlocked.Exchange(ref _written, version);
        if (_fails)
        {
            _fails = false;
            LogWritten(_log);
        }
    }

    private UserRounds Find(UserName user, AccountId account) =>
        Of(user, account) ?? new UserRounds { Account = account };

    private void Set(UserName user, UserRounds rounds, bool isUrgent)
    {
        _users[user] = rounds;
        _version++;
        if (isUrgent)
        {
            _urgent = _version;
        }
    }

    private void SetAside()
    {
        try
        {
            File.Move(_path, _path + ".damaged", overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next write replaces it.
        }
    }

    [LoggerMessage(
        1805,
        LogLevel.Error,
        "The stored rounds can't be read ({Reason}), so the bot begins anew and keeps the file as rounds.json.damaged. Users who had sent /watch off are watched again."
    )]
    private static partial void LogUnreadable(ILogger log, string reason);

    [LoggerMessage(
        1806,
        LogLevel.Error,
        "The rounds can't be stored: {Reason}. The watch goes on, and the bot tries again. A restart meanwhile forgets what users were told."
    )]
    private static partial void LogNotWritten(ILogger log, string reason);

    [LoggerMessage(1807, LogLevel.Information, "The rounds can be stored again.")]
    private static partial void LogWritten(ILogger log);

    [LoggerMessage(
        1808,
        LogLevel.Error,
        "Looking at the rounds of {User} failed unexpectedly. The bot tries again with each look, and watches the other users all the same."
    )]
    private static partial void LogFailed(ILogger log, Exception e, UserName user);
}
