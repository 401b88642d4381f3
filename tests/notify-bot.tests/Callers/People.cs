using System.Diagnostics;
using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests.Callers;

/// <summary>The people of these tests, as real accounts: two analysts, an outsider, the bot's own user and an operator.</summary>
public sealed class People : IAsyncLifetime
{
    /// <summary>An analyst.</summary>
    public TestAccount Alice { get; private set; } = null!;

    /// <summary>Another one.</summary>
    public TestAccount Bob { get; private set; } = null!;

    /// <summary>In no group.</summary>
    public TestAccount Eve { get; private set; } = null!;

    /// <summary>Whom the bot runs as.</summary>
    public TestAccount Deploy { get; private set; } = null!;

    /// <summary>May send for others.</summary>
    public TestAccount Dana { get; private set; } = null!;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        if (Posix.Account.EffectiveUid != 0)
        {
            // Each test says that it is skipped, and why.
            return;
        }

        Alice = await TestAccount.CreateAsync("alice", "dataread");
        Bob = await TestAccount.CreateAsync("bob", "dataread");
        Eve = await TestAccount.CreateAsync("eve");
        Deploy = await TestAccount.CreateAsync("deploy", "data-ops");
        Dana = await TestAccount.CreateAsync("dana", "data-ops");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var account in new[] { Alice, Bob, Eve, Deploy, Dana })
        {
            if (account is not null)
            {
                await account.DisposeAsync();
            }
        }
    }
}

/// <summary>A bot that runs as deploy, with alice, bob and a user without account linked.</summary>
public sealed class CallerScene : IAsyncDisposable
{
    private CallerScene(BotScene scene, People people)
    {
        Bot = scene;
        People = people;
    }

    /// <summary>A user whom Unix does not know.</summary>
    public const string TeamWithoutAccount = "data_team";

    /// <summary>The bot and its Telegram.</summary>
    public BotScene Bot { get; }

    /// <summary>Who is there.</summary>
    public People People { get; }

    /// <summary>alice's phone.</summary>
    public long AliceChat { get; private set; }

    /// <summary>bob's phone.</summary>
    public long BobChat { get; private set; }

    /// <summary>The phone of the user without account.</summary>
    public long TeamChat { get; private set; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it all.</summary>
    public static async Task<CallerScene> BeginAsync(People people)
    {
        TestAccount.SkipUnlessRoot();
        var scene = new CallerScene(await BotScene.SetAsync(), people);
        var (bot, phone) = (scene.Bot, scene.Bot.Phone);
        scene.AliceChat = await phone.AddStartedPersonAsync("alice", Cancellation);
        scene.BobChat = await phone.AddStartedPersonAsync("bob", Cancellation);
        scene.TeamChat = await phone.AddStartedPersonAsync("team", Cancellation);

        Directory.CreateDirectory(bot.Data);
        File.SetUnixFileMode(bot.Data, (UnixFileMode)0b10_111_111_000);
        var links = Path.Combine(bot.Data, "telegram_users.json");
        await File.WriteAllTextAsync(
            links,
            JsonSerializer.Serialize(
                new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    [people.Alice.Name] = new { chat_id = scene.AliceChat, linked_at = "2026-01-05T09:00:00Z" },
                    [people.Bob.Name] = new { chat_id = scene.BobChat, linked_at = "2026-01-05T09:00:00Z" },
                    [TeamWithoutAccount] = new { chat_id = scene.TeamChat, linked_at = "2026-01-05T09:00:00Z" },
                }
            ),
            Cancellation
        );
        Process.Start("chown", ["-R", $"{people.Deploy.Name}:data-ops", bot.Data]).WaitForExit();
        await bot.StartBotAsync(people.Deploy.Name);
        await bot.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
        return scene;
    }

    /// <summary>A caller who is this account.</summary>
    public AccountCaller As(TestAccount account) => AccountCaller.Of(account, Bot.Bot.SocketPath);

    /// <summary>What has come to a phone from the bot.</summary>
    public Task<IReadOnlyList<Sandbox.Control.MessageView>> PhoneOf(long chat) =>
        Bot.Phone.BotMessagesAsync(chat, Cancellation);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Bot.DisposeAsync();
}
