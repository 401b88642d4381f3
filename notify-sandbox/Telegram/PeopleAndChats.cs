namespace Notify.Sandbox.Telegram;

/// <summary>Everybody and every chat of a sandbox. Guarded by the world's gate.</summary>
internal sealed class PeopleAndChats
{
    private readonly Dictionary<long, Person> _people = [];
    private readonly Dictionary<long, Chat> _chats = [];
    private long _nextPerson = 7001;
    private long _nextGroup = -4201;

    // Beyond 32 bits, as real supergroups are.
    private long _nextSupergroup = -1001557900001;

    public IEnumerable<Chat> Chats => _chats.Values;

    public Person? Person(long id) => _people.GetValueOrDefault(id);

    public Chat? Chat(long id) => _chats.GetValueOrDefault(id);

    /// <summary>Adds a person and their private chat with the bot, or gives the one who is there.</summary>
    public Person Add(string firstName, string? lastName, string? username, long? id)
    {
        if (id is { } wanted && _people.TryGetValue(wanted, out var known))
        {
            return known;
        }

        while (_people.ContainsKey(_nextPerson))
        {
            _nextPerson++;
        }

        var person = new Person
        {
            Id = id ?? _nextPerson,
            FirstName = firstName,
            LastName = lastName,
            Username = username,
        };
        _people.Add(person.Id, person);
        _chats.Add(
            person.Id,
            new Chat
            {
                Id = person.Id,
                Type = ChatType.Private,
                Members = [person],
            }
        );
        return person;
    }

    public Chat AddGroup(string title, ChatType type, List<Person> members, long? id)
    {
        while (_chats.ContainsKey(_nextGroup))
        {
            _nextGroup--;
        }

        while (_chats.ContainsKey(_nextSupergroup))
        {
            _nextSupergroup--;
        }

        var chat = new Chat
        {
            Id = id ?? (type == ChatType.Group ? _nextGroup : _nextSupergroup),
            Type = type,
            Title = title,
            Members = members,
            IsStarted = true,
        };
        _chats.Add(chat.Id, chat);
        return chat;
    }
}
