using Notify.Testing;

namespace Notify.Tests.Page;

/// <summary>A dashboard with a stand-in for the bot that has a history, and an analyst who is logged in.</summary>
internal sealed class HistoryScene : IAsyncDisposable
{
    private HistoryScene(WebScene web, IncidentBot bot) => (Web, Bot) = (web, bot);

    /// <summary>The dashboard.</summary>
    public WebScene Web { get; }

    /// <summary>The stand-in.</summary>
    public IncidentBot Bot { get; }

    /// <summary>The analyst's browser.</summary>
    public WebVisitor Visitor { get; private set; } = null!;

    /// <summary>The analyst.</summary>
    public UserName User { get; private set; } = null!;

    /// <summary>What the bot says.</summary>
    public HistoryAnswers Said { get; } = new();

    /// <summary>What was asked about notifications.</summary>
    public IEnumerable<string> Asked =>
        Bot.Calls.Where(call => call.StartsWith("GET /notifications?", StringComparison.Ordinal));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it all.</summary>
    public static async Task<HistoryScene> BeginAsync(TimeProvider? time = null)
    {
        var web = await WebScene.SetAsync(time);
        var bot = await IncidentBot.StartAsync(Path.Combine(web.Data, "bot.sock"), Cancellation);
        var scene = new HistoryScene(web, bot);
        bot.Answers = scene.Said.Answer;
        await web.StartAsync();
        (scene.Visitor, scene.User, _) = await web.LogInAnalystAsync();
        bot.Calls.Clear();
        return scene;
    }

    /// <summary>Links the analyst to a phone.</summary>
    public Task LinkAsync() => Web.Links.LinkAsync(User, new ChatId(4711), Cancellation);

    /// <summary>A page.</summary>
    public Task<WebAnswer> GetAsync(string path) => Visitor.GetAsync(path, Cancellation);

    /// <inheritdoc cref="WebVisitor.PostFormAsync" />
    public Task<WebAnswer> PostFormAsync(
        string path,
        Action<HttpRequestMessage>? change = null,
        params (string Name, string Value)[] fields
    ) => Visitor.PostFormAsync(path, Cancellation, change, fields);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Bot.DisposeAsync();
        await Web.DisposeAsync();
    }
}
