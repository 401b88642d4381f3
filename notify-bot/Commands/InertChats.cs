using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>What a chat is told whose link does not count any more: its account is gone, is another one now, or has left the group.</summary>
public sealed class InertChats(BotSettings settings, ILinkStore links)
{
    /// <summary>Why a chat's link does not count, and what to do; null where it counts, or there is none.</summary>
    internal string? Of(ChatId chat) =>
        links.Stored(chat) is not { } link
            ? null
            : links.StandingOf(link) switch
            {
                LinkStanding.AccountGone =>
                    $"The account {link.User} does not exist on {settings.InstanceName} any more, so this chat receives nothing and can do nothing. /start links it to another account.",
                LinkStanding.AccountReplaced =>
                    $"The name {link.User} on {settings.InstanceName} belongs to another account now, so this chat is not linked to it. /start links it to your account.",
                LinkStanding.LeftGroup =>
                    $"{link.User} is no longer in the group {settings.AnalystGroup} on {settings.InstanceName}, so this chat receives nothing and can do nothing. Ask your operator.",
                _ => null,
            };
}
