using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>Reads the reason of a row's state. An older version of the bot writes only the text, and leaves the newer column unchanged.</summary>
internal static class OutboxReasons
{
    /// <param name="state">The row's state.</param>
    /// <param name="kind">Its <c>reason_kind</c>.</param>
    /// <param name="text">Its <c>reason</c>.</param>
    internal static DeliveryReason? Of(DeliveryState state, int? kind, string? text)
    {
        if (kind is { } stored && (DeliveryReason)stored is var reason && StateOf(reason) == state)
        {
            return reason;
        }

        return text is null ? null : OfText(state, text);
    }

    /// <summary>The state in which a reason is stored.</summary>
    private static DeliveryState StateOf(DeliveryReason reason) =>
        reason switch
        {
            DeliveryReason.Muted => DeliveryState.Muted,
            DeliveryReason.DesktopOnly => DeliveryState.Delivered,
            DeliveryReason.QuietHours => DeliveryState.Held,
            DeliveryReason.OutcomeUnknown => DeliveryState.Unknown,
            < DeliveryReason.Expired => DeliveryState.Queued,
            _ => DeliveryState.Failed,
        };

    private static DeliveryReason? OfText(DeliveryState state, string text) =>
        state switch
        {
            DeliveryState.Muted => DeliveryReason.Muted,
            DeliveryState.Held => DeliveryReason.QuietHours,
            DeliveryState.Unknown => DeliveryReason.OutcomeUnknown,
            DeliveryState.Delivered => text == DeliveryProgress.OnDesktopOnly.ReasonText
                ? DeliveryReason.DesktopOnly
                : null,
            DeliveryState.Queued => text == "Telegram makes this chat wait" ? DeliveryReason.RateLimited
            : text.StartsWith("the account ", StringComparison.Ordinal) ? DeliveryReason.AccountGone
            : text.Contains(" is not in the group ", StringComparison.Ordinal) ? DeliveryReason.GroupLeft
            : DeliveryReason.TelegramUnreachable,
            _ => text == DeliveryProgress.Unreached.ReasonText ? DeliveryReason.Unreached
            : text.StartsWith("not delivered within 24 hours", StringComparison.Ordinal) ? DeliveryReason.Expired
            : text == "no longer in the outbox" ? DeliveryReason.Forgotten
            : text == DeliveryProgress.DroppedText ? DeliveryReason.Dropped
            : text == "nothing to show" ? DeliveryReason.NothingToShow
            : text == "the user has no linked chat any more"
            || text.StartsWith("it was for an earlier account ", StringComparison.Ordinal)
                ? DeliveryReason.NoLink
            : DeadLinkReasons.Read(text) is var dead and not DeadLinkReason.Other ? dead.ForDelivery()
            : DeliveryReason.Refused,
        };
}
