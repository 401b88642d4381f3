using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Notify.Contracts;

namespace Notify.Testing;

/// <summary>A history that a test sets, and answers about it for <see cref="IncidentBot.Answers"/>. It searches nothing.</summary>
public sealed class HistoryAnswers
{
    /// <summary>The history, the newest first.</summary>
    public IList<NotificationAnswer> History { get; } = [];

    /// <summary>The timeline of each notification.</summary>
    public IList<TimelineAnswer> Timeline { get; } = [];

    /// <summary>The id of what a notification was sent again as; null for none.</summary>
    public string? SentAgain { get; set; }

    /// <summary>What sending again is refused with; null takes it.</summary>
    public (int Status, string Error)? Refusal { get; set; }

    /// <summary>What the bot says of scripts.</summary>
    public string Scripts { get; set; } = """{"scripts":[]}""";

    /// <summary>Whether the watch is on.</summary>
    public bool Watch { get; set; } = true;

    /// <summary>When the last round began.</summary>
    public DateTimeOffset? LastRound { get; set; }

    /// <summary>The quiet hours.</summary>
    public string? Quiet { get; set; }

    /// <summary>A notification of the history.</summary>
    public static NotificationAnswer Notification(
        string id,
        string title,
        DateTimeOffset at,
        DeliveryState state = DeliveryState.Delivered,
        string? reason = null,
        string? script = "sales.py"
    ) => new(id, "alice", script, title, $"The text of {id}.", at, state, reason, null, null, "", null, null, null);

    /// <summary>Adds notifications behind those that are there.</summary>
    public void Add(IEnumerable<NotificationAnswer> notifications)
    {
        foreach (var notification in notifications ?? throw new ArgumentNullException(nameof(notifications)))
        {
            History.Add(notification);
        }
    }

    /// <summary>Adds steps to the timeline.</summary>
    public void AddSteps(IEnumerable<TimelineAnswer> steps)
    {
        foreach (var step in steps ?? throw new ArgumentNullException(nameof(steps)))
        {
            Timeline.Add(step);
        }
    }

    /// <summary>The answer to a request; null for what this is not about.</summary>
    public (int Status, string Json)? Answer(HttpRequest request, string body)
    {
        ArgumentNullException.ThrowIfNull(request);
        switch (request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            case ["notifications"]:
                var before = History.ToList().FindIndex(n => n.Id == request.Query["before"]);
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
            case ["notifications", var id] when History.FirstOrDefault(n => n.Id == id) is { } found:
                return (
                    200,
                    JsonSerializer.Serialize(
                        new NotificationDetailAnswer(found, [.. Timeline], found.AgainOf, SentAgain),
                        HistoryContract.Json.NotificationDetailAnswer
                    )
                );
            case ["scripts"]:
                return (200, Scripts);
            case ["scripts", _, "mute"]:
                return (200, """{"ok":true,"muted_until":"2030-01-01T00:00:00Z"}""");
            case ["watch"]:
                if (request.Method == HttpMethods.Put)
                {
                    Watch = JsonSerializer.Deserialize(body, WatchContract.Json.WatchCall)!.On;
                }

                return (
                    200,
                    JsonSerializer.Serialize(
                        new WatchAnswer(Watch, LastRound, 780, false),
                        WatchContract.Json.WatchAnswer
                    )
                );
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
