namespace Notify.Linking;

/// <summary>The links by user and by chat.</summary>
internal sealed class LinkTable
{
    internal LinkTable(IEnumerable<Link> links)
    {
        foreach (var link in links)
        {
            ByUser.Add(link.User, link);
            ByChat[link.Chat] = Later(ByChat.GetValueOrDefault(link.Chat), link);
        }
    }

    internal Dictionary<UserName, Link> ByUser { get; } = [];

    internal Dictionary<ChatId, Link> ByChat { get; } = [];

    /// <summary>Of two links with one chat, the one that the chat acts for.</summary>
    internal static Link Later(Link? one, Link other) => one is null || other.LinkedAt >= one.LinkedAt ? other : one;
}
