using System.Net.Http.Json;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;

namespace Notify.Testing;

/// <summary>
/// The hands of a test in the sandbox: makes people and groups, types, presses buttons, reads chats, and makes things go wrong. Speaks the
/// control API, so that it works with a sandbox in this process and in another one.
/// </summary>
/// <param name="controlAddress">Of the control API.</param>
/// <param name="connection">The way there, where it is not this machine's own network.</param>
public sealed class SandboxControl(Uri controlAddress, HttpMessageHandler? connection = null) : IDisposable
{
    /// <summary>Three of the pauses that the bot makes between two edits of a message.</summary>
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromMinutes(3);

    private readonly HttpClient _http = new(connection ?? new SocketsHttpHandler())
    {
        BaseAddress = controlAddress,
        Timeout = TimeSpan.FromMinutes(5),
    };

    /// <summary>The control of a sandbox in this process.</summary>
    public SandboxControl(SandboxServer server)
        : this((server ?? throw new ArgumentNullException(nameof(server))).ControlAddress) { }

    /// <summary>The sandbox's Google.</summary>
    public GoogleControl Google => new(this);

    /// <summary>Its addresses, its bot, and the commands that the bot registered.</summary>
    public Task<SandboxState> StateAsync(CancellationToken cancellation) =>
        GetAsync<SandboxState>("state", cancellation);

    /// <summary>Makes a person; the id of their private chat is theirs. The bot can't write to them before they typed something.</summary>
    public async Task<long> AddPersonAsync(
        string firstName,
        CancellationToken cancellation,
        long? id = null,
        string? username = null
    ) => (await PostAsync<PersonView>("people", new NewPerson(firstName, Username: username, Id: id), cancellation)).Id;

    /// <summary>Makes a person who has typed to the bot before, so that it may write to them; the update of that is not kept.</summary>
    public async Task<long> AddStartedPersonAsync(string firstName, CancellationToken cancellation, long? id = null)
    {
        var person = await AddPersonAsync(firstName, cancellation, id);
        await PostAsync<JsonElement>($"chats/{person}/start", new Switch(), cancellation);
        return person;
    }

    /// <summary>Makes a group with the bot and these people in it.</summary>
    public async Task<long> AddGroupAsync(
        string title,
        IReadOnlyList<long> members,
        CancellationToken cancellation,
        bool isSupergroup = false,
        long? id = null
    ) => (await PostAsync<ChatView>("groups", new NewGroup(title, members, isSupergroup, id), cancellation)).Id;

    /// <summary>Types as a person, in their private chat or in a group.</summary>
    public Task<TypedMessage> TypeAsync(long chat, string text, CancellationToken cancellation, long? from = null) =>
        PostAsync<TypedMessage>($"chats/{chat}/text", new Typed(text, from), cancellation);

    /// <summary>Presses a button by what it says, under the newest message that has buttons or under a given one, and waits for the bot's answer.</summary>
    public Task<Pressed> PressAsync(
        long chat,
        string button,
        CancellationToken cancellation,
        int? messageId = null,
        long? from = null,
        double waitSeconds = 0
    ) => PostAsync<Pressed>($"chats/{chat}/press", new Press(messageId, button, null, from, waitSeconds), cancellation);

    /// <summary>All chats, the one with the newest message first.</summary>
    public Task<IReadOnlyList<ChatView>> ChatsAsync(CancellationToken cancellation) =>
        GetAsync<IReadOnlyList<ChatView>>("chats", cancellation);

    /// <summary>All messages of a chat, the oldest first.</summary>
    public Task<IReadOnlyList<MessageView>> MessagesAsync(long chat, CancellationToken cancellation) =>
        GetAsync<IReadOnlyList<MessageView>>($"chats/{chat}/messages", cancellation);

    /// <summary>The messages of a chat that the bot wrote.</summary>
    public async Task<IReadOnlyList<MessageView>> BotMessagesAsync(long chat, CancellationToken cancellation) =>
        [.. (await MessagesAsync(chat, cancellation)).Where(m => m.FromBot)];

