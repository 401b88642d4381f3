using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>The one thread that writes: it commits all that waits in one transaction, with one fsync, in the order in which it came.</summary>
/// <remarks>
/// Another program's lock is waited for in the transaction's beginning, <see cref="OutboxFile.LockPatience"/> at a time. What was given up meanwhile is never written
/// (<see cref="OutboxWrite.TryGiveUp"/>); progress stays in memory until the lock ends.
/// </remarks>
internal sealed partial class OutboxWriter : IDisposable
{
    /// <summary>Writes in one transaction; the first of them waits for the last.</summary>
    private const int MostInBatch = 512;

    /// <summary>Characters of texts in one transaction, which bounds what it adds to the log.</summary>
    private const int MostTextInBatch = 8_000_000;

    /// <summary>How often a lock is waited for at the end before what is owed is lost; each time takes <see cref="OutboxFile.LockPatience"/>.</summary>
    private const int LastTries = 3;

    /// <summary>How long what can't be written is left alone before it is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly OutboxFile _file;
    private readonly ILogger _log;
    private readonly Channel<OutboxWrite> _writes = Channel.CreateUnbounded<OutboxWrite>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _ending = new();
    private readonly OutboxLogSize _size;
    private volatile OutboxTrouble? _trouble;

    public OutboxWriter(OutboxFile file, ILogger log)
    {
        _file = file;
        _log = log;
        _size = new OutboxLogSize(file, log);

        // A lock from before the start is known before anything is sent whose outcome could not be stored.
        if (TryCommit([]) is { } failure)
        {
            SetTrouble(TroubleOf(failure));
        }

        _thread = new Thread(WriteAll) { IsBackground = true, Name = "outbox" };
        _thread.Start();
    }

    /// <summary>Why the last write failed; null where it went well.</summary>
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
        _ending.Dispose();
    }

    private void WriteAll()
    {
        // What is in it at the beginning of a turn could not be written in the one before: progress, or what waits for a lock's end.
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
                    // Nobody sends, perhaps since /health says that nothing is accepted: it must be true still.
                    batch.Add(new OutboxWrite.Probe());
                }
            }

            Fill(batch);
            var ends = _writes.Reader.Completion.IsCompleted && _ending.IsSet;
            lastTries += ends ? 1 : 0;
            Write(batch, isLast: ends && lastTries >= LastTries, ends);
            _size.Look();
        }
    }

    /// <summary>Adds what has come, without what was given up meanwhile.</summary>
    private void Fill(List<OutboxWrite> batch)
    {
        batch.RemoveAll(write => write.WasGivenUp);
        var text = batch.Sum(write => (long)write.Length);
        while (batch.Count < MostInBatch && text < MostTextInBatch && _writes.Reader.TryRead(out var write))
        {
            if (!write.WasGivenUp)
            {
                batch.Add(write);
                text += write.Length;
            }
        }
    }

    /// <summary>Writes a batch; what has to be tried again stays in it.</summary>
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

        // Together they failed; one of them alone may be the reason, or the disk is full for all.
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

    /// <summary>Commits a batch in one transaction and tells each write that it is done. A damaged file is set aside, once, before it is given up.</summary>
    private Exception? TryCommit(List<OutboxWrite> batch)
    {
        var taken = new List<OutboxWrite>(batch.Count);
        for (var mended = false; ; mended = true)
        {
            try
            {
                var open = _file.ForWriting();
                using var transaction = open.Writer.BeginTransaction();
                if (!mended)
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
            catch (SqliteException e) when (OutboxFile.IsDamage(e) && !mended)
            {
                if (_file.TryMend() is { } failure)
                {
                    taken.ForEach(write => write.PutBack());
                    return failure;
                }
            }
            catch (Exception e) when (e is SqliteException or IOException or InvalidOperationException)
            {
                // InvalidOperationException: SQLite has ended the transaction of itself, as it does where the disk fails.
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
            default:
                LogNotWritable(_log, trouble.Reason);
                break;
        }
    }

    [LoggerMessage(
        1602,
        LogLevel.Critical,
        "The outbox can't be written ({Reason}): nothing is accepted. Make room on the disk of the data folder; it goes on by itself then."
    )]
    private static partial void LogNotWritable(ILogger log, string reason);

    [LoggerMessage(1603, LogLevel.Information, "The outbox can be written again.")]
    private static partial void LogWritableAgain(ILogger log);

    [LoggerMessage(
        1606,
        LogLevel.Critical,
        "Nothing is accepted, and nothing is sent: {Reason}. End that program, or its transaction; the bot goes on by itself then."
    )]
    private static partial void LogLocked(ILogger log, string reason);
}
