using Notify.Bot.Delivery;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary><c>GET /incidents</c> and <c>POST /incidents/ID/acknowledge</c>.</summary>
internal sealed class IncidentRoutes(
    IOutbox outbox,
    Accounts accounts,
    IncidentEdits edits,
    HistoryTurns turns,
    TimeProvider time
)
{
    /// <summary>Most incidents of an answer.</summary>
    private const int MaxListed = 100;

    /// <summary>Longest body of an acknowledgement, in bytes.</summary>
    private const int MaxBody = 4096;

    /// <summary>How long an incident is listed after its end.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromHours(24);

    internal async Task ListAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var mutes = outbox.MutesOf(user);
        var (found, open) = await turns.ReadAsync(
            user,
            () => (outbox.IncidentsOf(user, time.GetUtcNow() - Lately, MaxListed), outbox.CountOpenIncidents(user)),
            context.RequestAborted
        );
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new IncidentsAnswer([.. found.Select(incident => Listed(incident, mutes))], open),
            IncidentContract.Json.IncidentsAnswer
        );
    }

    internal async Task AcknowledgeAsync(HttpContext context)
    {
        var caller = PeerCredentialMiddleware.Of(context);
        var body = await SendBody.ReadAsync(context.Request, MaxBody, context.RequestAborted);
        var named = body.Length > 0 ? JsonFields.Parse(body).Text(SendField.User) : null;
        var user = caller.For(named ?? context.Request.Query[SendField.User]);
        var id = context.Request.RouteValues["id"] as string ?? "";
        if (
            outbox.FindIncident(id) is not { } known
            || known.User != user
            || known.Account != accounts.Of(user).Id
            || await outbox.AcknowledgeIncidentAsync(id, user.Value) is not { } incident
        )
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                $"{user} has no incident with that id. GET /incidents lists them."
            );
        }

        if (incident.State == IncidentState.Over)
        {
            throw new ApiException(StatusCodes.Status409Conflict, "This incident is over, so nobody has to be on it.");
        }

        edits.Wake();
        await context.WriteAsync(
            StatusCodes.Status200OK,
            Listed(incident, outbox.MutesOf(user)),
            IncidentContract.Json.ListedIncidentAnswer
        );
    }

    private static ListedIncidentAnswer Listed(Incident incident, Mutes mutes) =>
        new(
            incident.Id,
            incident.Key,
            incident.Script,
            incident.Title,
            incident.State,
            incident.Since,
            incident.LastSeen,
            incident.EndedAt,
            incident.ToldAt,
            incident.AcknowledgedBy,
            incident.AcknowledgedAt,
            mutes.Until(incident.Script),
            incident.FirstId
        );
}
