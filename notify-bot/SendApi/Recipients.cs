using Notify.Bot.Desktops;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>Whether a user can be told anything: by a phone that is linked, or a desktop that is connected.</summary>
internal sealed class Recipients(ILinkBook links, DesktopDispatch desktops, BotSettings settings, TelegramState telegram)
{
    /// <summary>The link of a user; null where no phone is linked, but a desktop or a page of the dashboard is connected at this moment.</summary>
    /// <exception cref="RefusalException">404: neither, with what the user does to link a phone.</exception>
    internal async ValueTask<Link?> RequireAsync(UserName user, CancellationToken cancellation)
    {
        if (links.Find(user) is { } link)
        {
            return link;
        }

        if (await desktops.IsConnectedAsync(user, cancellation))
        {
            return null;
        }

        throw NotLinked(user, null);
    }

    /// <summary>404, with what the user does to link a phone.</summary>
    /// <param name="user">Who can't be told anything.</param>
    /// <param name="id">The notification's, where it had been accepted.</param>
    internal RefusalException NotLinked(UserName user, string? id)
    {
        var bot = telegram.BotUsername is { } name ? $"@{name}" : "the bot";
        return new RefusalException(
            StatusCodes.Status404NotFound,
            $"{user} has no Telegram chat linked, and no desktop is connected. {user} sends /start to {bot} in Telegram and enters the code{(settings.WebUrl is { } web ? $" on {web}" : " on the dashboard")}, or gives it to the operator (notify-bot link {user} CODE).")
        { NotificationId = id };
    }
}
