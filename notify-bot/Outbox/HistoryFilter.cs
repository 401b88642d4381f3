using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>Which notifications of a history are wanted. A part that is null lets all through.</summary>
/// <param name="Words">What a person typed to search: words and beginnings of words.</param>
/// <param name="Script">A script's name, with or without <c>.py</c>.</param>
/// <param name="State">The state.</param>
/// <param name="Since">The first moment of acceptance.</param>
/// <param name="Until">The moment after the last one.</param>
public sealed record HistoryFilter(
    string? Words,
    string? Script,
    DeliveryState? State,
    DateTimeOffset? Since,
    DateTimeOffset? Until
)
{
    /// <summary>Whether it lets all through.</summary>
    public bool IsEmpty => this == new HistoryFilter(null, null, null, null, null);
}

/// <summary>A failed try of a delivery.</summary>
/// <param name="At">When.</param>
/// <param name="Reason">Why, in Telegram's or the network's words, of at most <see cref="MaxReason"/> characters.</param>
/// <param name="Until">The earliest moment of the next try; null if it is not known.</param>
public sealed record DeliveryAttempt(DateTimeOffset At, string? Reason, DateTimeOffset? Until)
{
    /// <summary>Maximum length of a reason.</summary>
    public const int MaxReason = 300;

    /// <summary>Maximum number of tries that are kept of a notification: the first and the last ones.</summary>
    public const int MaxKept = 20;
}

/// <summary>What became of a notification beside its state.</summary>
/// <param name="ReleasedAt">When a held one went out by itself; null if it did not.</param>
/// <param name="EndedAt">When its delivery ended; null if it waits, or of an older version.</param>
/// <param name="SentAgain">The id of the newest one that repeats it; null for none.</param>
/// <param name="Digest">The digest that tells of it; null for none.</param>
/// <param name="Attempts">Its failed tries, the oldest first.</param>
public sealed record DeliveryTimeline(
    DateTimeOffset? ReleasedAt,
    DateTimeOffset? EndedAt,
    string? SentAgain,
    string? Digest,
    IReadOnlyList<DeliveryAttempt> Attempts
);

/// <summary>What the search index needs of a notification.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Id">Its id.</param>
/// <param name="User">Its user.</param>
/// <param name="Text">Script, title, message and table; of each at most <see cref="MaxLength"/> characters.</param>
public sealed record SearchableText(long Sequence, string Id, string User, string Text)
{
    /// <summary>Maximum length of each text in UTF-16 characters: what a page shows of it.</summary>
    public const int MaxLength = SqliteOutbox.MaxShown;
}
