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

/// <summary>The states in the words of the send API.</summary>
internal static class DeliveryWords
{
    internal static string Word(this DeliveryState state) => state.ToString().ToLowerInvariant();
}

/// <summary>How far the delivery of a notification has come. Replaced as a whole with each step.</summary>
/// <param name="State">Where it stands.</param>
public sealed record DeliveryProgress(DeliveryState State)
{
    // Reasons that say more than a state does; they are stored.
    private const string NobodyThere = "no phone is linked, and no desktop was connected any more";

    private const string OnDesktop = "shown on the desktop; no phone is linked";

    /// <summary>Why it failed, or waits, in words for people.</summary>
    public string? Reason { get; init; }

    /// <summary>Messages of it that Telegram has taken.</summary>
    public int PartsDone { get; init; }

    /// <summary>Tries that did not go well.</summary>
    public int Attempts { get; init; }

    /// <summary>Not before this moment is it tried again.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>When the wait until <see cref="NextTryAt"/> began; null where an older version stored it, which did not say.</summary>
    public DateTimeOffset? WaitsSince { get; init; }

    /// <summary>Failed since the chat takes nothing any more, as opposed to this one message.</summary>
    public bool IsChatUnreachable { get; init; }

    /// <summary>Delivered, but to a desktop alone: its user had no phone linked.</summary>
    public static DeliveryProgress OnDesktopOnly { get; } = new(DeliveryState.Delivered) { Reason = OnDesktop };

    /// <summary>Whether it was delivered to a desktop alone.</summary>
    public bool IsOnDesktopOnly => State == DeliveryState.Delivered && Reason == OnDesktop;

    /// <summary>Never delivered, since there is neither phone nor desktop for it any more.</summary>
    public bool IsUnreached => State == DeliveryState.Failed && Reason == NobodyThere;

    /// <summary>Failed: no phone is linked, and the desktop that was connected did not get it.</summary>
    public static DeliveryProgress Unreached { get; } = new(DeliveryState.Failed) { Reason = NobodyThere };

    /// <summary>The answer to the last try was lost after the request went out: one more try, and no third.</summary>
    public bool OutcomeUnknown { get; init; }
}
