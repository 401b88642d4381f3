using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Sandbox.Telegram.Text;

namespace Notify.Sandbox.Control;

/// <summary>What people do with their phones, and what they see there. Each member is one step under the world's gate.</summary>
internal sealed class Phones(TelegramWorld world)
{
    public PersonView AddPerson(NewPerson wanted)
    {
        if (string.IsNullOrWhiteSpace(wanted.FirstName))
        {
            throw new ControlRefusal(400, "first_name is missing: a person needs a name.");
        }

        if (wanted.Id is <= 0)
        {
            throw new ControlRefusal(400, "id must be positive for a person.");
        }

        lock (world.Gate)
        {
            var person = world.People.Add(wanted.FirstName.Trim(), wanted.LastName, wanted.Username, wanted.Id);
            world.Feed.Publish(new PhoneEvent("chat", person.Id));
            return PhoneViews.Of(person);
        }
    }

    public ChatView AddGroup(NewGroup wanted)
    {
        lock (world.Gate)
        {
            var members = wanted.Members.Select(FindPerson).ToList();
            if (members.Count == 0)
            {
                throw new ControlRefusal(400, "members is empty: a group needs somebody in it.");
            }

            if (wanted.Id is >= 0)
            {
                throw new ControlRefusal(400, "id must be negative for a group.");
            }

            if (wanted.Id is { } id && world.People.Chat(id) is not null)
            {
                throw new ControlRefusal(400, $"There is a chat {id} already.");
            }

            var chat = world.People.AddGroup(
                wanted.Title,
                wanted.Supergroup ? ChatType.Supergroup : ChatType.Group,
                members,
                wanted.Id
            );
            world.Feed.Publish(new PhoneEvent("chat", chat.Id));
            return PhoneViews.Of(chat);
        }
    }

    public TypedMessage Type(long chatId, Typed typed)
    {
        lock (world.Gate)
        {
            var chat = FindChat(chatId);
            var person = Who(chat, typed.From);
            var text = typed.Text.Replace("\r", "", StringComparison.Ordinal).Trim(' ', '\n');
            if (text.Length is 0 or > MessageText.MaxTextLength)
            {
                throw new ControlRefusal(400, $"text must have 1 to {MessageText.MaxTextLength} characters.");
            }

            if (chat.Type == ChatType.Private)
            {
                chat.IsStarted = true;
            }
            // A person who writes to a bot they blocked unblocks it by that.
            if (chat.IsBlocked)
            {
                SetBlocked(chat, false);
            }

            var message = new Message
            {
                Id = world.NextMessageId(chat),
                Chat = chat,
                From = person,
                Date = world.Time.GetUtcNow(),
                Text = new FormattedText(text, EntityFinder.Find(text)),
            };
            world.Post(message);
            return new TypedMessage(
                message.Id,
                world.Updates.Add("message", json => BotApiJson.WriteMessage(json, world, message))
            );
        }
    }

    public async Task<Pressed> PressAsync(long chatId, Press press, CancellationToken cancellation)
    {
        string id;
        Task<CallbackAnswer> answer;
        lock (world.Gate)
        {
            var chat = FindChat(chatId);
            var person = Who(chat, press.From);
            var message = press.MessageId is { } number
                ? chat.Find(number) ?? throw new ControlRefusal(404, $"There is no message {number} in chat {chatId}.")
                : chat.Messages.LastOrDefault(m => m.Buttons.Count > 0)
                    ?? throw new ControlRefusal(404, $"No message in chat {chatId} has buttons.");
            var button =
                message
                    .Buttons.SelectMany(row => row)
                    .FirstOrDefault(b =>
                        b.CallbackData is not null
                        && (press.Data is null || b.CallbackData == press.Data)
                        && (press.Button is null || b.Text == press.Button)
                    )
                ?? throw new ControlRefusal(
                    404,
                    $"Message {message.Id} has no such button. It has: {string.Join(", ", message.Buttons.SelectMany(r => r).Select(b => b.Text))}."
                );
            (id, answer) = world.Callbacks.Add();
            world.Updates.Add(
                "callback_query",
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("id", id);
                    json.WritePropertyName("from");
                    BotApiJson.WritePerson(json, person);
                    json.WritePropertyName("message");
                    BotApiJson.WriteMessage(json, world, message);
                    json.WriteString("chat_instance", chat.Id.ToString(CultureInfo.InvariantCulture));
                    json.WriteString("data", button.CallbackData);
                    json.WriteEndObject();
                }
            );
        }

        if (press.WaitSeconds <= 0)
        {
            return new Pressed(id, null);
        }

