using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>The one thread that writes. It commits all waiting writes, in their order, in one transaction with one fsync.</summary>
/// <remarks>
/// The beginning of a transaction waits for another program's lock, <see cref="OutboxFile.LockTimeout"/> at a time. Writes that are given up meanwhile are never written
/// (<see cref="OutboxWrite.TryGiveUp"/>). Progress stays in memory until the lock ends.
/// </remarks>
internal sealed partial class OutboxWriter : IDisposable
{
    /// <summary>Maximum number of writes in a transaction. The first of them waits for the last.</summary>
    private const int MaxBatchWrites = 512;

    /// <summary>Maximum length of the texts in a transaction, which bounds its part of the log.</summary>
    private const int MaxBatchText = 8_000_000;

    /// <summary>Maximum number of attempts to write when the bot ends. Each waits <see cref="OutboxFile.LockTimeout"/> for a lock. Then owed writes are lost.</summary>
    private const int LastTries = 3;

    /// <summary>Pause before a failed write is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly OutboxFile _file;
    private readonly ILogger _log;
    private readonly Channel<OutboxWrite> _writes = Channel.CreateUnbounded<OutboxWrite>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _ending = new();
    private readonly OutboxLogSize _size;
    private readonly Lock _telling = new();
    private readonly ITimer _turnTimer;
    private bool _isTurnLimited;
    private volatile OutboxTrouble? _trouble;

