using Notify.Bot.Desktops;
using Notify.Bot.Links;
using Notify.Bot.Telegram;
using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>Finds out whether anything reaches a user: a linked phone, or a connected desktop.</summary>
internal sealed class Recipients(
    ILinkStore links,
    Accounts accounts,
    DesktopDispatch desktops,
    BotSettings settings,
    TelegramStatus telegram
)
{
    /// <summary>The user's link; null if no phone is linked, but a desktop or a page of the dashboard is connected now.</summary>
    /// <exception cref="ApiException">404: neither. Says how to link a phone.</exception>
    internal async ValueTask<Link?> RequireAsync(UserName user, CancellationToken cancellation) =>
        await FindAsync(user, cancellation) is { IsReached: true } recipient
            ? recipient.Link
            : throw NotLinked(user, null);

    /// <summary>The user's link, and whether anything reaches them, including a desktop or page that is connected now.</summary>
    internal async ValueTask<(bool IsReached, Link? Link)> FindAsync(UserName user, CancellationToken cancellation) =>
        links.Find(user) is { } link
            ? (true, link)
            : (!accounts.Of(user).IsOutside && await desktops.IsConnectedAsync(user, cancellation), null);

    /// <summary>How to link a phone, as a sentence to the user.</summary>
    internal string HowToLink => $"Send /start to {BotName} in Telegram, and enter the code {WhereToEnter}.";

    private string BotName => telegram.BotUsername is { } name ? $"@{name}" : "the bot";

    private string WhereToEnter => settings.WebUrl is { } web ? $"on {web}" : "on the dashboard";

    /// <summary>404, with the way to link a phone.</summary>
    /// <param name="user">The unreachable user.</param>
    /// <param name="id">The notification's id, if it was accepted.</param>
    internal ApiException NotLinked(UserName user, string? id)
    {
        var now = accounts.Of(user);
        var why =
            (
                links.Stored(user) is { } stored
                    ? InertLink.Of(stored, links.StandingOf(stored), now.Id, settings.AnalystGroup)
                    : null
            ) ?? (now.IsOutside ? InertLink.Outside(user, settings.AnalystGroup) : null);
        return why is not null
            ? new ApiException(StatusCodes.Status404NotFound, $"Nothing reaches {user}: {why.Reason}. {why.Advice}")
            {
                NotificationId = id,
            }
            : NeverLinked(user, id);
    }

    private ApiException NeverLinked(UserName user, string? id) =>
        new(
            StatusCodes.Status404NotFound,
            $"{user} has no linked Telegram chat, and no desktop is connected. {user} sends /start to {BotName} in Telegram and enters the code {WhereToEnter}, or gives it to {settings.Contact} (notify-bot link {user} CODE)."
        )
        {
            NotificationId = id,
        };
}
