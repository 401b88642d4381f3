namespace Notify.Bot.Outbox;

/// <summary>The kinds of trouble with the outbox; each has its own remedy.</summary>
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

/// <summary>Why nothing can be stored at the moment.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Reason">The reason as part of a sentence, such as <c>another program has the outbox locked: process 4711 (sqlite3, user root)</c>.</param>
public sealed record OutboxTrouble(OutboxTroubleKind Kind, string Reason)
{
    /// <summary>The kind as /health shows it.</summary>
    public string Word =>
        Kind switch
        {
            OutboxTroubleKind.Locked => "locked",
            OutboxTroubleKind.NotAnswering => "not answering",
            _ => "not writable",
        };

    /// <summary>What has to be done, as a sentence.</summary>
    public string Advice =>
        Kind switch
        {
            OutboxTroubleKind.Locked => "The operator has to end that program, or its transaction; send it again then.",
            OutboxTroubleKind.NotAnswering =>
                "Send it again in a minute; if it stays so, the operator has to look at the disk and the load of the server.",
            OutboxTroubleKind.Ending => "Send it again in a minute.",
            _ => "The operator has to make room on the disk of the data folder, or mend it; send it again then.",
        };
}

/// <summary>The outbox can't be written; nothing was accepted. The message says why.</summary>
public sealed class OutboxNotWritableException : IOException
{
    /// <summary>The disk refused.</summary>
    public OutboxNotWritableException(string reason, Exception? inner = null)
        : this(new OutboxTrouble(OutboxTroubleKind.NotWritable, reason), inner) { }

    /// <summary>Something stood in the way.</summary>
    public OutboxNotWritableException(OutboxTrouble trouble, Exception? inner = null)
        : base(
            $"The notification can't be stored ({trouble?.Reason}), so it was not accepted. {trouble?.Advice}",
            inner
        ) => Trouble = trouble!;

    /// <summary>What stood in the way.</summary>
    public OutboxTrouble Trouble { get; }
}

/// <summary>The outbox can't be read at the moment; the message says why.</summary>
public sealed class OutboxNotReadableException(string reason, Exception? inner = null)
    : IOException(
        $"The outbox can't be read at the moment ({reason}). Try again when the operator has seen to it.",
        inner
    );
