using Notify.Contracts;

namespace Notify.Linking;

/// <summary>Changes of <c>telegram_users.json</c> that keep one user to a chat and one chat to a user.</summary>
internal static class LinkEntries
{
    /// <summary>The link for which a chat acts, or null.</summary>
    internal static Link? HolderOf(JsonEntries<Link> links, ChatId chat) =>
        links.All.Where(link => link.Chat == chat).Aggregate((Link?)null, LinkTable.Later);

    /// <summary>Links a user and a chat, and returns what it replaced.</summary>
    internal static LinkChange Set(
        JsonEntries<Link> links,
        UserName user,
        AccountId? account,
        ChatId chat,
        DateTimeOffset now
    )
    {
        var before = links.TryFind(user.Value, out var own) ? own : null;
        var holder = HolderOf(links, chat);
        links.RemoveAll(other => other.Chat == chat && other.User != user);
        // StoreAccountsAsync later stores that a name has no account, as for an entry typed by hand.
        account = account == AccountId.None ? null : account;
        // Nothing passes from another account with this name.
        var isOwn = before is not null && (before.Account is null || account is null || before.Account == account);
        var link = new Link(
            user,
            chat,
            StateEntries.WholeSeconds(now),
            Account: account,
            TimeZone: isOwn ? before!.TimeZone : null
        );
        links.Set(
            user.Value,
            link,
            ("chat_id", StateEntries.ChatJson(chat)),
            ("linked_at", StateEntries.TimeJson(link.LinkedAt)),
            ("dead", null),
            (StateEntries.AccountMember, StateEntries.AccountJson(account)),
            (StateEntries.TimeZoneMember, TimeZoneJson(link))
        );
        return new LinkChange(
            link,
            holder is null || holder.User == user ? null : holder.User,
            !isOwn || before!.Chat == chat ? null : before.Chat
        );
    }

    /// <summary>Stores its user's time zone.</summary>
    internal static void SetTimeZone(JsonEntries<Link> links, Link link) =>
        links.Set(link.User.Value, link, (StateEntries.TimeZoneMember, TimeZoneJson(link)));

    private static string? TimeZoneJson(Link link) =>
        link.TimeZone is { } zone ? JsonEntries<Link>.Quote(zone.Value) : null;

    /// <summary>Stores whether a link is dead.</summary>
    internal static void SetDead(JsonEntries<Link> links, Link link)
    {
        var dead = link.Dead is { } mark
            ? $$"""{"reason": {{JsonEntries<Link>.Quote(mark.Reason.Word())}}, "since": {{StateEntries.TimeJson(mark.Since)}}}"""
            : null;
        links.Set(link.User.Value, link, ("dead", dead));
    }
}
