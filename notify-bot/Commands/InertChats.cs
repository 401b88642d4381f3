using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>Tells a chat why its link no longer counts: its account is gone, replaced, or out of the group.</summary>
public sealed class InertChats(BotSettings settings, ILinkStore links)
{
    /// <summary>Why a chat's link does not count, and what to do; null if it counts or does not exist.</summary>
    internal string? Of(ChatId chat) =>
        links.Stored(chat) is not { } link
            ? null
            : links.StandingOf(link) switch
            {
                LinkStanding.AccountGone =>
                    $"The account {link.User} no longer exists on {settings.InstanceName}, so this chat receives nothing. Send /start to link it to another account.",
                LinkStanding.AccountReplaced =>
                    $"The name {link.User} on {settings.InstanceName} now belongs to another account, so this chat is no longer linked. Send /start to link it to your account.",
                LinkStanding.LeftGroup =>
                    $"{link.User} is no longer in the group {settings.AnalystGroup} on {settings.InstanceName}, so this chat receives nothing. Ask {settings.Contact}.",
                _ => null,
            };
}
