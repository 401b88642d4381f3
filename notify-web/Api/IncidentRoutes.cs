using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Contracts;
using Notify.Http;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Api;

/// <summary><c>/api/incidents</c>: the user's incidents, open ones and those that ended in the last day.</summary>
internal static class IncidentRoutes
{
    private const int MaxIdLength = 64;

    internal static void Map(RouteGroupBuilder incidents)
    {
        incidents
            .MapGet("", ListAsync)
            .Refuses(503)
            .WithSummary("The open incidents, the newest first, then those that ended in the last 24 hours.");
        incidents
            .MapPost("/{id}/acknowledge", AcknowledgeAsync)
            .RequireRateLimiting(RateLimits.Listing)
            .Refuses(404, 409, 429, 503)
            .WithSummary("The user is on it: no reminders until it is over.");
    }

    private static async Task<Ok<IncidentsAnswer>> ListAsync(HttpContext context, BotClient bot) =>
        TypedResults.Ok(
            await bot.IncidentsAsync(context.UserName(), context.RequestAborted) ?? new IncidentsAnswer([])
        );

    private static async Task<Ok<ListedIncidentAnswer>> AcknowledgeAsync(HttpContext context, BotClient bot, string id)
    {
        // The bot looks only at this user's incidents, whatever the id.
        if (
            id.Length is 0 or > MaxIdLength
            || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            || id.All(c => c == '.')
        )
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                "You have no such incident. Reload the page for the current ones."
            );
        }

        return TypedResults.Ok(await bot.AcknowledgeAsync(context.UserName(), id, context.RequestAborted));
    }
}
