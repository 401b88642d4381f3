using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Notify.Contracts;

namespace Notify.Testing;

/// <summary>
/// Listens where the bot would, with incidents that a test sets, no scripts and no notifications. It is not the bot: tests of both together are elsewhere.
/// </summary>
public sealed class IncidentBot : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<Channel<string>, byte> _listeners = new();
    private readonly TimeProvider _time;

    private IncidentBot(string socketPath, TimeProvider time)
    {
        _time = time;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socketPath));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>What <c>GET /incidents</c> answers; null is a bot of a version without them.</summary>
    public IReadOnlyList<ListedIncidentAnswer>? Incidents { get; set; } = [];

    /// <summary>How many incidents are open, also beyond the list; null as from a bot of an earlier version.</summary>
    public int? OpenCount { get; set; }

    /// <summary>What an acknowledgement is refused with; null takes it.</summary>
    public (int Status, string Error)? Refusal { get; set; }

    /// <summary>Answers in place of the bot's own, from a request and its body; null leaves it to those.</summary>
    public Func<HttpRequest, string, (int Status, string Json)?>? Answers { get; set; }

    /// <summary>What was asked of it: method, address and body.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>How many listen to its events.</summary>
    public int Listeners => _listeners.Count;

    /// <summary>Starts one.</summary>
    public static async Task<IncidentBot> StartAsync(
        string socketPath,
        CancellationToken cancellation,
        TimeProvider? time = null
    )
    {
        File.Delete(socketPath);
        var bot = new IncidentBot(socketPath, time ?? TimeProvider.System);
        await bot._app.StartAsync(cancellation);
        return bot;
    }

    /// <summary>An incident that fires since some time.</summary>
    public ListedIncidentAnswer Open(string id, string? title, TimeSpan since, string? script = "churn.py") =>
        new(
            id,
            script ?? id,
            script,
            title,
            IncidentState.Open,
            _time.GetUtcNow() - since,
            _time.GetUtcNow() - TimeSpan.FromMinutes(5),
            null,
            _time.GetUtcNow() - since,
            null,
            null,
            null,
            "n-" + id
        );

    /// <summary>The same, over since some time.</summary>
    public ListedIncidentAnswer Over(string id, string? title, TimeSpan since, TimeSpan ended) =>
        Open(id, title, since) with
        {
            State = IncidentState.Over,
            EndedAt = _time.GetUtcNow() - ended,
        };

    /// <summary>Tells all who listen that an incident of a user has changed.</summary>
    public void SayChanged(string user)
    {
        foreach (var listener in _listeners.Keys)
        {
            listener.Writer.TryWrite(
                $"event: notification\ndata: {{\"user\":\"{user}\",\"id\":\"n-1\",\"state\":\"delivered\"}}\n\n"
            );
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners.Keys)
        {
            listener.Writer.TryComplete();
        }

        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Path == "/events")
        {
            await TellAsync(context);
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        Calls.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {body}".Trim());
        var (status, json) = Answers?.Invoke(context.Request, body) ?? Answer(context.Request, body);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json, context.RequestAborted);
    }

    private (int Status, string Json) Answer(HttpRequest request, string body)
    {
        const string NoRoute = """{"error":"There is no such address."}""";
        var parts = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["health"]:
                return (
                    200,
                    """{"status":"ok","version":"0.1.0","telegram":{"state":"ok"},"queue":{"waiting":0},"unreadable":[]}"""
                );
            case ["scripts"]:
                return (200, """{"scripts":[]}""");
            case ["notifications"]:
                return (200, """{"notifications":[]}""");
            case ["notifications", "scripts"]:
                return (200, """{"scripts":[]}""");
            case ["notifications", "quarters"]:
                return (200, """{"since":"2026-01-01T00:00:00Z","quarters":[]}""");
            case ["incidents"] when Incidents is { } incidents:
                return (
                    200,
                    JsonSerializer.Serialize(
                        new IncidentsAnswer(incidents, OpenCount),
                        IncidentContract.Json.IncidentsAnswer
                    )
                );
            case ["incidents", var id, "acknowledge"] when Incidents is { } incidents:
                if (Refusal is var (status, error))
                {
                    return (status, JsonSerializer.Serialize(new ErrorAnswer(error), SendContract.Json.ErrorAnswer));
                }

                var user = JsonSerializer.Deserialize(body, IncidentContract.Json.AcknowledgeCall)!.User;
                Incidents =
                [
                    .. incidents.Select(incident =>
                        incident.Id == id
                            ? incident with
                            {
                                AcknowledgedBy = user,
                                AcknowledgedAt = _time.GetUtcNow(),
                            }
                            : incident
                    ),
                ];
                return Incidents.FirstOrDefault(incident => incident.Id == id) is { } found
                    ? (200, JsonSerializer.Serialize(found, IncidentContract.Json.ListedIncidentAnswer))
                    : (404, NoRoute);
            default:
                return (404, NoRoute);
        }
    }

    private async Task TellAsync(HttpContext context)
    {
        var texts = Channel.CreateUnbounded<string>();
        try
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(": hello\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            _listeners.TryAdd(texts, 0);
            await foreach (var text in texts.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(text, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // Who listened is gone.
        }
        finally
        {
            _listeners.TryRemove(texts, out _);
        }
    }
}
