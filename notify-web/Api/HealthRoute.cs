using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Web.Bot;

namespace Notify.Web.Api;

/// <summary>
/// GET /healthz: for the operator, nginx and the install, without login and under any name (they ask on the local socket or port). It is 200 as long as the
/// dashboard serves, and tells nothing of anybody.
/// </summary>
internal static class HealthRoute
{
    /// <summary>Its path below the dashboard's address.</summary>
    internal const string Path = "/healthz";

    internal static void MapHealth(this IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, AnswerAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<Ok<HealthAnswer>> AnswerAsync(HttpContext context, BotPulse bot)
    {
        var answers = await bot.AnswersAsync(context.RequestAborted);
        return TypedResults.Ok(
            new HealthAnswer(answers ? "ok" : "degraded", WebVersion.Text, answers ? "ok" : "unreachable")
        );
    }
}
