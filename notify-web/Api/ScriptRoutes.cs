using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Contracts;
using Notify.Http;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Api;

/// <summary><c>/api/scripts</c>: the user's scripts. Only the bot may run them.</summary>
internal static class ScriptRoutes
{
    internal static void Map(RouteGroupBuilder scripts)
    {
        scripts
            .MapGet("", ListAsync)
            .RequireRateLimiting(RateLimits.Listing)
            .Refuses(429, 503)
            .WithSummary("The scripts and their states.");
        scripts
            .MapPost("/{name}/run", RunAsync)
            .RequireRateLimiting(RateLimits.Running)
            .Refuses(400, 404, 429, 503)
            .WithSummary("Runs a script and says how it ended. This can take a minute.");
        scripts
            .MapPost("/{name}/mute", MuteAsync)
            .RequireRateLimiting(RateLimits.Listing)
            .Accepts<MuteRequest>("application/json")
            .Refuses(400, 429, 503)
            .WithSummary("Mutes a script for a while; null ends the mute.");
    }

    private static async Task<Ok<ScriptsAnswer>> ListAsync(HttpContext context, BotClient bot) =>
        TypedResults.Ok(await bot.ScriptsAsync(context.UserName(), context.RequestAborted));

    /// <summary>Closing the page does not end the run. The bot sends its result to the phone.</summary>
    private static async Task<Ok<RunAnswer>> RunAsync(HttpContext context, BotClient bot, string name) =>
        TypedResults.Ok(await bot.RunAsync(context.UserName(), Named(name), CancellationToken.None));

    private static async Task<Ok<MutedAnswer>> MuteAsync(HttpContext context, BotClient bot, string name)
    {
        var script = Named(name);
        var request = await ApiBody.ReadAsync<MuteRequest>(context, """{"for":"1h"} or {"for":null}""");
        return TypedResults.Ok(await bot.MuteAsync(context.UserName(), script, request.For, context.RequestAborted));
    }

    private static ScriptName Named(string name) =>
        ScriptName.TryParse(name, out var script)
            ? script
            : throw new ApiException(StatusCodes.Status400BadRequest, ScriptName.Refusal);
}
