using Notify.Sandbox.Telegram.Text;

namespace Notify.Sandbox.Telegram;

/// <summary>Somebody with a phone.</summary>
internal sealed class Person
{
    public required long Id { get; init; }

    public required string FirstName { get; init; }

    public string? LastName { get; init; }

    public string? Username { get; init; }

    /// <summary>The account was deleted; nothing reaches it any more.</summary>
    public bool IsDeactivated { get; set; }
}

internal enum ChatType
{
    Private,
    Group,
    Supergroup,
}

/// <summary>A chat with the bot in it, and what was said there.</summary>
internal sealed class Chat
{
    private readonly Dictionary<int, Message> _messages = [];
    private readonly Queue<int> _order = new();

    public required long Id { get; init; }

    public required ChatType Type { get; init; }

    /// <summary>A group's name; of no meaning for a private chat.</summary>
    public string Title { get; init; } = "";

    /// <summary>Who may write here: one person in a private chat.</summary>
    public required List<Person> Members { get; init; }

    /// <summary>The person has written to the bot; before that a bot can't write to a private chat.</summary>
    public bool IsStarted { get; set; }

    /// <summary>The person of a private chat has blocked the bot.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>The bot was thrown out of a group.</summary>
    public bool IsKicked { get; set; }

    /// <summary>The supergroup that a group has become.</summary>
    public long? MigratedTo { get; set; }

    /// <summary>The number of this supergroup's next message; private chats and groups share the bot's own count.</summary>
    public int NextMessageId { get; set; } = 1;

    public IEnumerable<Message> Messages
    {
        get
        {
            foreach (var id in _order)
            {
                if (_messages.TryGetValue(id, out var message))
                {
                    yield return message;
                }
            }
        }
    }

    public Message? Last => _order.Reverse().Select(Find).FirstOrDefault(m => m is not null);

    public Message? Find(int messageId) => _messages.GetValueOrDefault(messageId);

    /// <summary>Adds a message and lets go of the oldest beyond <paramref name="most"/>.</summary>
    public void Add(Message message, int most)
    {
        _messages.Add(message.Id, message);
        _order.Enqueue(message.Id);
        while (_order.Count > most)
        {
            _messages.Remove(_order.Dequeue());
        }
    }

    public bool Remove(int messageId) => _messages.Remove(messageId);

    /// <summary>Removes all messages; the count of the next one goes on.</summary>
    public void Clear()
    {
        _messages.Clear();
        _order.Clear();
    }
}

/// <summary>One button under a message.</summary>
/// <param name="Text">What it says.</param>
/// <param name="CallbackData">What the bot gets when it is pressed, 1 to 64 bytes; or null.</param>
/// <param name="Url">The address it opens; or null.</param>
internal sealed record InlineButton(string Text, string? CallbackData, string? Url);

/// <summary>A photo or document that was sent.</summary>
internal sealed class StoredFile
{
    public required string Id { get; init; }

    public required string UniqueId { get; init; }

    /// <summary>The path under <c>/file/bot…/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>A document's name as Telegram cleans it (<see cref="FileNames"/>), a photo's as sent.</summary>
    public required string Name { get; init; }

    public required string MimeType { get; init; }

    public required byte[] Bytes { get; init; }

    /// <summary>Pixels, where it is a photo.</summary>
    public int Width { get; init; }

    public int Height { get; init; }
}

/// <summary>What a message showed before an edit.</summary>
/// <param name="Until">When it was changed.</param>
/// <param name="Text">The text or caption.</param>
/// <param name="Photo">The photo, or null.</param>
/// <param name="Document">The document, or null.</param>
/// <param name="Buttons">Rows of buttons.</param>
internal sealed record MessageVersion(
    DateTimeOffset Until,
    FormattedText Text,
    StoredFile? Photo,
    StoredFile? Document,
    IReadOnlyList<IReadOnlyList<InlineButton>> Buttons
);

/// <summary>One message of a chat.</summary>
internal sealed class Message
{
    // A message that is edited once a minute for hours must not grow without a bound.
    private const int KeptVersions = 100;

    private readonly Queue<MessageVersion> _versions = new();

    public required int Id { get; init; }

    public required Chat Chat { get; init; }

    /// <summary>Who wrote it; null is the bot.</summary>
    public Person? From { get; init; }

    public required DateTimeOffset Date { get; init; }

    public DateTimeOffset? EditDate { get; set; }

    public int Edits { get; private set; }

    /// <summary>What it showed before its last edits, the oldest first; bounded in number.</summary>
    public IReadOnlyCollection<MessageVersion> Versions => _versions;

    /// <summary>The message that it answers, or null. It may be gone since.</summary>
    public Message? ReplyTo { get; init; }

    /// <summary>The text, or the caption where there is a photo or document.</summary>
    public FormattedText Text { get; set; } = FormattedText.Empty;

    /// <summary>The album that it is an item of (<c>media_group_id</c>), or null.</summary>
    public string? AlbumId { get; init; }

    public StoredFile? Photo { get; set; }

    public StoredFile? Document { get; set; }

    public IReadOnlyList<IReadOnlyList<InlineButton>> Buttons { get; set; } = [];

    /// <summary>Sent without sound (<c>disable_notification</c>).</summary>
    public bool IsSilent { get; init; }

    public bool IsLinkPreviewOff { get; set; }

    public long? MigrateToChatId { get; init; }

    public long? MigrateFromChatId { get; init; }

    public bool HasMedia => Photo is not null || Document is not null;

    /// <summary>Notes what it shows now, before an edit changes it.</summary>
    public void BeginEdit(DateTimeOffset now)
    {
        _versions.Enqueue(new MessageVersion(now, Text, Photo, Document, Buttons));
        if (_versions.Count > KeptVersions)
        {
            _versions.Dequeue();
        }

        EditDate = now;
        Edits++;
    }
}
