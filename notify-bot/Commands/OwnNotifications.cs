using Notify.Bot.Outbox;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>Finds what a button names. Button data can be forged, and the chat can belong to another user by now.</summary>
internal static class OwnNotifications
{
    /// <summary>A notification of the chat's user; null for another user's, or if the history no longer has it.</summary>
    internal static AcceptedNotification? FindOwn(this IOutbox outbox, string id, Link link) =>
        outbox.Find(id) is { Accepted: var accepted }
        && accepted.User == link.User
        && (accepted.Account is not { } account || account == (link.Account ?? account))
            ? accepted
            : null;
}
