using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>The buttons under a digest of quiet hours: each shows a notification whole, the last one shows all.</summary>
public sealed class HeldInChat(IOutbox outbox, Accounts accounts, NotificationShow show, ChatMessenger messenger)
{
    internal async Task PressedAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        var account = accounts.Of(link.User).Id;

        // Button data can be forged, and the name can belong to another account by now.
        if (
            outbox.Find(button.Argument) is not { Accepted: var accepted }
            || accepted.User != link.User
            || accepted.Account != account
        )
        {
            await messenger.AcknowledgeAsync(
                button.QueryId,
                "This notification is too old. The history covers 30 days.",
                cancellation
            );
            return;
        }

        string? words = null;
        if (button.Name == MessageButtons.Show)
        {
            show.One(link, accepted.Id);
        }
        else if (!accepted.IsDigest)
        {
            words = "This is no digest.";
        }
        else if (!show.TryMany(link, outbox.OfDigest(accepted.Id)))
        {
            words = "They are on their way already.";
        }

        await messenger.AcknowledgeAsync(button.QueryId, words, cancellation);
    }
}
