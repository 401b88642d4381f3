using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Api;

/// <summary>GET /healthz: for the operator, nginx and the install, without login.</summary>
internal static class HealthRoute
{
    internal static void MapHealth(this IEndpointRouteBuilder routes) => routes.MapGet("/healthz", AnswerAsync).AllowAnonymous();

    private static async Task AnswerAsync(HttpContext context)
    {
        string bot;
        try
        {
            await context.RequestServices.GetRequiredService<BotClient>().HealthAsync(context.RequestAborted);
            bot = "ok";
        }
        catch (BotUnreachableException)
        {
            bot = "unreachable";
        }

        await context.Response.WriteAsJsonAsync(
            new HealthAnswer(bot == "ok" ? "ok" : "degraded", WebVersion.Text, bot), ApiJson.Default.HealthAnswer, cancellationToken: context.RequestAborted);
    }
}
