using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Notify.Bot.Outbox;

/// <summary>The one thread that writes: it commits all that waits in one transaction, with one fsync, in the order in which it came.</summary>
internal sealed partial class OutboxWriter : IDisposable
{
    /// <summary>Writes in one transaction; the first of them waits for the last.</summary>
    private const int MostInBatch = 512;

    /// <summary>How long what can't be written is left alone before it is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly OutboxFile _file;
    private readonly ILogger _log;
    private readonly Channel<OutboxWrite> _writes = Channel.CreateUnbounded<OutboxWrite>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _ending = new();
    private volatile bool _writable = true;

    public OutboxWriter(OutboxFile file, ILogger log)
    {
        _file = file;
        _log = log;
        _thread = new Thread(WriteAll) { IsBackground = true, Name = "outbox" };
        _thread.Start();
    }

    /// <summary>Whether the last write went well.</summary>
    public bool IsWritable => _writable;

    public void Enqueue(OutboxWrite write)
    {
        if (!_writes.Writer.TryWrite(write))
        {
            write.Fail(new OutboxNotWritableException("the bot is ending"));
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
        var batch = new List<OutboxWrite>();

        // Progress that could not be stored: it must be, or after a restart what was delivered would be delivered again.
        var owed = new List<OutboxWrite>();
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
                    batch.Add(new OutboxWrite.Probe());
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
                    if (write is OutboxWrite.Update && !_writes.Reader.Completion.IsCompleted)
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
    private Exception? TryCommit(List<OutboxWrite> batch)
    {
        for (var mended = false; ; mended = true)
        {
            try
            {
                var open = _file.ForWriting();
                using var transaction = open.Writer.BeginTransaction();
                foreach (var write in batch)
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
            write.Committed(_file);
        }

        return null;
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

    [LoggerMessage(1602, LogLevel.Critical, "The outbox can't be written ({Reason}): nothing is accepted. Make room on the disk of the data folder; it goes on by itself then.")]
    private static partial void LogNotWritable(ILogger log, string reason);

    [LoggerMessage(1603, LogLevel.Information, "The outbox can be written again.")]
    private static partial void LogWritableAgain(ILogger log);
}
