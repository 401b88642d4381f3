using Notify.Linking;

namespace Notify.Bot.Links;

/// <summary>Why a stored link does not count, and how it counts again, for senders and admins.</summary>
/// <param name="Reason">A clause, without a full stop.</param>
/// <param name="Advice">What to do, as a sentence.</param>
/// <param name="Command">The admin's command.</param>
internal sealed record InertLink(string Reason, string Advice, string Command)
{
    /// <summary>Explains a link; null if it counts.</summary>
    /// <param name="link">The link.</param>
    /// <param name="standing">Its standing.</param>
    /// <param name="now">The name's current account.</param>
    /// <param name="group">The analysts' group.</param>
    internal static InertLink? Of(Link link, LinkStanding standing, AccountId now, string group) =>
        standing switch
        {
            LinkStanding.AccountGone => new InertLink(
                $"the account does not exist; the link belongs to {link.Account}",
                $"The link counts again when an account {link.User} with that id exists.",
                $"notify-bot unlink {link.User}   (or create the account again with its id: useradd --uid {link.Account?.Uid} {link.User})"
            ),
            LinkStanding.AccountReplaced => new InertLink(
                link.Account == AccountId.None
                    ? $"the link is older than the account, which has {now}"
                    : $"the account has a new id; the link belongs to {link.Account}, the account has {now}",
                $"{link.User} links again: /start to the bot in Telegram, then the code on the dashboard.",
                $"notify-bot link {link.User} CODE   (the code from {link.User}'s /start to the bot; or --chat ID)"
            ),
            LinkStanding.LeftGroup => Outside(link.User, group),
            _ => null,
        };

    /// <summary>Explains a user outside the analysts' group, with or without a link.</summary>
    internal static InertLink Outside(UserName user, string group) =>
        new(
            $"the account is not in the group {group}",
            $"Once {user} is in the group again, notifications arrive again.",
            $"gpasswd -a {user} {group}   (or, for good: notify-bot unlink {user})"
        );
}
