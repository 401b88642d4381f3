using Notify.Formatting;
using Notify.Images;

namespace Notify.Bot.Outbox;

/// <summary>Where a notification stands. The numbers are stored.</summary>
public enum DeliveryState
{
    /// <summary>Accepted, and Telegram has not taken all of it.</summary>
    Queued = 0,

    /// <summary>Telegram has taken all parts.</summary>
    Delivered = 1,

    /// <summary>It will never be delivered; the reason says why.</summary>
    Failed = 2,

    /// <summary>It went out twice and no answer came: it may have arrived.</summary>
    Unknown = 3,

    /// <summary>Held back, since the user has muted it; kept in the history only.</summary>
    Muted = 4,
}

/// <summary>A chart in the folder of charts.</summary>
/// <param name="Id">Its random name, without ending.</param>
/// <param name="Info">Kind and size.</param>
public sealed record StoredImage(string Id, ImageInfo Info);

/// <summary>A notification as it was accepted. It never changes.</summary>
public sealed record AcceptedNotification
{
    /// <summary>22 random base64url characters; its name in answers, buttons and logs.</summary>
    public required string Id { get; init; }

    /// <summary>Who is told.</summary>
    public required UserName User { get; init; }

    /// <summary>Which script says it, if one does.</summary>
    public string? Script { get; init; }

    /// <summary>Bold, literal header.</summary>
    public string? Title { get; init; }

    /// <summary>The text; may be empty where there is a title or a picture.</summary>
    public required string Message { get; init; }

    /// <summary>How the text is marked up.</summary>
    public required ParseMode ParseMode { get; init; }

    /// <summary>The chart.</summary>
    public StoredImage? Image { get; init; }

    /// <summary>The script's own data, JSON.</summary>
    public string? Data { get; init; }

    /// <summary>Whether the phone stays quiet.</summary>
    public bool Silent { get; init; }

    /// <summary>The sender's name for it: a repeat within a day is the same notification.</summary>
    public string? Key { get; init; }

    /// <summary>When it was accepted, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>How far the delivery of a notification has come. Replaced as a whole with each step.</summary>
/// <param name="State">Where it stands.</param>
public sealed record DeliveryProgress(DeliveryState State)
{
    /// <summary>Why it failed, or waits, in words for people.</summary>
    public string? Reason { get; init; }

    /// <summary>Messages of it that Telegram has taken.</summary>
    public int PartsDone { get; init; }

    /// <summary>Tries that did not go well.</summary>
    public int Attempts { get; init; }

    /// <summary>Not before this moment is it tried again.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>Failed since the chat takes nothing any more, as opposed to this one message.</summary>
    public bool IsGone { get; init; }

    /// <summary>The answer to the last try was lost after the request went out: one more try, and no third.</summary>
    public bool Doubted { get; init; }
}

/// <summary>A notification with its place in the order of acceptance and its progress.</summary>
/// <param name="Sequence">Ascending in the order of acceptance.</param>
/// <param name="Accepted">What it says.</param>
/// <param name="Progress">How far it has come.</param>
public sealed record StoredNotification(long Sequence, AcceptedNotification Accepted, DeliveryProgress Progress);

/// <summary>What has to be known of a notification that waits; its text is read when its turn comes.</summary>
/// <param name="Sequence">Its place in the order of acceptance.</param>
/// <param name="Id">Its name.</param>
/// <param name="User">Who is told.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="Progress">How far it has come.</param>
public sealed record WaitingNotification(long Sequence, string Id, UserName User, DateTimeOffset CreatedAt, DeliveryProgress Progress);

/// <summary>How an acceptance ended.</summary>
public abstract record Acceptance
{
    private Acceptance()
    {
    }

    /// <summary>It is on disk.</summary>
    public sealed record Stored(StoredNotification Notification) : Acceptance;

