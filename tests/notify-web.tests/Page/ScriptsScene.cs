using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Notify.Contracts;
using Notify.Runs;
using Notify.Testing;

namespace Notify.Tests.Page;

/// <summary>A dashboard with a stand-in for the bot that has scripts and runs, and an analyst who is logged in.</summary>
internal sealed class ScriptsScene : IAsyncDisposable
{
    private ScriptsScene(WebScene web, IncidentBot bot) => (Web, Bot) = (web, bot);

    /// <summary>The dashboard.</summary>
    public WebScene Web { get; }

    /// <summary>The stand-in.</summary>
    public IncidentBot Bot { get; }

    /// <summary>The analyst's browser.</summary>
    public WebVisitor Visitor { get; private set; } = null!;

    /// <summary>The scripts.</summary>
    public List<ScriptAnswer> Scripts { get; } = [];

    /// <summary>The runs of every script, the newest first.</summary>
    public List<RunRecord> Runs { get; } = [];

    /// <summary>The notifications.</summary>
    public List<NotificationAnswer> Sent { get; } = [];

    /// <summary>What reading runs is refused with; null takes it.</summary>
    public (int Status, string Error)? RunsRefusal { get; set; }

    /// <summary>What was asked of the bot that changes something.</summary>
    public IEnumerable<string> Posted => Bot.Calls.Where(call => call.StartsWith("POST ", StringComparison.Ordinal));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts it all.</summary>
    public static async Task<ScriptsScene> BeginAsync(TimeProvider? time = null)
    {
        var web = await WebScene.SetAsync(time);
        var bot = await IncidentBot.StartAsync(Path.Combine(web.Data, "bot.sock"), Cancellation);
        var scene = new ScriptsScene(web, bot);
        bot.Answers = scene.Answer;
        await web.StartAsync();
        (scene.Visitor, _, _) = await web.LogInAnalystAsync();
        bot.Calls.Clear();
        return scene;
    }

    /// <summary>A script whose last run had no alert.</summary>
    public static ScriptAnswer Script(
        string stem,
        ScriptOutcome? outcome = ScriptOutcome.NoAlert,
        string? error = null
    ) =>
        new(
            stem + ".py",
            stem,
            TimeProvider.System.GetUtcNow().AddMinutes(-5),
            TimeProvider.System.GetUtcNow().AddMinutes(-5),
            null,
            null,
            outcome,
            error,
            false,
            null,
            null,
            null,
            1200,
            null,
            "with the next round"
        );

    /// <summary>A run.</summary>
    public static RunRecord Run(
        DateTimeOffset at,
        RecordedOutcome outcome = RecordedOutcome.NoAlert,
        string? error = null,
        string? stderr = null
    ) =>
        new()
        {
            Started = at,
            TookMs = 1200,
            Trigger = RunTrigger.Round,
            Outcome = outcome,
            Error = error,
            Stderr = stderr,
        };

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

    private (int Status, string Json)? Answer(HttpRequest request, string body)
    {
        switch (request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["scripts"]:
                return (
                    200,
                    JsonSerializer.Serialize(new ScriptsAnswer(Scripts, null), ScriptsContract.Json.ScriptsAnswer)
                );
            case ["scripts", _, "runs"]:
                return RunsRefusal is var (status, error)
                    ? (status, JsonSerializer.Serialize(new ErrorAnswer(error), SendContract.Json.ErrorAnswer))
                    : (
                        200,
                        JsonSerializer.Serialize(
                            new RunsAnswer([
                                .. Runs.Where(run =>
                                        request.Query["before"] is not [{ } before]
                                        || run.Started < DateTimeOffset.Parse(before, CultureInfo.InvariantCulture)
                                    )
                                    .Take(int.Parse(request.Query["limit"]!, CultureInfo.InvariantCulture)),
                            ]),
                            RunsContract.Json.RunsAnswer
                        )
                    );
            case ["scripts", _, "run"]:
                return (200, """{"outcome":"no_alert"}""");
            case ["scripts", _, "mute" or "reset"]:
                return (200, """{"ok":true}""");
            case ["notifications"]:
                return (
                    200,
                    JsonSerializer.Serialize(new NotificationsAnswer(Sent), HistoryContract.Json.NotificationsAnswer)
                );
            default:
                return null;
        }
    }
}
