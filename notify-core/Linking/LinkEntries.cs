namespace Notify.Linking;

/// <summary>Changes of <c>telegram_users.json</c> that keep one user to a chat and one chat to a user (specification, section 5).</summary>
internal static class LinkEntries
{
    /// <summary>The link that a chat acts for, or null.</summary>
    internal static Link? HolderOf(JsonEntries<Link> links, ChatId chat) =>
        links.All.Where(link => link.Chat == chat).Aggregate((Link?)null, LinkTable.Later);

    /// <summary>Links a user and a chat, and says what that took from whom.</summary>
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
        // That a name has no account is stored with the next look at the accounts (StoreAccountsAsync), as for an entry that somebody typed.
        account = account == AccountId.None ? null : account;
        // What another account of this name had is none of this one's.
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

    /// <summary>Writes down in which time zone its user reads.</summary>
    internal static void SetTimeZone(JsonEntries<Link> links, Link link) =>
        links.Set(link.User.Value, link, (StateEntries.TimeZoneMember, TimeZoneJson(link)));

    private static string? TimeZoneJson(Link link) =>
        link.TimeZone is { } zone ? JsonEntries<Link>.Quote(zone.Value) : null;

    /// <summary>Writes down whether a link is dead.</summary>
    internal static void SetDead(JsonEntries<Link> links, Link link)
    {
        var dead = link.Dead is { } mark
            ? $$"""{"reason": {{JsonEntries<Link>.Quote(mark.Reason)}}, "since": {{StateEntries.TimeJson(mark.Since)}}}"""
            : null;
        links.Set(link.User.Value, link, ("dead", dead));
    }
}
