using System.Globalization;
using Notify.Bot.Links;
using Notify.Linking;

namespace Notify.Bot.Checks;

/// <summary>Reports links that do not count: their accounts are gone, replaced, or out of the group.</summary>
internal static class LinkChecks
{
    /// <summary>Most lines for single links. More have one cause, such as a directory that is down.</summary>
    private const int MaxSaid = 10;

    public static void Run(ILinkStore links, Accounts accounts, BotSettings settings, CheckReport report)
    {
        IReadOnlyCollection<Link> all;
        try
        {
            all = [.. links.All().Values];
        }
        catch (StateUnreadableException)
        {
            // The check of the files reports it.
            return;
        }

        var inert = 0;
        foreach (var link in all.OrderBy(link => link.User.Value, StringComparer.Ordinal))
        {
            if (accounts.Find(link.User) is not { } now)
            {
                report.Wrong(
                    "links",
                    $"{link.User}: the name service fails, so the account can't be looked up",
                    $"getent passwd {link.User}"
                );
                return;
            }

            if (
                InertLink.Of(link, links.StandingOf(link), now.Id, settings.AnalystGroup) is { } why
                && ++inert <= MaxSaid
            )
            {
                report.Wrong("links", $"{link.User}: {why.Reason}; the link does not count", why.Command);
            }
        }

        if (inert > MaxSaid)
        {
            report.Wrong(
                "links",
                string.Create(CultureInfo.InvariantCulture, $"{inert - MaxSaid} more links do not count"),
                "notify-bot users   (lists them all)"
            );
        }
        else if (inert == 0)
        {
            report.Ok("links", string.Create(CultureInfo.InvariantCulture, $"{all.Count}, all with their accounts"));
        }
    }
}
