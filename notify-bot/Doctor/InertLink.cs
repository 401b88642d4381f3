using Notify.Linking;

namespace Notify.Bot.Doctor;

/// <summary>Why a stored link does not count, and what makes it count again; for senders and operators.</summary>
/// <param name="Reason">A clause, without a full stop.</param>
/// <param name="Advice">What to do, as a sentence.</param>
/// <param name="Command">What an operator runs.</param>
internal sealed record InertLink(string Reason, string Advice, string Command)
{
    /// <summary>Of a link; null where it counts.</summary>
    /// <param name="link">The link.</param>
    /// <param name="standing">How it stands.</param>
    /// <param name="now">The account that the name has now.</param>
    /// <param name="group">The analysts' group.</param>
    internal static InertLink? Of(Link link, LinkStanding standing, AccountId now, string group) =>
        standing switch
        {
            LinkStanding.AccountGone => new InertLink(
                $"the account does not exist; its link is of {link.Account}",
                $"The link counts again when an account {link.User} with that id exists.",
                $"notify-bot unlink {link.User}   (or make the account again, with its id: useradd --uid {link.Account?.Uid} {link.User})"
            ),
            LinkStanding.AccountReplaced => new InertLink(
                link.Account == AccountId.None
                    ? $"the link was made when there was no such account; now there is one, with {now}"
                    : $"the account has a new id; its link is of {link.Account}, it has {now}",
                $"{link.User} links again: /start to the bot in Telegram, then the code on the dashboard.",
                $"notify-bot link {link.User} CODE   (the code that the bot answers to {link.User}'s /start; or --chat ID)"
            ),
            LinkStanding.LeftGroup => Outside(link.User, group),
            _ => null,
        };

    /// <summary>Of a user who is not in the analysts' group, with a link or without.</summary>
    internal static InertLink Outside(UserName user, string group) =>
        new(
            $"the account is not in the group {group}",
            $"In the group again, {user} gets notifications again.",
            $"gpasswd -a {user} {group}   (or, for good: notify-bot unlink {user})"
        );
}
