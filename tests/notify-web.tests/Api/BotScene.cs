using Notify.Testing;

namespace Notify.Tests.Api;

/// <summary>A dashboard and a real bot on the same files, with an analyst who is logged in and linked.</summary>
internal sealed class BotScene : IAsyncDisposable
{
    private BotScene(WebScene web) => Web = web;

    /// <summary>The dashboard, Telegram and Google.</summary>
    public WebScene Web { get; }

    /// <summary>The bot that was started last.</summary>
    public BotProcess Bot { get; private set; } = null!;

    /// <summary>alice at her browser.</summary>
    public WebVisitor Visitor { get; private set; } = null!;

    /// <summary>alice's account.</summary>
    public TestAccount Alice { get; private set; } = null!;

    /// <summary>alice's phone.</summary>
    public long Chat { get; private set; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it all.</summary>
    public static async Task<BotScene> BeginAsync()
    {
        var scene = new BotScene(await WebScene.BeginAsync());
        await scene.StartBotAsync();
        (scene.Visitor, var user, scene.Alice) = await scene.Web.LogInAnalystAsync();
        scene.Chat = await scene.Web.Control.AddStartedPersonAsync("Alice", Cancellation);
        await scene.Web.Links.LinkAsync(user, new ChatId(scene.Chat), Cancellation);
        return scene;
    }

    /// <summary>Starts a bot; the one before is killed.</summary>
    public async Task StartBotAsync()
    {
        if (Bot is not null)
        {
            await Bot.DisposeAsync();
        }

        Bot = await BotProcess.StartAsync(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["TELEGRAM_BOT_TOKEN"] = Web.Sandbox.Token,
                ["TELEGRAM_API_URL"] = Web.Sandbox.ApiAddress.AbsoluteUri,
                ["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "1000000",
                ["NOTIFY_DATA_DIR"] = Web.Data,
                ["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts"),
            },
            user: null,
            Cancellation
        );
        await Bot.WaitForHealthAsync(
            health => health.GetProperty("telegram").GetProperty("state").GetString() == "ok",
            Cancellation
        );
    }

    /// <summary>Puts a script into an analyst's folder.</summary>
    public static void Script(TestAccount account, string name, string content) =>
        account.Write(Path.Combine("user", "notifications", name), content);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Bot.DisposeAsync();
        await Web.DisposeAsync();
    }
}