    /// <summary>The same user and key were there within a day: that is the notification, and nothing new is stored.</summary>
    public sealed record Repeated(StoredNotification First) : Acceptance;
}

/// <summary>The outbox can't be written; nothing was accepted. The message says why.</summary>
public sealed class OutboxNotWritableException(string reason, Exception? inner = null)
    : IOException($"The notification can't be stored ({reason}), so it was not accepted. The operator has to make room on the disk of the data folder, or mend it; send it again then.", inner);

/// <summary>
/// What is accepted and not yet delivered, and the history: the one place that knows how it is stored. When a method that changes something has
/// returned, the change is on disk.
/// </summary>
public interface IOutbox
{
    /// <summary>Whether the last write went well; false means that nothing is accepted at the moment. It is found out again every second then, also if nobody sends.</summary>
    bool IsWritable { get; }

    /// <summary>Makes <see cref="IsWritable"/> anew, soon: something beside the outbox could not be written.</summary>
    void LookWhetherWritable();

    /// <summary>What the same user and key stand for, if they came within a day.</summary>
    StoredNotification? FindRepeated(UserName user, string key);

    /// <summary>Stores a notification, in the order of the calls.</summary>
    /// <param name="notification">What is accepted.</param>
    /// <param name="progress">Where it starts: queued or muted.</param>
    /// <param name="stored">Called once it is on disk, in the order of acceptance and before the method returns; must be quick.</param>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task<Acceptance> AcceptAsync(AcceptedNotification notification, DeliveryProgress progress, Action<StoredNotification> stored);

    /// <summary>Stores progress. What can't be stored now is stored as soon as it can; the task ends then.</summary>
    Task RecordAsync(long sequence, DeliveryProgress progress);

    /// <summary>What waits for delivery, in the order of acceptance.</summary>
    IReadOnlyList<WaitingNotification> Waiting();

    /// <summary>One notification; null where it is no longer kept.</summary>
    StoredNotification? Read(long sequence);

    /// <summary>One notification by its name; null where it is not (or no longer) kept.</summary>
    StoredNotification? Find(string id);

    /// <summary>A user's notifications, the newest first.</summary>
    IReadOnlyList<StoredNotification> History(UserName user, int limit);

    /// <summary>A chart of a user's history; null where the user has none of that name.</summary>
    StoredImage? ImageOf(UserName user, string imageId);

    /// <summary>Until when a user is muted, as a whole and script by script (by name, as callers give it); only what lasts still.</summary>
    Mutes MutesOf(UserName user);

    /// <summary>Mutes a user (script null) or one script of theirs until a moment; null ends it.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task MuteAsync(UserName user, string? script, DateTimeOffset? until);

    /// <summary>Ends all that a user has muted.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task UnmuteAllAsync(UserName user);

    /// <summary>Takes some of what is too old, or too much, out of the history.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored.</exception>
    Task<Forgotten> ForgetOldAsync();
}

/// <summary>What was taken out of the history.</summary>
/// <param name="Rows">How many notifications.</param>
/// <param name="Images">The charts that go with them.</param>
public sealed record Forgotten(int Rows, IReadOnlyList<StoredImage> Images);

/// <summary>What a user has muted.</summary>
/// <param name="All">Until when everything is.</param>
/// <param name="Scripts">Until when a script is, by its name without <c>.py</c>.</param>
public sealed record Mutes(DateTimeOffset? All, IReadOnlyDictionary<string, DateTimeOffset> Scripts)
{
    /// <summary>A mute without an end, until it is taken back.</summary>
    public static readonly DateTimeOffset Forever = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    /// <summary>Nothing is muted.</summary>
    public static readonly Mutes None = new(null, new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal));

    /// <summary>A script's name as mutes have it: with and without <c>.py</c> is one script.</summary>
    public static string Stem(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return script.EndsWith(".py", StringComparison.Ordinal) ? script[..^3] : script;
    }

    /// <summary>Until when a notification of this script is held back; null where it is not.</summary>
    public DateTimeOffset? Until(string? script)
    {
        var own = script is not null && Scripts.TryGetValue(Stem(script), out var until) ? until : (DateTimeOffset?)null;
        return own > (All ?? DateTimeOffset.MinValue) ? own : All ?? own;
    }
}
