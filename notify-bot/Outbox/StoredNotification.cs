using Notify.Formatting;
using Notify.Images;
using Notify.Linking;

namespace Notify.Bot.Outbox;

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

    /// <summary>Which account that is: the outbox looks it up where it is left out. Null in a row of an earlier version whose user could not be looked up yet.</summary>
    public AccountId? Account { get; init; }

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

    /// <summary>Whether buttons may stand under it, where it is a script's.</summary>
    public bool HasButtons { get; init; } = true;

    /// <summary>The sender's name for it: a repeat within <see cref="KeyLifetime"/> is the same notification.</summary>
    public string? Key { get; init; }

    /// <summary>How far back a repeat is looked for when this one is accepted; not stored.</summary>
    public TimeSpan KeyLifetime { get; init; } = SqliteOutbox.KeyLifetime;

    /// <summary>When it was accepted, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A notification with its place in the order of acceptance and its progress.</summary>
/// <param name="Sequence">Ascending in the order of acceptance.</param>
/// <param name="Accepted">What it says.</param>
/// <param name="Progress">How far it has come.</param>
public sealed record StoredNotification(long Sequence, AcceptedNotification Accepted, DeliveryProgress Progress);

/// <summary>A notification as the history shows it.</summary>
public sealed record PastNotification
{
    /// <summary>Ascending in the order of acceptance.</summary>
    public required long Sequence { get; init; }

    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary>Who was told.</summary>
    public required UserName User { get; init; }

    /// <summary>Which script said it, if one did.</summary>
    public string? Script { get; init; }

    /// <summary>Its header, or the beginning of a long one.</summary>
    public string? Title { get; init; }

    /// <summary>Its text, or the beginning of a long one.</summary>
    public required string Message { get; init; }

    /// <summary>How the text is marked up.</summary>
    public required ParseMode ParseMode { get; init; }

    /// <summary>The name of its chart.</summary>
    public string? ImageId { get; init; }

    /// <summary>When it was accepted, in UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How far it has come.</summary>
    public required DeliveryProgress Progress { get; init; }
}

/// <summary>What has to be known of a notification that waits; its text is read when its turn comes.</summary>
/// <param name="Sequence">Its place in the order of acceptance.</param>
/// <param name="Id">Its name.</param>
/// <param name="User">Who is told.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="Progress">How far it has come.</param>
/// <param name="Size">What it counts in bytes, as the history counts it.</param>
public sealed record WaitingNotification(
    long Sequence,
    string Id,
    UserName User,
    DateTimeOffset CreatedAt,
    DeliveryProgress Progress,
    long Size
)
{
    /// <summary>Which account is told; null in a row of an earlier version whose user could not be looked up yet.</summary>
    public AccountId? Account { get; init; }
}
