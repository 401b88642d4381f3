using System.Text.Json;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>A sandbox and a bot that talk to each other, on a scratch folder; the setting of most tests of the bot.</summary>
public sealed class BotScene : IAsyncDisposable
{
    private BotScene(SandboxServer sandbox, string folder)
    {
        Sandbox = sandbox;
        Phone = new SandboxControl(sandbox);
        Folder = folder;
        Data = Path.Combine(folder, "data");
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["TELEGRAM_BOT_TOKEN"] = sandbox.Token,
            ["TELEGRAM_API_URL"] = sandbox.ApiAddress.AbsoluteUri,
            ["NOTIFY_DATA_DIR"] = Data,
        };
    }

    /// <summary>Telegram.</summary>
    public SandboxServer Sandbox { get; }

    /// <summary>The hands on the phones, and on what goes wrong.</summary>
    public SandboxControl Phone { get; }

    /// <summary>A folder for the test's own files; all may pass through it.</summary>
    public string Folder { get; }

    /// <summary>The bot's data folder.</summary>
    public string Data { get; }

    /// <summary>What the next bot is started with.</summary>
    public IDictionary<string, string> Environment { get; }

    /// <summary>The bot that was started last.</summary>
    public BotProcess Bot { get; private set; } = null!;

    /// <summary>Everything that the bots of this scene have printed and logged.</summary>
    public string Log =>
        File.Exists(Path.Combine(Data, "private", "bot.log"))
            ? File.ReadAllText(Path.Combine(Data, "private", "bot.log"))
            : "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A sandbox without a bot. Limits of Telegram are off unless the test is about them.</summary>
    public static async Task<BotScene> SetAsync(SandboxOptions? options = null)
    {
        var folder = Directory.CreateTempSubdirectory("notify-bot-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        options ??= new SandboxOptions { Limits = SendLimits.Off };
        var scene = new BotScene(await SandboxServer.StartAsync(options, Cancellation), folder);
        if (options.Limits == SendLimits.Off)
        {
            // Where Telegram has no limits the bot needs no pace.
            foreach (
                var pace in (string[])
                    [
                        "TELEGRAM_MESSAGES_PER_SECOND",
                        "TELEGRAM_CHAT_MESSAGES_PER_SECOND",
                        "TELEGRAM_GROUP_MESSAGES_PER_MINUTE",
                    ]
            )
            {
                scene.Environment[pace] = "1000000";
            }
        }

        return scene;
    }

    /// <summary>A bot that runs scripts as the account of its service.</summary>
    internal static async Task<BotScene> OwnScriptsAsync(TestAccount account)
    {
        var scene = await SetAsync();
        Directory.CreateDirectory(scene.Data);
        account.Own(scene.Data);
        File.SetUnixFileMode(scene.Data, (UnixFileMode)0b10_111_111_000);
        scene.Environment["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts");
        scene.Environment["NOTIFY_TRUSTED_GROUP"] = account.Name;
        await scene.StartBotAsync(account.Name);
        return scene;
    }

    /// <summary>A sandbox with a bot that has found it.</summary>
    public static async Task<BotScene> BeginAsync(SandboxOptions? options = null)
    {
        var scene = await SetAsync(options);
        await scene.StartBotAsync();
        await scene.Bot.WaitForHealthAsync(h => Status(h) == "ok", Cancellation);
        return scene;
    }

    /// <summary>Starts a bot with <see cref="Environment"/>; the one before must have ended.</summary>
    public async Task StartBotAsync(string? user = null)
    {
        if (Bot is not null)
        {
            await Bot.DisposeAsync();
        }

        Bot = await BotProcess.StartAsync(Environment.AsReadOnly(), user, Cancellation);
    }

    /// <summary>Links a user to a new person's chat, as an operator does, and gives the chat.</summary>
    public async Task<long> LinkAsync(string user)
    {
        var chat = await Phone.AddStartedPersonAsync(user, Cancellation);
        await OperateAsync("link", user, "--chat", chat.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await Phone.WaitForBotMessagesAsync(
            chat,
            messages => messages.Any(m => m.Text.Contains("Linked", StringComparison.Ordinal)),
            Cancellation
        );
        return chat;
    }

    /// <summary>Runs an operator's command of the bot's program and gives its status and words.</summary>
    public Task<(int Status, string Said)> OperateAsync(params string[] arguments) =>
        RunProgram.ToEndAsync(Programs.Path("notify-bot"), arguments, Environment.AsReadOnly(), Cancellation);

    /// <summary>Types in a chat and gives the bot's next message there.</summary>
    public async Task<MessageView> AskAsync(long chat, string text)
    {
        var before = (await Phone.BotMessagesAsync(chat, Cancellation)).Count;
        await Phone.TypeAsync(chat, text, Cancellation);
        return (await Phone.WaitForBotMessagesAsync(chat, before + 1, Cancellation))[before];
    }

    /// <summary>The word of /health.</summary>
    public static string? Status(JsonElement health) => health.GetProperty("status").GetString();

    /// <summary>How /health says it stands with Telegram.</summary>
    public static string? Telegram(JsonElement health) =>
        health.GetProperty("telegram").GetProperty("state").GetString();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Bot is not null)
        {
            await Bot.DisposeAsync();
        }

        Phone.Dispose();
        await Sandbox.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
