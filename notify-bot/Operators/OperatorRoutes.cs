using System.Globalization;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Bot.SendApi;
using Notify.Contracts;
using Notify.Http;

namespace Notify.Bot.Operators;

/// <summary>What operators read. No answer holds a title, a text, a chart or a file of anybody.</summary>
internal sealed class OperatorRoutes(
    IOutbox outbox,
    OperatorUsers users,
    OperatorChecks checks,
    BotHealthCheck health,
    HistoryTurns turns,
    BotSettings settings,
    TimeProvider time
)
{
    /// <summary>The span of the counts of failures.</summary>
    internal static readonly TimeSpan Lately = TimeSpan.FromHours(24);

    /// <summary>How long a service that was down can learn whom to forget: longer than any token or session lives.</summary>
    private static readonly TimeSpan ForgottenFor = TimeSpan.FromDays(60);

    internal async Task UsersAsync(HttpContext context)
    {
        var search = (string?)context.Request.Query[OperatorQuery.Search] ?? "";
        var only = (string?)context.Request.Query[OperatorQuery.Only];
        var kind = OperatorUsers.Kind(only) ?? throw ApiException.Field(OperatorQuery.Only, OperatorUsers.Kinds);
        var all = await users.ListAsync(context.RequestAborted);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new OperatorUsersAnswer([
                .. all.Where(kind)
                    .Select(user => user.Answer)
                    .Where(user => user.User.Contains(search, StringComparison.OrdinalIgnoreCase)),
            ]),
            OperatorContract.Json.OperatorUsersAnswer
        );
    }

    internal async Task QueueAsync(HttpContext context)
    {
        var waiting = await ReadAsync(context, outbox.WaitingByUser);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new OperatorQueueAnswer([
                .. waiting.Select(user => new OperatorQueueUserAnswer(
                    user.User,
                    user.Waiting,
                    user.Oldest,
                    user.Progress.NextTryAt,
                    user.Progress.Reason?.Word()
                )),
            ]),
            OperatorContract.Json.OperatorQueueAnswer
        );
    }

    internal async Task FailedAsync(HttpContext context)
    {
        var (limit, since) = (ListQuery.Limit(context), Since(context) ?? time.GetUtcNow() - Lately);
        var failed = await ReadAsync(context, () => outbox.Failures(since, limit));
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new OperatorFailedAnswer([
                .. failed.Select(one => new OperatorFailureAnswer(
                    one.Id,
                    one.User,
                    one.Script,
                    one.CreatedAt,
                    one.Progress.State,
                    one.Progress.Reason?.Word()
                )),
            ]),
            OperatorContract.Json.OperatorFailedAnswer
        );
    }

    internal async Task HealthAsync(HttpContext context)
    {
        var now = await health.CheckAsync(context.RequestAborted);
        var counts = await ReadAsync(context, () => outbox.CountUsers(time.GetUtcNow() - Lately));
        var disk = new DriveInfo(settings.DataFolder);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new OperatorHealthAnswer(
                now,
                counts.Values.Sum(user => user.Failed),
                disk.AvailableFreeSpace,
                disk.TotalSize,
                checks.Run(now)
            ),
            OperatorContract.Json.OperatorHealthAnswer
        );
    }

    internal async Task AuditAsync(HttpContext context)
    {
        var limit = ListQuery.Limit(context);
        var before = long.MaxValue;
        if (
            context.Request.Query["before"] is [{ Length: > 0 } text]
            && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out before)
        )
        {
            throw ApiException.Field("before", "is not the number of an act");
        }

        var acts = await ReadAsync(context, () => outbox.Acts(limit, before));
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new OperatorAuditAnswer(acts),
            OperatorContract.Json.OperatorAuditAnswer
        );
    }

    /// <summary>For services that keep something of users, such as the dashboard. They read it when they start.</summary>
    internal async Task ForgottenAsync(HttpContext context)
    {
        if (!OperatorGate.IsService(PeerCredentialMiddleware.Of(context)))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var since = Since(context) ?? time.GetUtcNow() - ForgottenFor;
        var forgotten = await ReadAsync(context, () => outbox.Forgotten(since));
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new ForgottenAnswer(forgotten),
            OperatorContract.Json.ForgottenAnswer
        );
    }

    /// <summary>Reads from the outbox in the operators' own turn, so they keep only each other waiting.</summary>
    private Task<T> ReadAsync<T>(HttpContext context, Func<T> read) =>
        turns.ReadAsync(OperatorUsers.Turn, read, context.RequestAborted);

    /// <exception cref="ApiException">400: it is no time of RFC 3339.</exception>
    private static DateTimeOffset? Since(HttpContext context) =>
        context.Request.Query["since"] is not [{ Length: > 0 } text] ? null
        : DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var moment
        )
            ? moment
        : throw ApiException.Field("since", "is not a time such as 2026-05-01T08:00:00Z");
}
