using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary><c>notify-bot users --json</c>.</summary>
/// <param name="Users">By name.</param>
public sealed record LinkList(IReadOnlyList<LinkListEntry> Users);

/// <summary>A stored link.</summary>
/// <param name="User">The user.</param>
/// <param name="ChatId">The chat.</param>
/// <param name="LinkedAt">Since when.</param>
/// <param name="Group">Whether the chat is a group.</param>
/// <param name="Dead">Why the chat takes no messages; null if it does.</param>
/// <param name="DeadSince">Since when.</param>
/// <param name="Inert">Why the link does not count; null if it does.</param>
public sealed record LinkListEntry(
    string User,
    long ChatId,
    DateTimeOffset LinkedAt,
    bool Group,
    DeadLinkReason? Dead,
    DateTimeOffset? DeadSince,
    string? Inert
);

/// <summary>JSON of the list of links.</summary>
[JsonSerializable(typeof(LinkList))]
public sealed partial class LinkListContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static LinkListContract Json { get; } = new(WireJson.NewOptions());
}
