using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Notify.Contracts;

namespace Notify.Tests.Page;

/// <summary>Listens where the bot would, and answers operators what a test sets. It is not the bot: tests of both together are elsewhere.</summary>
internal sealed class OperatorBot : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OperatorBot(string socketPath)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socketPath));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>What was asked of it under <c>/operator</c>: method and address.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    public IReadOnlyList<OperatorUserAnswer> Users { get; set; } = [];

    /// <summary>Whose rounds have stopped.</summary>
    public IReadOnlyList<string> Silent { get; set; } = [];

    public IReadOnlyList<OperatorQueueUserAnswer> Queue { get; set; } = [];

    public IReadOnlyList<OperatorFailureAnswer> Failures { get; set; } = [];

    public IReadOnlyList<OperatorActAnswer> Acts { get; set; } = [];

    public IReadOnlyList<OperatorCheckAnswer> Checks { get; set; } = [new("socket", true, null, null)];

    /// <summary>What every call is refused with; null answers.</summary>
    public (int Status, string Error)? Refusal { get; set; }

    public static async Task<OperatorBot> StartAsync(WebScene scene, CancellationToken cancellation)
    {
        var socketPath = Path.Combine(scene.Data, "bot.sock");
        File.Delete(socketPath);
        var bot = new OperatorBot(socketPath);
        await bot._app.StartAsync(cancellation);
        return bot;
    }

    /// <summary>A user without any trouble.</summary>
    public static OperatorUserAnswer Well(string name) =>
        new(
            name,
            LinkedAt: DateTimeOffset.UnixEpoch.AddDays(20_000),
            Dead: null,
            DeadSince: null,
            LastRound: DateTimeOffset.UnixEpoch.AddDays(20_100),
            Scripts: 3,
            Failing: [],
            Waiting: 0,
            Held: 0,
            Failed24h: 0,
            Desktops: 0
        );

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.Path.StartsWithSegments("/operator", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        Calls.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        if (Refusal is { } refusal)
        {
            context.Response.StatusCode = refusal.Status;
            await context.Response.WriteAsJsonAsync(new { error = refusal.Error }, context.RequestAborted);
            return;
        }

        var json = OperatorContract.Json;
        var search = request.Query["q"].ToString();
        await (
            (request.Method, request.Path.Value!.Split('/')) switch
            {
                ("GET", [_, _, "users"]) => AnswerAsync(
                    context,
                    new OperatorUsersAnswer([
                        .. Users.Where(user =>
                            user.User.Contains(search, StringComparison.Ordinal)
                            && (
                                request.Query["only"] != OperatorQuery.Silent
                                || Silent.Contains(user.User, StringComparer.Ordinal)
                            )
                        ),
                    ]),
                    json.OperatorUsersAnswer
                ),
                ("GET", [_, _, "queue"]) => AnswerAsync(
                    context,
                    new OperatorQueueAnswer(Queue),
                    json.OperatorQueueAnswer
                ),
                ("GET", [_, _, "failed"]) => AnswerAsync(
                    context,
                    new OperatorFailedAnswer(Failures),
                    json.OperatorFailedAnswer
                ),
                ("GET", [_, _, "health"]) => AnswerAsync(context, Health(), json.OperatorHealthAnswer),
                ("GET", [_, _, "audit"]) => AnswerAsync(
                    context,
                    new OperatorAuditAnswer([
                        .. Acts.Where(act =>
                                request.Query["before"].ToString() is not { Length: > 0 } before
                                || act.Number < long.Parse(before, System.Globalization.CultureInfo.InvariantCulture)
                            )
                            .Take(
                                int.Parse(request.Query["limit"]!, System.Globalization.CultureInfo.InvariantCulture)
                            ),
                    ]),
                    json.OperatorAuditAnswer
                ),
                ("POST", [_, _, _, var user, var act]) => AnswerAsync(
                    context,
                    new OperatorActedAnswer($"Did {act} to {user}."),
                    json.OperatorActedAnswer
                ),
                _ => Task.FromException(new InvalidOperationException($"{request.Method} {request.Path}")),
            }
        );
    }

    private OperatorHealthAnswer Health() =>
        new(
            new BotHealth(
                HealthState.Ok,
                "1.0.0",
                "NotifyTestBot",
                new TelegramHealth(TelegramState.Ok, null, null),
                new QueueHealth(Queue.Sum(user => user.Waiting), 4),
                null,
                []
            ),
            Failures.Count,
            59_000_000,
            100_000_000,
            Checks
        );

    private static Task AnswerAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, answer, type, context.RequestAborted);
    }
}
