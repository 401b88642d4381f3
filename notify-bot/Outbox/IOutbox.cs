namespace Notify.Bot.Outbox;

/// <summary>
/// What is accepted and not yet delivered, and the history: the one place that knows how it is stored. When a method that changes something has
/// returned, the change is on disk.
/// </summary>
public interface IOutbox
{
    /// <summary>Whether the last write went well; false means that nothing is accepted at the moment. It is found out again every second then, also if nobody sends.</summary>
    bool IsWritable { get; }

    /// <summary>Why nothing is accepted at the moment; null while the last write went well.</summary>
    OutboxTrouble? Trouble { get; }

    /// <summary>Size of the write-ahead log in bytes, after the last write.</summary>
    long LogBytes { get; }

    /// <summary>Why the write-ahead log is larger than <see cref="SqliteOutbox.LargeLog"/>; null while it is not.</summary>
    string? LogTrouble { get; }

    /// <summary>Makes <see cref="Trouble"/> anew, soon: something beside the outbox could not be written.</summary>
    void LookWhetherWritable();

    /// <summary>Looks whether another program locks the outbox now. Takes at most <see cref="SqliteOutbox.StorePatience"/>; a disk that is only slow is no trouble.</summary>
    Task<OutboxTrouble?> LookAsync(CancellationToken cancellation);

    /// <summary>What the same user and key stand for, if they came within a time; a day where none is named.</summary>
    StoredNotification? FindRepeated(UserName user, string key, TimeSpan? lifetime = null);

    /// <summary>Stores a notification, in the order of the calls.</summary>
    /// <param name="notification">What is accepted.</param>
    /// <param name="progress">Where it starts: queued or muted.</param>
    /// <param name="stored">Called once it is on disk, in the order of acceptance and before the method returns; must be quick.</param>
    /// <param name="cancellation">Gives it up, unless it is being written at this moment.</param>
    /// <exception cref="OutboxNotWritableException">It could not be stored, in time; it will not be stored later.</exception>
    /// <exception cref="OperationCanceledException">It was given up; it will not be stored later.</exception>
    Task<Acceptance> AcceptAsync(
        AcceptedNotification notification,
        DeliveryProgress progress,
        Action<StoredNotification> stored,
        CancellationToken cancellation
    );

    /// <summary>Stores progress. What can't be stored now is stored as soon as it can; the task ends then.</summary>
    Task RecordAsync(long sequence, DeliveryProgress progress);

    /// <summary>What waits for delivery, in the order of acceptance.</summary>
    IReadOnlyList<WaitingNotification> Waiting();

    /// <summary>One notification; null where it is no longer kept.</summary>
    StoredNotification? Read(long sequence);

    /// <summary>One notification by its name; null where it is not (or no longer) kept.</summary>
    StoredNotification? Find(string id);

    /// <summary>
    /// A user's notifications, the newest first: as many as are asked for, or fewer where their texts are long. What there are more of is found before the last one;
    /// the end is where there are none.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="before">Only those accepted before the one with this sequence.</param>
    /// <param name="text">How many characters (UTF-16) of each title and message; what is longer ends with an ellipsis. 0 is none, for who asks for the states only.</param>
    /// <param name="cancellation">Ends the reading, as for a caller that is gone.</param>
    IReadOnlyList<PastNotification> History(
        UserName user,
        int limit,
        long before = long.MaxValue,
        int text = SqliteOutbox.MostShown,
        CancellationToken cancellation = default
    );

    /// <summary>The newest of a user's notifications that wait, or that failed or became unknown since a moment.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="since">Failures before it are left out; what waits is not.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="text">How many characters (UTF-16) of each title and message.</param>
    IReadOnlyList<PastNotification> Undelivered(UserName user, DateTimeOffset since, int limit, int text);

    /// <summary>How many of a user's notifications are in each state, of those accepted since a moment and those that wait. A state without any is left out.</summary>
    IReadOnlyDictionary<DeliveryState, int> CountStates(UserName user, DateTimeOffset since);

    /// <summary>How many notifications of a user there were on each day of the history: of the newest 20,000, so that nobody's number makes the count slow.</summary>
    DayCounts CountDays(UserName user);

    /// <summary>The same by quarters of an hour.</summary>
    QuarterCounts CountQuarters(UserName user);

    /// <summary>A chart of a user's history; null where the user has none of that name.</summary>
    StoredImage? ImageOf(UserName user, string imageId);

    /// <summary>Until when a user is muted, as a whole and script by script (by name, as callers give it); only what lasts still.</summary>
    Mutes MutesOf(UserName user);

    /// <summary>Mutes a user (script null) or one script of theirs until a moment; null ends it.</summary>
    /// <exception cref="TooManyMutesException">The user has as many scripts muted as there may be.</exception>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task MuteAsync(UserName user, string? script, DateTimeOffset? until);

    /// <summary>Ends all that a user has muted.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task UnmuteAllAsync(UserName user);

    /// <summary>Takes some of what is too old, or too much, out of the history.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task<Pruned> PruneAsync();

    /// <summary>Charts, as they come to it, whose notifications the history had no room for any more. For one reader.</summary>
    IAsyncEnumerable<StoredImage> PrunedChartsAsync(CancellationToken cancellation);
}

/// <summary>How an acceptance ended.</summary>
public abstract record Acceptance
{
    private Acceptance() { }

    /// <summary>It is on disk.</summary>
    public sealed record Stored(StoredNotification Notification) : Acceptance;

    /// <summary>The same user and key were there within a day: that is the notification, and nothing new is stored.</summary>
    public sealed record Repeated(StoredNotification First) : Acceptance;
}

/// <summary>What was taken out of the history.</summary>
/// <param name="Rows">How many notifications.</param>
/// <param name="Images">The charts that go with them.</param>
public sealed record Pruned(int Rows, IReadOnlyList<StoredImage> Images)
{
    /// <summary>Nothing was.</summary>
    public static readonly Pruned Nothing = new(0, []);

    internal Pruned And(Pruned other) =>
        other.Rows == 0 ? this
        : Rows == 0 ? other
        : new(Rows + other.Rows, [.. Images, .. other.Images]);
}

/// <summary>A user has as many scripts muted as there may be; nothing has changed.</summary>
public sealed class TooManyMutesException(UserName user)
    : InvalidOperationException(
        $"{user} has {MuteStore.MostOfUser} scripts muted, as many as there can be. End the mute of one that needs none any more, or of all with /unmute in the chat; then mute this one."
    );
