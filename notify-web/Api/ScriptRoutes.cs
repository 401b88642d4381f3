using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Web.Bot;
using Notify.Web.Hosting;
using Notify.Web.Login;

namespace Notify.Web.Api;

/// <summary><c>/api/scripts</c>: the user's scripts, through the bot, which alone may run them.</summary>
internal static class ScriptRoutes
{
    internal static void Map(RouteGroupBuilder scripts)
    {
        scripts
            .MapGet("", ListAsync)
            .RequireRateLimiting(RateLimits.Listing)
            .Refuses(429, 503)
            .WithSummary("The scripts, and what is known of each.");
        scripts
            .MapPost("/{name}/run", RunAsync)
            .RequireRateLimiting(RateLimits.Running)
            .Refuses(400, 404, 429, 503)
            .WithSummary("Runs a script and says how it ended; that can take a minute.");
        scripts
            .MapPost("/{name}/mute", MuteAsync)
            .RequireRateLimiting(RateLimits.Listing)
            .Accepts<MuteRequest>("application/json")
            .Refuses(400, 429, 503)
            .WithSummary("Holds a script's notifications back for a while; null ends that.");
    }

    private static async Task<Ok<BotScripts>> ListAsync(HttpContext context, BotClient bot) =>
        TypedResults.Ok(await bot.ScriptsAsync(context.UserName(), context.RequestAborted));

    /// <summary>Whoever closes the page meanwhile does not end the run: it is the bot's, and its result comes to the phone.</summary>
    private static async Task<Ok<BotRun>> RunAsync(HttpContext context, BotClient bot, string name) =>
        TypedResults.Ok(await bot.RunAsync(context.UserName(), Named(name), CancellationToken.None));

    private static async Task<Ok<BotMute>> MuteAsync(HttpContext context, BotClient bot, string name)
    {
        var script = Named(name);
        var wish = await ApiBody.ReadAsync<MuteRequest>(context, """{"for":"1h"} or {"for":null}""");
        return TypedResults.Ok(await bot.MuteAsync(context.UserName(), script, wish.For, context.RequestAborted));
    }

    private static ScriptName Named(string name) =>
        ScriptName.TryParse(name, out var script)
            ? script
            : throw new ApiException(StatusCodes.Status400BadRequest, ScriptName.Refusal);
}
