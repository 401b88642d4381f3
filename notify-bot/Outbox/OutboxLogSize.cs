using Notify.Posix;

namespace Notify.Bot.Outbox;

/// <summary>
/// Keeps the write-ahead log small. SQLite moves its pages into the file after every 4 MB, and then begins it anew where nobody reads. Where readers overlap it would grow on,
/// so a log that has become larger is emptied while the bot's own reader stands still. Another program that reads for long prevents even that; then the bot says so.
/// </summary>
internal sealed partial class OutboxLogSize(OutboxFile file, ILogger log)
{
    /// <summary>The log is emptied from this size on, in bytes; SQLite itself keeps it to a quarter of that where nobody reads.</summary>
    private const long Emptied = 16_000_000;

    /// <summary>How much it has to grow until emptying it is tried again, in bytes, unless a second has passed.</summary>
    private const long Step = 4_000_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _path = OutboxLog.Of(file.Path);
    private long _size;
    private long _triedAt;
    private long _tried;
    private volatile string? _trouble;

    /// <summary>Its size in bytes.</summary>
    public long Bytes => Volatile.Read(ref _size);

    /// <summary>Why it is larger than <see cref="SqliteOutbox.LargeLog"/>; null where it is not.</summary>
    public string? Trouble => _trouble;

    /// <summary>Whether it has to be looked at also where nothing is written.</summary>
    public bool IsWatched => Bytes > Emptied;

    /// <summary>Looks at it after a write, and empties it where it has grown. On the writing thread.</summary>
    public void Look()
    {
        Measure();
        if (IsWatched && (Bytes > _triedAt + Step || file.Time.GetElapsedTime(_tried) >= Pause))
        {
            file.EmptyLog();
            Measure();
            (_triedAt, _tried) = (Bytes, file.Time.GetTimestamp());
            Say();
        }
        else if (!IsWatched)
        {
            _triedAt = 0;
            Say();
        }
    }

    private void Measure() => Volatile.Write(ref _size, FileStatus.OfPath(_path)?.Size ?? 0);

    private void Say()
    {
        if (Bytes > SqliteOutbox.LargeLog)
        {
            var isNew = _trouble is null;
            _trouble =
                $"the outbox's write-ahead log has {Bytes / 1_000_000} MB, since another program reads the outbox without an end: {OutboxLock.Readers(file.Path)}";
            if (isNew)
            {
                LogLarge(log, _path, Bytes / 1_000_000, OutboxLock.Readers(file.Path));
            }
        }
        else if (_trouble is not null)
        {
            _trouble = null;
            LogSmallAgain(log, _path);
        }
    }

    [LoggerMessage(
        1607,
        LogLevel.Warning,
        "{Path} has grown to {Megabytes} MB, since another program reads the outbox without an end: {Reader}. End that program before the disk is full; the bot empties the log by itself then."
    )]
    private static partial void LogLarge(ILogger log, string path, long megabytes, string reader);

    [LoggerMessage(1608, LogLevel.Information, "{Path} is small again.")]
    private static partial void LogSmallAgain(ILogger log, string path);
}
