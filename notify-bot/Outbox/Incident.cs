using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>What a notification is to its incident. The numbers are stored in the outbox.</summary>
public enum IncidentRole
{
    /// <summary>It belongs to none.</summary>
    None = 0,

    /// <summary>The message that shows the incident and is edited.</summary>
    First = 1,

    /// <summary>A reply to it: it still fires.</summary>
    Reminder = 2,

    /// <summary>The newest content. The first message shows it, so no list of notifications does.</summary>
    Content = 3,

    /// <summary>The reply that tells of the end.</summary>
    End = 4,
}

/// <summary>A notification's place in an incident.</summary>
/// <param name="Id">The incident.</param>
/// <param name="Role">What it is to it.</param>
public sealed record IncidentPart(string Id, IncidentRole Role);

/// <summary>What a message at Telegram holds. It decides which edits Telegram takes. The numbers are stored in the outbox.</summary>
public enum ShownKind
{
    /// <summary>A text.</summary>
    Text = 0,

    /// <summary>A photo or document with a caption.</summary>
    Media = 1,
}

/// <summary>The message at Telegram that shows an incident.</summary>
/// <param name="Chat">Its chat.</param>
/// <param name="Message">Its number there.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="ImageId">The chart that it shows; null for none.</param>
public sealed record ShownMessage(ChatId Chat, long Message, ShownKind Kind, string? ImageId);

/// <summary>A user's incident. At most one of a key is open.</summary>
public sealed record Incident
{
    /// <summary>Its place in the order of beginnings. Given by the store.</summary>
    public long Number { get; init; }

    /// <summary>Its name: 22 random base64url characters.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required UserName User { get; init; }

    /// <summary>The user's account.</summary>
    public required AccountId Account { get; init; }

    /// <summary>The sender's name for it.</summary>
    public required string Key { get; init; }

    /// <summary>The script that sent it; null for none.</summary>
    public string? Script { get; init; }

    /// <summary>Its newest title; null for none.</summary>
    public string? Title { get; init; }

    /// <summary>Where it stands.</summary>
    public IncidentState State { get; init; }

    /// <summary>When it began to fire.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The last post that it fires.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>When it ended; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether its sender is sure of the end.</summary>
    public bool IsEndConfirmed { get; init; }

    /// <summary>The time between reminders, and after the end in which a firing opens it again. Zero for neither.</summary>
    public TimeSpan Cooldown { get; init; }

    /// <summary>When its first message or last reminder was accepted; null if its user was not told.</summary>
    public DateTimeOffset? ToldAt { get; init; }

    /// <summary>The id of its first notification.</summary>
    public required string FirstId { get; init; }

    /// <summary>The id of the notification that carries its newest first message.</summary>
    public required string CarrierId { get; init; }

    /// <summary>The id of the notification with its newest content.</summary>
    public required string ContentId { get; init; }

    /// <summary>A hash of the newest content.</summary>
    public required string ContentHash { get; init; }

    /// <summary>Who is on it; null for nobody.</summary>
    public string? AcknowledgedBy { get; init; }

    /// <summary>Since when somebody is on it.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>Its first message at Telegram; null if there is none, or none any more.</summary>
    public ShownMessage? Shown { get; init; }

    /// <summary>Counts what the message has to show.</summary>
    public long Version { get; init; } = 1;

    /// <summary>The version that the message shows.</summary>
    public long ShownVersion { get; init; }

    /// <summary>When the message was sent or last edited; null if an edit is due at once.</summary>
    public DateTimeOffset? EditedAt { get; init; }

    /// <summary>Where the notification stands that carries the first message; null if the history no longer has it. Read with the incident, not stored in it.</summary>
    public DeliveryProgress? Carrier { get; init; }

    /// <summary>The state of the first notification; null if the history no longer has it. Read with the incident, not stored in it.</summary>
    public DeliveryState? FirstState { get; init; }

    /// <summary>Whether quiet hours held the first message and their digest tells of it. Read with the incident, not stored in it.</summary>
    public bool IsInDigest { get; init; }

    /// <summary>As a sender is told of it.</summary>
    internal IncidentAnswer Answer => new(Id, State, Since, ToldAt);
}

/// <summary>A post about an incident.</summary>
public sealed record IncidentPost
{
    /// <summary>Whose.</summary>
    public required UserName User { get; init; }

    /// <summary>The user's account. Given by the store.</summary>
    public AccountId Account { get; init; }

    /// <summary>The sender's name for the incident.</summary>
    public required string Key { get; init; }

    /// <summary>Whether it fires; false for its end.</summary>
    public required bool Fires { get; init; }

    /// <summary>Whether the end is sure.</summary>
    public bool IsConfirmed { get; init; } = true;

    /// <summary>The cooldown; null keeps the one that is stored.</summary>
    public TimeSpan? Cooldown { get; init; }

    /// <summary>The content with its own id; null for an end without any.</summary>
    public AcceptedNotification? Content { get; init; }

    /// <summary>A hash of the content; null without any.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The id of the notification that the post causes, if it causes one.</summary>
    public required string SentId { get; init; }

    /// <summary>The id of the incident, if the post begins one.</summary>
    public required string NewId { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether the user has muted it.</summary>
    public bool IsMuted { get; init; }

    /// <summary>Whether a phone is linked.</summary>
    public bool HasPhone { get; init; } = true;

    /// <summary>The first progress of what the post sends: queued, or held in quiet hours.</summary>
    public DeliveryProgress Progress { get; init; } = new(DeliveryState.Queued);

    /// <summary>Whether it is the user's quiet time. Reminders are not sent then.</summary>
    public bool IsQuiet => Progress.State != DeliveryState.Queued;
}

/// <summary>The result of a post.</summary>
/// <param name="Incident">The incident after it; null if the post ends an incident that is not there.</param>
/// <param name="Sent">The notification that it caused; null for none.</param>
public sealed record IncidentOutcome(Incident? Incident, StoredNotification? Sent)
{
    /// <summary>Whether nothing was stored, because the user has too many open incidents.</summary>
    public bool IsTooMany { get; init; }

    /// <summary>Whether the content was stored. If not, its charts and files are of no use.</summary>
    public bool HasStoredContent { get; init; }
}
