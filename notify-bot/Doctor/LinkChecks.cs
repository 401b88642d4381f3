using System.Globalization;
using Notify.Linking;

namespace Notify.Bot.Doctor;

/// <summary>The links that do not count: their accounts are gone, are others now, or have left the group.</summary>
internal static class LinkChecks
{
    /// <summary>Lines for single links; more of them have one cause, such as a directory that is not asked any more.</summary>
    private const int MaxSaid = 10;

    public static void Run(JsonLinkStore links, Accounts accounts, BotSettings settings, DoctorReport findings)
    {
        IReadOnlyCollection<Link> all;
        try
        {
            all = [.. links.All().Values];
        }
        catch (StateUnreadableException)
        {
            // Said with the files.
            return;
        }

        var inert = 0;
        foreach (var link in all.OrderBy(link => link.User.Value, StringComparer.Ordinal))
        {
            if (accounts.Find(link.User) is not { } now)
            {
                findings.Wrong(
                    "links",
                    $"{link.User}: the account can't be looked up, since the name service fails",
                    $"getent passwd {link.User}"
                );
                return;
            }

            if (
                InertLink.Of(link, links.StandingOf(link), now.Id, settings.AnalystGroup) is { } why
                && ++inert <= MaxSaid
            )
            {
                findings.Wrong("links", $"{link.User}: {why.Reason}; the link does not count", why.Command);
            }
        }

        if (inert > MaxSaid)
        {
            findings.Wrong(
                "links",
                string.Create(CultureInfo.InvariantCulture, $"{inert - MaxSaid} more do not count"),
                "notify-bot users   (lists them all)"
            );
        }
        else if (inert == 0)
        {
            findings.Ok(
                "links",
                string.Create(CultureInfo.InvariantCulture, $"{all.Count}, all of accounts that are there")
            );
        }
    }
}
