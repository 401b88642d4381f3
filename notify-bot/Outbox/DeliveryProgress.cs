using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>The progress of a delivery. Each step replaces the whole.</summary>
/// <param name="State">The state.</param>
public sealed record DeliveryProgress(DeliveryState State)
{
    /// <summary>Muted: only in the history.</summary>
    public static DeliveryProgress Muted { get; } =
        new(DeliveryState.Muted) { Reason = DeliveryReason.Muted, ReasonText = "muted" };

    /// <summary>Held until the end of the user's quiet hours, as they were at acceptance.</summary>
    internal static DeliveryProgress HeldUntil(DateTimeOffset until) =>
        new(DeliveryState.Held)
        {
            Reason = DeliveryReason.QuietHours,
            ReasonText = "quiet hours",
            NextTryAt = until,
        };

    /// <summary>Delivered to desktops only, because no phone was linked.</summary>
    public static DeliveryProgress OnDesktopOnly { get; } =
        new(DeliveryState.Delivered)
        {
            Reason = DeliveryReason.DesktopOnly,
            ReasonText = "shown on the desktop; no phone is linked",
        };

    /// <summary>Failed: no phone is linked, and the connected desktop did not get it.</summary>
    public static DeliveryProgress Unreached { get; } =
        new(DeliveryState.Failed)
        {
            Reason = DeliveryReason.Unreached,
            ReasonText = "no phone is linked, and no desktop was connected any more",
        };

    /// <summary>The text of <see cref="DeliveryReason.Dropped"/>.</summary>
    internal const string DroppedText = "dropped by an operator";

    /// <summary>The reason for the state, if there is one.</summary>
    public DeliveryReason? Reason { get; init; }

    /// <summary>The same for people, with Telegram's or the network's words.</summary>
    public string? ReasonText { get; init; }

    /// <summary>The number of its messages that Telegram has taken.</summary>
    public int PartsDone { get; init; }

    /// <summary>The number of failed attempts.</summary>
    public int Attempts { get; init; }

    /// <summary>The earliest moment of the next attempt.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>The beginning of the wait until <see cref="NextTryAt"/>; null in a row of an older version.</summary>
    public DateTimeOffset? WaitsSince { get; init; }

    /// <summary>Whether it failed because the chat takes no messages any more.</summary>
    public bool IsChatUnreachable => Reason?.IsChatUnreachable() ?? false;

    /// <summary>Whether only a desktop got it.</summary>
    public bool IsOnDesktopOnly => Reason == DeliveryReason.DesktopOnly;

    /// <summary>Whether it failed because there is neither phone nor desktop.</summary>
    public bool IsUnreached => Reason == DeliveryReason.Unreached;

    /// <summary>Whether the answer to an attempt was lost after the request went out. One more attempt may lose its answer, no third.</summary>
    public bool OutcomeUnknown { get; init; }
}
