using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Notify.Sandbox;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Delivery;

/// <summary>A bot with many linked people, and the counting of what reaches them.</summary>
internal sealed class CrowdScene : IAsyncDisposable
{
    private CrowdScene(BotScene scene, int people)
    {
        Scene = scene;
        People = people;
    }

    /// <summary>The bot and its Telegram.</summary>
    public BotScene Scene { get; }

    /// <summary>How many people there are; they are numbered from 0.</summary>
    public int People { get; }

    /// <summary>The hands in the sandbox.</summary>
    public SandboxControl Phone => Scene.Phone;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it all.</summary>
    public static async Task<CrowdScene> BeginAsync(int people, SendLimits limits = SendLimits.Off)
    {
        var scene = await BotScene.SetAsync(new SandboxOptions { Limits = limits, KeptCalls = 100_000 });
        if (limits == SendLimits.Off)
        {
            scene.Environment["TELEGRAM_MESSAGES_PER_SECOND"] = scene.Environment["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] =
                "1000000";
        }

        foreach (var person in Enumerable.Range(0, people))
        {
            await scene.Phone.AddStartedPersonAsync(User(person), Cancellation, Chat(person));
        }

        Directory.CreateDirectory(scene.Data);
        await File.WriteAllTextAsync(
            Path.Combine(scene.Data, "telegram_users.json"),
            JsonSerializer.Serialize(
                Enumerable
                    .Range(0, people)
                    .ToDictionary(
                        User,
                        person => new { chat_id = Chat(person), linked_at = "2026-01-05T09:00:00Z" },
                        StringComparer.Ordinal
                    )
            ),
            Cancellation
        );
        var crowd = new CrowdScene(scene, people);
        await crowd.StartBotAsync();
        return crowd;
    }

    /// <summary>Starts a bot that has found Telegram.</summary>
    public async Task StartBotAsync()
    {
        await Scene.StartBotAsync();
        await Scene.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == "ok", Cancellation);
    }

    /// <summary>The user name of a person.</summary>
    public static string User(int person) => $"user{person.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>The chat of a person.</summary>
    public static long Chat(int person) => 7000 + person;

    /// <summary>POST /send, without waiting for Telegram unless told so.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(int person, string text, int wait = 0)
    {
        using var content = new StringContent(
            JsonSerializer.Serialize(
                new
                {
                    user = User(person),
                    text,
                    wait,
                    parse_mode = "",
                }
            ),
            Encoding.UTF8,
            "application/json"
        );
        using var response = await Scene.Bot.Client.PostAsync(
            new Uri("/send", UriKind.Relative),
            content,
            Cancellation
        );
        return (
            response.StatusCode,
            JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement
        );
    }

    /// <summary>Has one accepted, and delivery left for later.</summary>
    public async Task QueueAsync(int person, string text)
    {
        var (status, body) = await SendAsync(person, text);
        Assert.True(status == HttpStatusCode.OK, body.ToString());
    }

    /// <summary>Has one delivered while the sender waits.</summary>
    public async Task DeliverAsync(int person, string text)
    {
        var (status, body) = await SendAsync(person, text, wait: 30);
        Assert.True(status == HttpStatusCode.OK, body.ToString());
        Assert.Equal("delivered", body.GetProperty("status").GetString());
    }

    /// <summary>What a person's phone shows from the bot.</summary>
    public async Task<string[]> TextsAsync(int person) =>
        [.. (await Phone.BotMessagesAsync(Chat(person), Cancellation)).Select(m => m.Text)];

    /// <summary>Waits until the bot has nothing left to deliver.</summary>
    public Task UntilQueueIsEmptyAsync() => UntilQueueIsAtMostAsync(0);

    /// <summary>Waits until so many are left.</summary>
    public async Task UntilQueueIsAtMostAsync(int length) =>
        await Scene.Bot.WaitForHealthAsync(
            h => h.GetProperty("queue").GetProperty("length").GetInt32() <= length,
            Cancellation
        );

    /// <summary>A person's newest notification as the history has it.</summary>
    public async Task<JsonElement> NewestAsync(int person) =>
        (await Scene.Bot.GetAsync($"/notifications?user={User(person)}&limit=1", Cancellation)).GetProperty(
            "notifications"
        )[0];

    /// <summary>Waits until a person's newest notification is in a state.</summary>
    public async Task<JsonElement> UntilNewestIsAsync(int person, string state)
    {
        JsonElement newest = default;
        await Eventually.TrueAsync(
            async () =>
            {
                newest = await NewestAsync(person);
                return newest.GetProperty("state").GetString() == state;
            },
            () => $"the newest is {newest}",
            Cancellation
        );
        return newest;
    }

    /// <summary>The calls that send something.</summary>
    public async Task<IReadOnlyList<CallRecord>> SendsAsync() =>
        [.. (await Phone.CallsAsync(Cancellation)).Where(c => c.Method.StartsWith("send", StringComparison.Ordinal))];

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}
