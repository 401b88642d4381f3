using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Api;

/// <summary>GET /healthz: for the operator, nginx and the install, without login. It is 200 as long as the dashboard serves.</summary>
internal static class HealthRoute
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    internal static void MapHealth(this IEndpointRouteBuilder routes) => routes.MapGet("/healthz", AnswerAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<Ok<HealthAnswer>> AnswerAsync(HttpContext context, BotClient bot, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, limit.Token);
        var answers = false;
        try
        {
            await bot.HealthAsync(either.Token);
            answers = true;
        }
        catch (Exception e) when (e is BotUnreachableException or BotRefusedException or OperationCanceledException)
        {
            // Said in the answer.
        }

        return TypedResults.Ok(new HealthAnswer(answers ? "ok" : "degraded", WebVersion.Text, answers ? "ok" : "unreachable"));
    }
}
