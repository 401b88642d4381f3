using Notify.Bot.Desktops;
using Notify.Bot.Doctor;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>Whether a user can be told anything: by a phone that is linked, or a desktop that is connected.</summary>
internal sealed class Recipients(
    ILinkStore links,
    Accounts accounts,
    DesktopDispatch desktops,
    BotSettings settings,
    TelegramState telegram
)
{
    /// <summary>The link of a user; null where no phone is linked, but a desktop or a page of the dashboard is connected at this moment.</summary>
    /// <exception cref="ApiException">404: neither, with what the user does to link a phone.</exception>
    internal async ValueTask<Link?> RequireAsync(UserName user, CancellationToken cancellation) =>
        await FindAsync(user, cancellation) is { IsReached: true } recipient
            ? recipient.Link
            : throw NotLinked(user, null);

    /// <summary>The link of a user, and whether anything reaches them: a desktop or a page that is connected at this moment does, too.</summary>
    internal async ValueTask<(bool IsReached, Link? Link)> FindAsync(UserName user, CancellationToken cancellation) =>
        links.Find(user) is { } link
            ? (true, link)
            : (!accounts.Of(user).IsOutside && await desktops.IsConnectedAsync(user, cancellation), null);

    /// <summary>What a user does to link a phone, said to that user.</summary>
    internal string HowToLink => $"Send /start to {BotName} in Telegram, and enter the code {WhereToEnter}.";

    private string BotName => telegram.BotUsername is { } name ? $"@{name}" : "the bot";

    private string WhereToEnter => settings.WebUrl is { } web ? $"on {web}" : "on the dashboard";

    /// <summary>404, with what the user does to link a phone.</summary>
    /// <param name="user">Who can't be told anything.</param>
    /// <param name="id">The notification's, where it had been accepted.</param>
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
            ? new ApiException(
                StatusCodes.Status404NotFound,
                $"{user} can't be told anything: {why.Reason}. {why.Advice}"
            )
            {
                NotificationId = id,
            }
            : NeverLinked(user, id);
    }

    private ApiException NeverLinked(UserName user, string? id) =>
        new(
            StatusCodes.Status404NotFound,
            $"{user} has no Telegram chat linked, and no desktop is connected. {user} sends /start to {BotName} in Telegram and enters the code {WhereToEnter}, or gives it to the operator (notify-bot link {user} CODE)."
        )
        {
            NotificationId = id,
        };
}