        try
        {
            return new Pressed(
                id,
                await answer.WaitAsync(TimeSpan.FromSeconds(press.WaitSeconds), world.Time, cancellation)
            );
        }
        catch (TimeoutException)
        {
            return new Pressed(id, null);
        }
    }

    /// <summary>Lets the bot write to a chat as if its person had written before, without an update.</summary>
    public void Start(long chatId, bool isStarted)
    {
        lock (world.Gate)
        {
            FindChat(chatId).IsStarted = isStarted;
        }
    }

    /// <summary>Blocks or unblocks the bot, which hears of it by a <c>my_chat_member</c> update.</summary>
    public void Block(long chatId, bool isBlocked)
    {
        lock (world.Gate)
        {
            var chat = FindChat(chatId);
            if (chat.Type != ChatType.Private)
            {
                throw new ControlRefusal(
                    400,
                    "Only the person of a private chat can block the bot; use kick for a group."
                );
            }

            SetBlocked(chat, isBlocked);
        }
    }

    public void Kick(long chatId, bool isKicked)
    {
        lock (world.Gate)
        {
            var chat = FindChat(chatId);
            if (chat.Type == ChatType.Private)
            {
                throw new ControlRefusal(400, "A bot can only be kicked from a group; use block for a private chat.");
            }

            if (chat.IsKicked == isKicked)
            {
                return;
            }

            chat.IsKicked = isKicked;
            TellMembership(chat, isKicked ? "kicked" : "member", isKicked ? "member" : "kicked");
        }
    }

    public void Deactivate(long personId, bool isDeactivated)
    {
        lock (world.Gate)
        {
            FindPerson(personId).IsDeactivated = isDeactivated;
            world.Feed.Publish(new PhoneEvent("chat", personId));
        }
    }

    /// <summary>Makes a group a supergroup: a new chat, and a service message in each that names the other.</summary>
    public ChatView Upgrade(long chatId, long? newId)
    {
        lock (world.Gate)
        {
            var group = FindChat(chatId);
            if (group.Type != ChatType.Group || group.MigratedTo is not null)
            {
                throw new ControlRefusal(400, $"Chat {chatId} is not a group that could become a supergroup.");
            }

            var supergroup = world.People.AddGroup(group.Title, ChatType.Supergroup, group.Members, newId);
            group.MigratedTo = supergroup.Id;
            foreach (
                var message in (ReadOnlySpan<Message>)
                    [
                        new Message
                        {
                            Id = world.NextMessageId(group),
                            Chat = group,
                            From = group.Members[0],
                            Date = world.Time.GetUtcNow(),
                            MigrateToChatId = supergroup.Id,
                        },
                        new Message
                        {
                            Id = world.NextMessageId(supergroup),
                            Chat = supergroup,
                            From = group.Members[0],
                            Date = world.Time.GetUtcNow(),
                            MigrateFromChatId = group.Id,
                        },
                    ]
            )
            {
                world.Post(message);
                world.Updates.Add("message", json => BotApiJson.WriteMessage(json, world, message));
            }

            return PhoneViews.Of(supergroup);
        }
    }

    /// <summary>Puts updates into the queue as they are: one <c>Update</c>, an array of them, or a whole answer of <c>getUpdates</c>.</summary>
    public IReadOnlyList<int> Inject(JsonElement given)
    {
        if (given.ValueKind == JsonValueKind.Object && given.TryGetProperty("result", out var result))
        {
            given = result;
        }

        var updates = given.ValueKind == JsonValueKind.Array ? given.EnumerateArray().ToList() : [given];
        var ids = new List<int>();
        lock (world.Gate)
        {
            foreach (var update in updates)
            {
                if (
                    update.ValueKind != JsonValueKind.Object
                    || !update.TryGetProperty("update_id", out var number)
                    || !number.TryGetInt32(out var id)
                )
                {
                    throw new ControlRefusal(400, "An update must be an object with a 32-bit update_id.");
                }

                MakeChatOf(update);
                world.Updates.AddRaw(new Update(id, Encoding.UTF8.GetBytes(update.GetRawText())));
                ids.Add(id);
            }
        }

        return ids;
    }

    public IReadOnlyList<ChatView> Chats()
    {
        lock (world.Gate)
        {
            return
            [
                .. world
                    .People.Chats.Select(PhoneViews.Of)
                    .OrderByDescending(c => c.Last?.Date ?? DateTimeOffset.MinValue),
            ];
        }
    }

    public IReadOnlyList<MessageView> Messages(long chatId)
    {
        lock (world.Gate)
        {
            return [.. FindChat(chatId).Messages.Select(PhoneViews.Of)];
        }
    }

    public MessageView? Message(long chatId, int messageId)
    {
        lock (world.Gate)
        {
            return world.People.Chat(chatId)?.Find(messageId) is { } message ? PhoneViews.Of(message) : null;
        }
    }

    /// <summary>A person deletes a message, for the bot too. The bot is not told, as with Telegram.</summary>
    public void Delete(long chatId, int messageId)
    {
        lock (world.Gate)
        {
            if (!FindChat(chatId).Remove(messageId))
            {
                throw new ControlRefusal(404, $"There is no message {messageId} in chat {chatId}.");
            }

            world.Feed.Publish(new PhoneEvent("delete", chatId, messageId));
        }
    }

    /// <summary>A person clears the chat, for the bot too.</summary>
    public void Clear(long chatId)
    {
        lock (world.Gate)
        {
            FindChat(chatId).Clear();
            world.Feed.Publish(new PhoneEvent("clear", chatId));
        }
    }

    public StoredFile File(string id)
    {
        lock (world.Gate)
        {
            return world.Files.ById(id) ?? throw new ControlRefusal(404, $"There is no file {id} (any more).");
        }
    }

    public IReadOnlyList<CommandView> Commands()
    {
        lock (world.Gate)
        {
            return [.. world.Commands.Get("default", "").Select(c => new CommandView(c.Command, c.Description))];
        }
    }

    private void SetBlocked(Chat chat, bool isBlocked)
    {
        if (chat.IsBlocked == isBlocked)
        {
            return;
        }

        chat.IsBlocked = isBlocked;
        TellMembership(chat, isBlocked ? "kicked" : "member", isBlocked ? "member" : "kicked");
    }

    private void TellMembership(Chat chat, string now, string before)
    {
        world.Feed.Publish(new PhoneEvent("chat", chat.Id));
        world.Updates.Add(
            "my_chat_member",
            json =>
            {
                json.WriteStartObject();
                json.WritePropertyName("chat");
                BotApiJson.WriteChat(json, chat);
                json.WritePropertyName("from");
                BotApiJson.WritePerson(json, chat.Members[0]);
                json.WriteNumber("date", world.Time.GetUtcNow().ToUnixTimeSeconds());
                foreach (
                    var (name, status) in (ReadOnlySpan<(string, string)>)
                        [("old_chat_member", before), ("new_chat_member", now)]
                )
                {
                    json.WritePropertyName(name);
                    json.WriteStartObject();
                    json.WritePropertyName("user");
                    BotApiJson.WriteBot(json, world);
                    json.WriteString("status", status);
                    if (status == "kicked")
                    {
                        json.WriteNumber("until_date", 0);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }
        );
    }

    /// <summary>The chat of an injected message exists from then on, so the bot can answer.</summary>
    private void MakeChatOf(JsonElement update)
    {
        // An injected update may have any shape, to test how a bot takes odd ones.
        if (
            !update.TryGetProperty("message", out var message)
            || message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("chat", out var chat)
            || chat.ValueKind != JsonValueKind.Object
            || !chat.TryGetProperty("id", out var number)
            || !number.TryGetInt64(out var id)
        )
        {
            return;
        }

        var from =
            message.TryGetProperty("from", out var sender)
            && sender.TryGetProperty("id", out var senderId)
            && senderId.TryGetInt64(out var personId)
                ? world.People.Add(
                    sender.TryGetProperty("first_name", out var name) ? name.GetString()! : "Somebody",
                    null,
                    null,
                    personId
                )
                : world.People.Add("Somebody", null, null, null);
        if (id < 0 && world.People.Chat(id) is null)
        {
            var isSuper = chat.TryGetProperty("type", out var type) && type.GetString() == "supergroup";
            world.People.AddGroup(
                chat.TryGetProperty("title", out var title) ? title.GetString()! : "Group",
                isSuper ? ChatType.Supergroup : ChatType.Group,
                [from],
                id
            );
        }
        else if (world.People.Chat(id) is { Type: ChatType.Private } known)
        {
            known.IsStarted = true;
        }
    }

    private Chat FindChat(long id) =>
        world.People.Chat(id)
        ?? throw new ControlRefusal(
            404,
            $"There is no chat {id}. Make it with POST /sandbox/people or /sandbox/groups."
        );

    private Person FindPerson(long id) =>
        world.People.Person(id)
        ?? throw new ControlRefusal(404, $"There is no person {id}. Make them with POST /sandbox/people.");

    private static Person Who(Chat chat, long? id) =>
        id is not { } wanted
            ? chat.Members[0]
            : chat.Members.Find(m => m.Id == wanted)
                ?? throw new ControlRefusal(400, $"Person {wanted} is not in chat {chat.Id}.");
}
