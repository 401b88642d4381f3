using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Contracts;
using Notify.Hosting;
using Notify.Web.Bot;

namespace Notify.Web.Api;

/// <summary>
/// GET /healthz: for admins, nginx and the install. It needs no login and answers under any host name, because they use the local socket or port. It is 200 as long as the
/// dashboard serves, and shows nothing about users.
/// </summary>
internal static class HealthRoute
{
    internal static void MapHealth(this IEndpointRouteBuilder routes) =>
        routes.MapGet(WebPaths.Health, AnswerAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<Ok<HealthAnswer>> AnswerAsync(HttpContext context, BotPulse bot)
    {
        var answers = await bot.AnswersAsync(context.RequestAborted);
        return TypedResults.Ok(
            new HealthAnswer(
                answers ? HealthState.Ok : HealthState.Degraded,
                ProductVersion.Text,
                answers ? "ok" : "unreachable"
            )
        );
    }
}