    public OutboxWriter(OutboxFile file, ILogger log)
    {
        _file = file;
        _log = log;
        _size = new OutboxLogSize(file, log);

        // Notice a lock before the first message is sent, because its outcome could not be stored.
        if (TryCommit([]) is { } failure)
        {
            SetTrouble(TroubleOf(failure));
        }

        _turnTimer = file.Time.CreateTimer(_ => OnSlowTurn(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(WriteAll) { IsBackground = true, Name = "outbox" };
        _thread.Start();
    }

    /// <summary>Why the last write failed; null if it succeeded.</summary>
    public OutboxTrouble? Trouble => _trouble;

    /// <summary>The size of the write-ahead log.</summary>
    public OutboxLogSize LogSize => _size;

    public void Enqueue(OutboxWrite write)
    {
        if (!_writes.Writer.TryWrite(write))
        {
            write.Fail(
                new OutboxNotWritableException(new OutboxTrouble(OutboxTroubleKind.Ending, "the bot is ending"))
            );
        }
    }

    /// <summary>Writes what waits, and ends.</summary>
    public void Dispose()
    {
        _writes.Writer.TryComplete();
        _ending.Set();
        _thread.Join();
        _turnTimer.Dispose();
        _ending.Dispose();
    }

    private void WriteAll()
    {
        // A turn begins with the writes that the last one could not do: progress, or writes that wait for the end of a lock.
        var batch = new List<OutboxWrite>();
        Task<bool>? arrival = null;
        var lastTries = 0;
        while (true)
        {
            if (batch.Count > 0)
            {
                if (_trouble is not { Kind: OutboxTroubleKind.Locked })
                {
                    _ending.Wait(Pause);
                }
            }
            else
            {
                arrival ??= _writes.Reader.WaitToReadAsync().AsTask();
                if ((_trouble is null && !_size.IsWatched) || arrival.Wait(Pause))
                {
                    if (!arrival.GetAwaiter().GetResult())
                    {
                        return;
                    }

                    arrival = null;
                }
                else if (_trouble is not null)
                {
                    // Nobody sends, perhaps because /health is down. Check whether that is still true.
                    batch.Add(new OutboxWrite.Probe());
                }
            }

            Fill(batch);
            var ends = _writes.Reader.Completion.IsCompleted && _ending.IsSet;
            lastTries += ends ? 1 : 0;
            LimitTurn(SqliteOutbox.DiskTimeout);
            Write(batch, isLast: ends && lastTries >= LastTries, ends);
            _size.Check();
            LimitTurn(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Sets the time limit of a turn. A thread in a hung disk can't report itself, so a timer does.</summary>
    private void LimitTurn(TimeSpan limit)
    {
        lock (_telling)
        {
            _isTurnLimited = limit != Timeout.InfiniteTimeSpan;
            _turnTimer.Change(limit, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnSlowTurn()
    {
        lock (_telling)
        {
            // The turn may have just ended. Then nothing would end the trouble.
            if (_isTurnLimited)
            {
                SetTrouble(OutboxTrouble.DiskHangs);
            }
        }
    }

    /// <summary>Adds new writes and removes given up ones.</summary>
    private void Fill(List<OutboxWrite> batch)
    {
        batch.RemoveAll(write => write.WasGivenUp);
        var text = batch.Sum(write => (long)write.Length);
        while (batch.Count < MaxBatchWrites && text < MaxBatchText && _writes.Reader.TryRead(out var write))
        {
            if (!write.WasGivenUp)
            {
                batch.Add(write);
                text += write.Length;
            }
        }
    }

    /// <summary>Writes a batch. Writes to try again stay in it.</summary>
    private void Write(List<OutboxWrite> batch, bool isLast, bool ends)
    {
        if (TryCommit(batch) is not { } failure)
        {
            batch.Clear();
            return;
        }

        if (OutboxLock.IsLock(failure))
        {
            SetTrouble(TroubleOf(failure));
            Fill(batch);
            FailAll(batch, write => isLast || !write.MayWait, failure);
            return;
        }

        // One write may be the cause, or the disk is full for all. Try each alone.
        var left = new List<OutboxWrite>();
        foreach (var write in batch)
        {
            if (TryCommit([write]) is not { } alone)
            {
                continue;
            }

            SetTrouble(TroubleOf(alone));
            if (write.IsOwed && !ends)
            {
                left.Add(write);
            }
            else
            {
                FailAll([write], _ => true, alone);
            }
        }

        batch.Clear();
        batch.AddRange(left);
    }

    private void FailAll(List<OutboxWrite> batch, Predicate<OutboxWrite> chosen, Exception failure)
    {
        foreach (var write in batch.FindAll(chosen))
        {
            batch.Remove(write);
            if (write.TryGiveUp())
            {
                write.Fail(new OutboxNotWritableException(_trouble ?? TroubleOf(failure), failure));
            }
        }
    }

    /// <summary>Commits a batch in one transaction and ends its writes. Recovers a damaged file once.</summary>
    private Exception? TryCommit(List<OutboxWrite> batch)
    {
        var taken = new List<OutboxWrite>(batch.Count);
        for (var repaired = false; ; repaired = true)
        {
            try
            {
                var open = _file.ForWriting();
                using var transaction = open.Writer.BeginTransaction();
                if (!repaired)
                {
                    taken.AddRange(batch.Where(write => write.TryBegin()));
                }

                foreach (var write in taken)
                {
                    write.Apply(open.Commands, transaction, _file);
                }

                transaction.Commit();
                break;
            }
            catch (SqliteException e) when (OutboxFile.IsDamage(e) && !repaired)
            {
                if (_file.TryRepair() is { } failure)
                {
                    taken.ForEach(write => write.PutBack());
                    return failure;
                }
            }
            catch (Exception e) when (e is SqliteException or IOException or InvalidOperationException)
            {
                // InvalidOperationException: SQLite ended the transaction itself, as it does when the disk fails.
                taken.ForEach(write => write.PutBack());
                return e;
            }
        }

        SetTrouble(null);
        foreach (var write in taken)
        {
            write.Committed(_file);
        }

        return null;
    }

    private OutboxTrouble TroubleOf(Exception failure) =>
        OutboxLock.IsLock(failure)
            ? OutboxLock.Of(_file.Path)
            : new OutboxTrouble(OutboxTroubleKind.NotWritable, failure.Message);

    private void SetTrouble(OutboxTrouble? trouble)
    {
        lock (_telling)
        {
            var before = _trouble;
            _trouble = trouble;
            if (before?.Kind == trouble?.Kind)
            {
                return;
            }

            switch (trouble)
            {
                case null:
                    LogWritableAgain(_log);
                    break;
                case { Kind: OutboxTroubleKind.Locked }:
                    LogLocked(_log, trouble.Reason);
                    break;
                case { Kind: OutboxTroubleKind.NotAnswering }:
                    LogNotAnswering(_log, SqliteOutbox.DiskTimeout.TotalSeconds);
                    break;
                default:
                    LogNotWritable(_log, trouble.Reason);
                    break;
            }
        }
    }

    [LoggerMessage(
        1602,
        LogLevel.Critical,
        "The outbox can't be written ({Reason}), so the bot accepts nothing. Free some space on the data folder's disk; the bot then continues."
    )]
    private static partial void LogNotWritable(ILogger log, string reason);

    [LoggerMessage(1603, LogLevel.Information, "The outbox can be written again.")]
    private static partial void LogWritableAgain(ILogger log);

    [LoggerMessage(
        1606,
        LogLevel.Critical,
        "The bot accepts and sends nothing: {Reason}. End that program or its transaction; the bot then continues."
    )]
    private static partial void LogLocked(ILogger log, string reason);

    [LoggerMessage(
        1612,
        LogLevel.Critical,
        "The disk of the outbox has stored nothing for {Seconds:0} s, so the bot accepts nothing. Check the server's disk and load; the bot continues when the disk answers."
    )]
    private static partial void LogNotAnswering(ILogger log, double seconds);
}
