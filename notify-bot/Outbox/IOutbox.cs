using System.Threading.Channels;
using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>
/// Stores accepted notifications and the history. A change is on disk when its method has returned.
/// </summary>
public interface IOutbox : IHeldNotifications, IIncidents, IHistory, IOperatorStore
{
    /// <summary>Whether the last write succeeded. While false, nothing is accepted, and a write is tried every second, also if nobody sends.</summary>
    bool IsWritable { get; }

    /// <summary>Why nothing is accepted now; null if the last write succeeded.</summary>
    OutboxTrouble? Trouble { get; }

    /// <summary>Size of the write-ahead log in bytes, after the last write.</summary>
    long LogBytes { get; }

    /// <summary>Why the write-ahead log is larger than <see cref="SqliteOutbox.LargeLog"/>; null if it is not.</summary>
    string? LogTrouble { get; }

    /// <summary>Tries a write soon, which updates <see cref="Trouble"/>: a file beside the outbox could not be written.</summary>
    void RequestProbe();

    /// <summary>Checks whether another program locks the outbox now. Takes at most <see cref="SqliteOutbox.StoreTimeout"/>. A slow disk is no trouble, a hung one is.</summary>
    Task<OutboxTrouble?> CheckAsync(CancellationToken cancellation);

    /// <summary>The notification with the same user and key, if it was accepted within a time; without one, within a day.</summary>
    StoredNotification? FindRepeated(UserName user, string key, TimeSpan? lifetime = null);

    /// <summary>The commits in the order of acceptance, for one reader. <see cref="Waiting"/> has those from before the outbox was opened.</summary>
    ChannelReader<StoredNotification> Committed { get; }

    /// <summary>Stores a notification, in the order of the calls.</summary>
    /// <param name="notification">The notification.</param>
    /// <param name="progress">Queued, muted or held.</param>
    /// <param name="cancellation">Gives it up, unless it is just being written.</param>
    /// <exception cref="OutboxNotWritableException">It could not be stored in time, and will not be stored later.</exception>
    /// <exception cref="OperationCanceledException">It was given up, and will not be stored later.</exception>
    Task<Acceptance> AcceptAsync(
        AcceptedNotification notification,
        DeliveryProgress progress,
        CancellationToken cancellation
    );

    /// <summary>Stores progress, if necessary after a trouble. The task ends when it is on disk.</summary>
    /// <param name="sequence">The notification.</param>
    /// <param name="progress">Its progress.</param>
    /// <param name="shown">The message of its incident that went out with it, which the same write stores.</param>
    Task RecordAsync(long sequence, DeliveryProgress progress, ShownIncident? shown = null);

    /// <summary>The notifications that wait for delivery, in the order of acceptance.</summary>
    IReadOnlyList<WaitingNotification> Waiting();

    /// <summary>A notification; null if the history no longer has it.</summary>
    StoredNotification? Read(long sequence);

    /// <summary>A notification by its id; null if the outbox does not have it.</summary>
    StoredNotification? Find(string id);

    /// <summary>
    /// A page of a user's notifications, the newest first. Long texts make a page shorter. The next page begins before the last one of this page. An empty page is the end.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="limit">The maximum number.</param>
    /// <param name="before">The sequence before which the page begins.</param>
    /// <param name="text">The maximum length of each title and message in UTF-16 characters; a longer one ends with an ellipsis. 0 reads the states only.</param>
    /// <param name="cancellation">Ends the reading when the caller is gone.</param>
    IReadOnlyList<PastNotification> History(
        UserName user,
        int limit,
        long before = long.MaxValue,
        int text = SqliteOutbox.MaxShown,
        CancellationToken cancellation = default
    );

    /// <summary>A user's newest notifications that wait, or that failed or became unknown since a moment.</summary>
    /// <param name="user">The user.</param>
    /// <param name="since">Leaves out earlier failures, but not what waits.</param>
    /// <param name="limit">The maximum number.</param>
    /// <param name="text">The maximum length of each title and message in UTF-16 characters.</param>
    IReadOnlyList<PastNotification> Undelivered(UserName user, DateTimeOffset since, int limit, int text);

    /// <summary>The number of a user's notifications in each state, of those accepted since a moment and those that wait. Leaves out states without any.</summary>
    IReadOnlyDictionary<DeliveryState, int> CountStates(UserName user, DateTimeOffset since);

    /// <summary>The number of a user's notifications on each day of the history. Counts only the newest 20,000, to be fast.</summary>
    DayCounts CountDays(UserName user);

    /// <summary>The same by quarters of an hour.</summary>
    QuarterCounts CountQuarters(UserName user);

    /// <summary>A chart of a user's history by its id; null if the user has none.</summary>
    StoredImage? ImageOf(UserName user, string imageId);

    /// <summary>A further chart or a file of a user's history by its name (<see cref="StoredAttachment.Reference"/>); null if the user has none.</summary>
    StoredAttachment? AttachmentOf(UserName user, string reference);

    /// <summary>A user's current mutes, of everything and of scripts (by name, as callers give it).</summary>
    Mutes MutesOf(UserName user);

    /// <summary>Mutes everything of a user (script null) or one script until a moment. Null ends the mute.</summary>
    /// <exception cref="TooManyMutesException">The user has the maximum number of muted scripts.</exception>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task MuteAsync(UserName user, string? script, DateTimeOffset? until);

    /// <summary>Ends all mutes of a user.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task UnmuteAllAsync(UserName user);

    /// <summary>Prunes a part of what is too old or too much in the history.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task<Pruned> PruneAsync();

    /// <summary>The charts and files of notifications that were pruned for room, as they come. For one reader.</summary>
    IAsyncEnumerable<StoredAttachment> PrunedAttachmentsAsync(CancellationToken cancellation);
}

/// <summary>The result of storing a notification.</summary>
public abstract record Acceptance
{
    private Acceptance() { }

    /// <summary>The notification is on disk.</summary>
    public sealed record Stored(StoredNotification Notification) : Acceptance;

    /// <summary>The outbox has a notification with the same user and key. Nothing new is stored.</summary>
    public sealed record Repeated(StoredNotification First) : Acceptance;
}

/// <summary>The result of pruning.</summary>
/// <param name="Rows">The number of notifications.</param>
/// <param name="Attachments">Their charts and files.</param>
public sealed record Pruned(int Rows, IReadOnlyList<StoredAttachment> Attachments)
{
    /// <summary>Nothing was pruned.</summary>
    public static readonly Pruned Nothing = new(0, []);

    internal Pruned And(Pruned other) =>
        other.Rows == 0 ? this
        : Rows == 0 ? other
        : new(Rows + other.Rows, [.. Attachments, .. other.Attachments]);
}

/// <summary>A user has the maximum number of muted scripts. Nothing has changed.</summary>
public sealed class TooManyMutesException(UserName user)
    : InvalidOperationException(
        $"{user} has {MuteStore.MaxPerUser} muted scripts, which is the limit. Unmute one, or all with /unmute in the chat. Then mute this one."
    );
