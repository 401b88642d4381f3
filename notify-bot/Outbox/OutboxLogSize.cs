using Notify.Posix;

namespace Notify.Bot.Outbox;

/// <summary>
/// Keeps the write-ahead log small. SQLite moves its pages into the file after every 4 MB and begins it again when nobody reads. Overlapping readers would let it grow.
/// So a larger log is emptied while the bot's own reader pauses. Another program with a long read prevents that too, and the bot reports it.
/// </summary>
internal sealed partial class OutboxLogSize(OutboxFile file, ILogger log)
{
    /// <summary>The size in bytes from which the log is emptied. Without readers SQLite keeps it to a quarter.</summary>
    private const long Emptied = 16_000_000;

    /// <summary>The growth in bytes before the next attempt to empty it, unless a second has passed.</summary>
    private const long Step = 4_000_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _path = WalCheck.LogOf(file.Path);
    private long _size;
    private long _triedAt;
    private long _tried;
    private volatile string? _trouble;

    /// <summary>The log's size in bytes.</summary>
    public long Bytes => Volatile.Read(ref _size);

    /// <summary>Why it is larger than <see cref="SqliteOutbox.LargeLog"/>; null if it is not.</summary>
    public string? Trouble => _trouble;

    /// <summary>Whether it needs checks while nothing is written.</summary>
    public bool IsWatched => Bytes > Emptied;

    /// <summary>Checks it after a write, and empties a large one. On the writing thread.</summary>
    public void Check()
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
                $"the outbox's write-ahead log has {Bytes / 1_000_000} MB, because another program reads the outbox without end: {OutboxLock.Readers(file.Path)}";
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
        "{Path} has grown to {Megabytes} MB, because another program reads the outbox without end: {Reader}. End that program before the disk is full; the bot then empties the log."
    )]
    private static partial void LogLarge(ILogger log, string path, long megabytes, string reader);

    [LoggerMessage(1608, LogLevel.Information, "{Path} is small again.")]
    private static partial void LogSmallAgain(ILogger log, string path);
}
