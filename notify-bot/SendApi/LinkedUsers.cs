using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>Links of users who must have one.</summary>
internal sealed class LinkedUsers(ILinkBook links, BotSettings settings, TelegramState telegram)
{
    /// <summary>The link of a user.</summary>
    /// <exception cref="RefusalException">404, with what the user does to get one.</exception>
    internal Link Require(UserName user)
    {
        if (links.Find(user) is { } link)
        {
            return link;
        }

        var bot = telegram.BotUsername is { } name ? $"@{name}" : "the bot";
        throw new RefusalException(
            StatusCodes.Status404NotFound,
            $"{user} has no Telegram chat linked. {user} sends /start to {bot} in Telegram and enters the code{(settings.WebUrl is { } web ? $" on {web}" : " on the dashboard")}, or gives it to the operator (notify-bot link {user} CODE).");
    }
}
