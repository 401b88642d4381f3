using System.Text.Json;

namespace Notify.Linking;

/// <summary>The links by user and by chat.</summary>
internal sealed class LinkTable
{
    /// <summary>Unreadable entries by name, and by chat if that is readable.</summary>
    private readonly Dictionary<string, UnreadableFile> _faults = new(StringComparer.Ordinal);
    private readonly Dictionary<ChatId, UnreadableFile> _faultsByChat = [];

    internal LinkTable(string file, JsonEntries<Link> links)
    {
        foreach (var link in links.All)
        {
            ByUser.Add(link.User, link);
            HasWithoutAccount |= link.Account is null;
            ByChat[link.Chat] = Later(ByChat.GetValueOrDefault(link.Chat), link);
        }

        foreach (var fault in links.Faults)
        {
            var unreadable = fault.In(file);
            _faults[fault.Name] = unreadable;
            if (ChatOf(fault.Value) is { } chat)
            {
                _faultsByChat[chat] = unreadable;
            }
        }
    }

    internal Dictionary<UserName, Link> ByUser { get; } = [];

    internal Dictionary<ChatId, Link> ByChat { get; } = [];

    /// <summary>Whether there are links without an account id.</summary>
    internal bool HasWithoutAccount { get; }

    /// <exception cref="StateUnreadableException">The user's entry is unreadable.</exception>
    internal Link? Find(UserName user) =>
        ByUser.TryGetValue(user, out var link) ? link
        : _faults.TryGetValue(user.Value, out var unreadable) ? throw new StateUnreadableException(unreadable)
        : null;

    /// <exception cref="StateUnreadableException">The chat's entry is unreadable.</exception>
    internal Link? Find(ChatId chat) =>
        ByChat.TryGetValue(chat, out var link) ? link
        : _faultsByChat.TryGetValue(chat, out var unreadable) ? throw new StateUnreadableException(unreadable)
        : null;

    /// <summary>The one of two links for which their chat acts.</summary>
    internal static Link Later(Link? one, Link other) => one is null || other.LinkedAt >= one.LinkedAt ? other : one;

    private static ChatId? ChatOf(ReadOnlyMemory<byte> value)
    {
        using var document = JsonDocument.Parse(value);
        return
            document.RootElement is { ValueKind: JsonValueKind.Object } entry
            && entry.TryGetProperty("chat_id", out var chat)
            && chat.ValueKind == JsonValueKind.Number
            && chat.TryGetInt64(out var id)
            ? new ChatId(id)
            : null;
    }
}
