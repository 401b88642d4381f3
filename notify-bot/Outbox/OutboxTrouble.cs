using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>The kinds of trouble with the outbox. Each has its own fix.</summary>
public enum OutboxTroubleKind
{
    /// <summary>The disk is full, read-only or broken.</summary>
    NotWritable,

    /// <summary>Another program holds a lock on the file.</summary>
    Locked,

    /// <summary>The disk or the server is too busy to store anything in time.</summary>
    NotAnswering,

    /// <summary>The bot ends.</summary>
    Ending,
}

/// <summary>Why nothing can be stored now.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Reason">The reason as part of a sentence, such as <c>another program has the outbox locked: process 4711 (sqlite3, user root)</c>.</param>
public sealed record OutboxTrouble(OutboxTroubleKind Kind, string Reason)
{
    /// <summary>A write takes longer than <see cref="SqliteOutbox.DiskTimeout"/>.</summary>
    internal static OutboxTrouble DiskHangs { get; } =
        new(OutboxTroubleKind.NotAnswering, "the disk has not stored it in time");

    /// <summary>The kind as /health shows it.</summary>
    public OutboxState State =>
        Kind switch
        {
            OutboxTroubleKind.Locked => OutboxState.Locked,
            OutboxTroubleKind.NotAnswering => OutboxState.NotAnswering,
            _ => OutboxState.NotWritable,
        };

    /// <summary>The fix, as a sentence.</summary>
    public string Advice =>
        Kind switch
        {
            OutboxTroubleKind.Locked => "Ask the admin to end that program or its transaction, then send it again.",
            OutboxTroubleKind.NotAnswering =>
                "Send it again in a minute. If this goes on, ask the admin to check the server's disk and load.",
            OutboxTroubleKind.Ending => "Send it again in a minute.",
            _ => "Ask the admin to free some space on the data folder's disk, or to fix it, then send it again.",
        };
}

/// <summary>The outbox can't be written, and nothing was accepted. The message says why.</summary>
public sealed class OutboxNotWritableException : IOException
{
    /// <summary>The disk refused the write.</summary>
    public OutboxNotWritableException(string reason, Exception? inner = null)
        : this(new OutboxTrouble(OutboxTroubleKind.NotWritable, reason), inner) { }

    /// <summary>Creates one for a trouble.</summary>
    public OutboxNotWritableException(OutboxTrouble trouble, Exception? inner = null)
        : base(
            $"The notification can't be stored ({trouble?.Reason}), so it was not accepted. {trouble?.Advice}",
            inner
        ) => Trouble = trouble!;

    /// <summary>The trouble.</summary>
    public OutboxTrouble Trouble { get; }
}

/// <summary>The outbox can't be read now. The message says why.</summary>
public sealed class OutboxNotReadableException(string reason, Exception? inner = null)
    : IOException($"The outbox can't be read at the moment ({reason}). Tell the admin, and try again later.", inner);
