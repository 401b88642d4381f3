using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Notify.Contracts;
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

    /// <summary>The history, the newest first.</summary>
    public List<NotificationAnswer> History { get; } = [];

    /// <summary>The timeline of each notification.</summary>
    public List<TimelineAnswer> Timeline { get; } = [];

    /// <summary>The id of what a notification was sent again as; null for none.</summary>
    public string? SentAgain { get; set; }

    /// <summary>What sending again is refused with; null takes it.</summary>
    public (int Status, string Error)? Refusal { get; set; }

    /// <summary>What the bot says of scripts.</summary>
    public string Scripts { get; set; } = """{"scripts":[]}""";

    /// <summary>The quiet hours.</summary>
    public string? Quiet { get; set; }

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
        bot.Answers = scene.Answer;
        await web.StartAsync();
        (scene.Visitor, scene.User, _) = await web.LogInAnalystAsync();
        bot.Calls.Clear();
        return scene;
    }

    /// <summary>A notification of the history.</summary>
    public static NotificationAnswer Notification(
        string id,
        string title,
        DateTimeOffset at,
        DeliveryState state = DeliveryState.Delivered,
        string? reason = null,
        string? script = "sales.py"
    ) => new(id, "alice", script, title, $"The text of {id}.", at, state, reason, null, null, "", null, null, null);

    /// <summary>Links the analyst to a phone.</summary>
    public Task LinkAsync() => Web.Links.LinkAsync(User, new ChatId(4711), Cancellation);

    /// <summary>A page.</summary>
    public Task<WebAnswer> GetAsync(string path) => Visitor.GetAsync(path, Cancellation);

    /// <summary>Sends a form of the page that was seen last.</summary>
    public Task<WebAnswer> PostFormAsync(
        string path,
        Action<HttpRequestMessage>? change = null,
        params (string Name, string Value)[] fields
    ) =>
        Visitor.PostAsync(
            path,
            null,
            Cancellation,
            request =>
            {
                request.Headers.Remove("X-Notify-Token");
                request.Content = new FormUrlEncodedContent([
                    KeyValuePair.Create("__RequestVerificationToken", Visitor.Token ?? ""),
                    .. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)),
                ]);
                change?.Invoke(request);
            }
        );

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
            case ["notifications"]:
                var before = History.FindIndex(n => n.Id == request.Query["before"]);
                return (
                    200,
                    JsonSerializer.Serialize(
                        new NotificationsAnswer([
                            .. History
                                .Skip(before + 1)
                                .Take(
                                    int.Parse(
                                        request.Query["limit"]!,
                                        System.Globalization.CultureInfo.InvariantCulture
                                    )
                                ),
                        ]),
                        HistoryContract.Json.NotificationsAnswer
                    )
                );
            case ["notifications", "scripts"]:
                return (200, """{"scripts":["churn.py","sales.py"]}""");
            case ["notifications", "quarters"]:
                return (
                    200,
                    JsonSerializer.Serialize(
                        new QuartersAnswer(
                            TimeProvider.System.GetUtcNow().AddDays(-40),
                            [
                                .. History.Select(n => new QuarterAnswer(
                                    n.CreatedAt,
                                    0,
                                    n.State == DeliveryState.Delivered ? 1 : 0,
                                    n.State == DeliveryState.Failed ? 1 : 0,
                                    0,
                                    0
                                )),
                            ]
                        ),
                        HistoryContract.Json.QuartersAnswer
                    )
                );
            case ["notifications", _, "again"]:
                return Refusal is var (status, error)
                    ? (status, JsonSerializer.Serialize(new ErrorAnswer(error), SendContract.Json.ErrorAnswer))
                    : (200, """{"ok":true,"status":"queued","id":"new1","channels":{}}""");
            case ["notifications", var id] when History.Find(n => n.Id == id) is { } found:
                return (
                    200,
                    JsonSerializer.Serialize(
                        new NotificationDetailAnswer(found, Timeline, found.AgainOf, SentAgain),
                        HistoryContract.Json.NotificationDetailAnswer
                    )
                );
            case ["scripts"]:
                return (200, Scripts);
            case ["scripts", _, "mute"]:
                return (200, """{"ok":true,"muted_until":"2030-01-01T00:00:00Z"}""");
            case ["quiet"]:
                if (request.Method == HttpMethods.Put)
                {
                    Quiet = JsonSerializer.Deserialize(body, QuietContract.Json.QuietCall)!.Hours;
                }

                return (
                    200,
                    JsonSerializer.Serialize(
                        new QuietAnswer(Quiet, "Europe/Prague", 0, null),
                        QuietContract.Json.QuietAnswer
                    )
                );
            default:
                return null;
        }
    }
}
