using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>An accepted notification. It never changes.</summary>
public sealed record AcceptedNotification
{
    /// <summary>Its id in answers, buttons and logs: 22 random base64url characters.</summary>
    public required string Id { get; init; }

    /// <summary>Its user.</summary>
    public required UserName User { get; init; }

    /// <summary>The user's account. If null, the outbox looks it up; in a row of an earlier version that lookup has failed so far.</summary>
    public AccountId? Account { get; init; }

    /// <summary>The script that sent it; null for none.</summary>
    public string? Script { get; init; }

    /// <summary>The bold header; literal text.</summary>
    public string? Title { get; init; }

    /// <summary>The text; may be empty if there is a title or a picture.</summary>
    public required string Message { get; init; }

    /// <summary>The notation of the text.</summary>
    public required ParseMode ParseMode { get; init; }

    /// <summary>The chart; of several, the first.</summary>
    public StoredImage? Image { get; init; }

    /// <summary>Further charts, then files.</summary>
    public IReadOnlyList<StoredAttachment> Attachments { get; init; } = [];

    /// <summary>All charts.</summary>
    public IReadOnlyList<StoredImage> Images => Image is null ? [] : [Image, .. Attachments.OfType<StoredImage>()];

    /// <summary>The files.</summary>
    public IReadOnlyList<StoredFile> Files => [.. Attachments.OfType<StoredFile>()];

    /// <summary>The table as it is shown.</summary>
    public string? Table { get; init; }

    /// <summary>Whether the table needs a monospace font.</summary>
    public bool IsTableAligned { get; init; }

    /// <summary>The sender's own buttons.</summary>
    public IReadOnlyList<NotificationButton> Buttons { get; init; } = [];

    /// <summary>Whether it passes quiet hours.</summary>
    public bool Urgent { get; init; }

    /// <summary>The script's own data, JSON.</summary>
    public string? Data { get; init; }

    /// <summary>Whether the phone stays quiet.</summary>
    public bool Silent { get; init; }

    /// <summary>Whether a script's notification has buttons.</summary>
    public bool HasButtons { get; init; } = true;

    /// <summary>The sender's key. A repeat within <see cref="KeyLifetime"/> is the same notification.</summary>
    public string? Key { get; init; }

    /// <summary>The digest that tells of it, by its id, once its quiet time is over; null for none. A digest names itself.</summary>
    public string? Digest { get; init; }

    /// <summary>Whether it is the digest of what was held in quiet hours.</summary>
    public bool IsDigest => Digest == Id;

    /// <summary>Its place in an incident; null if it belongs to none.</summary>
    public IncidentPart? Incident { get; init; }

    /// <summary>The id of the failed one that it repeats; null for none.</summary>
    public string? AgainOf { get; init; }

    /// <summary>A line under its text, literal; null for none.</summary>
    public string? LastLine { get; init; }

    /// <summary>How far back acceptance looks for the key. Not stored.</summary>
    public TimeSpan KeyLifetime { get; init; } = SqliteOutbox.KeyLifetime;

    /// <summary>The time of acceptance, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The visible content.</summary>
    internal NotificationContent Content =>
        new()
        {
            Title = Title,
            Message = Message,
            ParseMode = ParseMode,
            Image = Image?.Info,
            MoreImages = [.. Attachments.OfType<StoredImage>().Select(image => image.Info)],
            Files = Attachments.OfType<StoredFile>().Count(),
            Table = Table,
            IsTableAligned = IsTableAligned,
            Buttons = Buttons,
            HasOwnButtons = HasButtons && Script is not null,
            LastLine = LastLine,
        };
}

/// <summary>A notification with its sequence number and progress.</summary>
/// <param name="Sequence">Its number in the order of acceptance.</param>
/// <param name="Accepted">The notification.</param>
/// <param name="Progress">The progress of its delivery.</param>
public sealed record StoredNotification(long Sequence, AcceptedNotification Accepted, DeliveryProgress Progress);

/// <summary>A notification in the history.</summary>
public sealed record PastNotification
{
    /// <summary>Its number in the order of acceptance.</summary>
    public required long Sequence { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The id of the notification whose text, charts and files it shows: its own, or that of its incident's newest content.</summary>
    public required string ContentId { get; init; }

    /// <summary>Its user.</summary>
    public required UserName User { get; init; }

    /// <summary>The script that sent it; null for none.</summary>
    public string? Script { get; init; }

    /// <summary>Its header, or the beginning of a long one.</summary>
    public string? Title { get; init; }

    /// <summary>Its text, or the beginning of a long one.</summary>
    public required string Message { get; init; }

    /// <summary>The notation of the text.</summary>
    public required ParseMode ParseMode { get; init; }

    /// <summary>The id of its chart; of several, the first.</summary>
    public string? ImageId { get; init; }

    /// <summary>Further charts, then files.</summary>
    public IReadOnlyList<StoredAttachment> Attachments { get; init; } = [];

    /// <summary>The table as it is shown, or the beginning of a long one.</summary>
    public string? Table { get; init; }

    /// <summary>Whether the table needs a monospace font.</summary>
    public bool IsTableAligned { get; init; }

    /// <summary>Whether the phone stays quiet.</summary>
    public bool Silent { get; init; }

    /// <summary>The time of acceptance, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The progress of its delivery.</summary>
    public required DeliveryProgress Progress { get; init; }

    /// <summary>The id of the failed one that it repeats; null for none.</summary>
    public string? AgainOf { get; init; }

    /// <summary>The length of its texts in UTF-16 characters.</summary>
    internal int Length => Message.Length + (Title?.Length ?? 0) + (Table?.Length ?? 0);
}

/// <summary>A waiting notification without its text, which delivery reads later.</summary>
/// <param name="Sequence">Its number in the order of acceptance.</param>
/// <param name="Id">Its id.</param>
/// <param name="User">Its user.</param>
/// <param name="CreatedAt">The time of acceptance; of one that was held and goes out by itself, the end of the quiet time.</param>
/// <param name="Progress">The progress of its delivery.</param>
/// <param name="Size">Its size in bytes, as the history counts it.</param>
public sealed record WaitingNotification(
    long Sequence,
    string Id,
    UserName User,
    DateTimeOffset CreatedAt,
    DeliveryProgress Progress,
    long Size
)
{
    /// <summary>The user's account; null in a row of an earlier version whose lookup has failed so far.</summary>
    public AccountId? Account { get; init; }

    /// <summary>The number of its charts.</summary>
    public int Images { get; init; }

    /// <summary>Whether it is the digest of what was held in quiet hours.</summary>
    public bool IsDigest { get; init; }
}