    /// <summary>Waits until the bot's messages of a chat are as wanted; fails after a time and says what was there.</summary>
    public async Task<IReadOnlyList<MessageView>> WaitForBotMessagesAsync(
        long chat,
        Func<IReadOnlyList<MessageView>, bool> isWanted,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var messages = await BotMessagesAsync(chat, cancellation);
            if (isWanted(messages))
            {
                return messages;
            }

            if (TimeProvider.System.GetElapsedTime(since) > WaitTimeout)
            {
                throw new TimeoutException(
                    $"After {WaitTimeout.TotalSeconds} s the bot's messages in chat {chat} are: {JsonSerializer.Serialize(messages, ControlJson.Options)}"
                );
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellation);
        }
    }

    /// <summary>Waits until the bot has written at least so many messages to a chat.</summary>
    public Task<IReadOnlyList<MessageView>> WaitForBotMessagesAsync(
        long chat,
        int count,
        CancellationToken cancellation
    ) => WaitForBotMessagesAsync(chat, messages => messages.Count >= count, cancellation);

    /// <summary>A person deletes a message, for the bot too.</summary>
    public Task DeleteMessageAsync(long chat, int messageId, CancellationToken cancellation) =>
        DeleteAsync($"chats/{chat}/messages/{messageId}", cancellation);

    /// <summary>A person clears the chat, for the bot too.</summary>
    public Task ClearChatAsync(long chat, CancellationToken cancellation) =>
        DeleteAsync($"chats/{chat}/messages", cancellation);

    /// <summary>The bytes of a photo or document.</summary>
    public Task<byte[]> FileAsync(string fileId, CancellationToken cancellation) =>
        _http.GetByteArrayAsync(new Uri($"sandbox/files/{fileId}", UriKind.Relative), cancellation);

    /// <summary>The person blocks the bot, or takes that back.</summary>
    public Task BlockAsync(long chat, CancellationToken cancellation, bool isBlocked = true) =>
        PostAsync<JsonElement>($"chats/{chat}/block", new Switch(isBlocked), cancellation);

    /// <summary>The bot is thrown out of a group, or let in again.</summary>
    public Task KickAsync(long chat, CancellationToken cancellation, bool isKicked = true) =>
        PostAsync<JsonElement>($"chats/{chat}/kick", new Switch(isKicked), cancellation);

    /// <summary>The person's account is deleted.</summary>
    public Task DeactivateAsync(long person, CancellationToken cancellation) =>
        PostAsync<JsonElement>($"people/{person}/deactivate", new Switch(), cancellation);

    /// <summary>A group becomes a supergroup; gives its new id.</summary>
    public async Task<long> UpgradeAsync(long group, CancellationToken cancellation, long? newId = null) =>
        (await PostAsync<ChatView>($"chats/{group}/upgrade", new { id = newId }, cancellation)).Id;

    /// <summary>Puts an update, several, or a whole answer of getUpdates into the queue as it is. Chats in it exist from then on.</summary>
    public Task InjectAsync(string json, CancellationToken cancellation) =>
        PostTextAsync("updates", json, cancellation);

    /// <summary>The number of the next update.</summary>
    public Task NumberUpdatesFromAsync(int next, CancellationToken cancellation) =>
        PostAsync<JsonElement>("updates/next", new NextNumber(next), cancellation);

    /// <summary>Another token is right from now on; the old one gets 401.</summary>
    public Task ChangeTokenAsync(string token, CancellationToken cancellation) =>
        PostAsync<JsonElement>("token", new NewToken(token), cancellation);

    /// <summary>Switches the published sending rates on or off.</summary>
    public Task LimitAsync(bool isOn, CancellationToken cancellation) =>
        PostAsync<JsonElement>("limits", new Switch(isOn), cancellation);

    /// <summary>The calls that the bot made, the oldest first; without the token.</summary>
    public Task<IReadOnlyList<CallRecord>> CallsAsync(CancellationToken cancellation, string? method = null) =>
        GetAsync<IReadOnlyList<CallRecord>>(method is null ? "calls" : $"calls?method={method}", cancellation);

    /// <summary>Forgets the calls so far.</summary>
    public Task ClearCallsAsync(CancellationToken cancellation) => DeleteAsync("calls", cancellation);

    /// <summary>Makes something go wrong.</summary>
    public Task<Fault> AddFaultAsync(Fault fault, CancellationToken cancellation) =>
        PostAsync<Fault>("faults", fault, cancellation);

    /// <summary>All faults, those that are used up too, with their hits.</summary>
    public Task<IReadOnlyList<Fault>> FaultsAsync(CancellationToken cancellation) =>
        GetAsync<IReadOnlyList<Fault>>("faults", cancellation);

    /// <summary>Ends all faults.</summary>
    public Task ClearFaultsAsync(CancellationToken cancellation) => DeleteAsync("faults", cancellation);

    /// <summary>Closes the Bot API's port: connections are refused, those there are end. When this returns, it has begun.</summary>
    public Task BeginOutageAsync(CancellationToken cancellation, double? seconds = null) =>
        PostAsync<JsonElement>("outage", new Length(seconds), cancellation);

    /// <summary>Opens the port again.</summary>
    public Task EndOutageAsync(CancellationToken cancellation) => DeleteAsync("outage", cancellation);

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    internal async Task<T> GetAsync<T>(string path, CancellationToken cancellation)
    {
        using var response = await _http.GetAsync(new Uri("sandbox/" + path, UriKind.Relative), cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    internal async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellation)
    {
        using var content = JsonContent.Create(body, body.GetType(), options: ControlJson.Options);
        using var response = await _http.PostAsync(new Uri("sandbox/" + path, UriKind.Relative), content, cancellation);
        return await ReadAsync<T>(response, cancellation);
    }

    private async Task PostTextAsync(string path, string json, CancellationToken cancellation)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri("sandbox/" + path, UriKind.Relative), content, cancellation);
        await ReadAsync<JsonElement>(response, cancellation);
    }

    internal async Task DeleteAsync(string path, CancellationToken cancellation)
    {
        using var response = await _http.DeleteAsync(new Uri("sandbox/" + path, UriKind.Relative), cancellation);
        await ReadAsync<JsonElement>(response, cancellation);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation) =>
        response.IsSuccessStatusCode
            ? (await response.Content.ReadFromJsonAsync<T>(ControlJson.Options, cancellation))!
            : throw new InvalidOperationException(
                $"The sandbox refused {response.RequestMessage!.RequestUri!.PathAndQuery}: {await response.Content.ReadAsStringAsync(cancellation)}"
            );
}
