using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Linking;
using Notify.Web.Bot;
using Notify.Web.Hosting;
using Notify.Web.Login;

namespace Notify.Web.Api;

/// <summary><c>/api/telegram</c>: the user's link. The chat comes from the stored code alone; whatever a request says of a chat does not count.</summary>
internal static class TelegramRoutes
{
    private const string NoCode = "A code has six digits. Send /start to the bot in Telegram: it answers with one.";

    internal static void Map(RouteGroupBuilder telegram)
    {
        telegram
            .MapPost("/verify", VerifyAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Accepts<VerifyRequest>("application/json")
            .Refuses(400, 429, 503)
            .WithSummary("Links the chat that was told this code.");
        telegram
            .MapPost("/unlink", UnlinkAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Refuses(400, 429, 503)
            .WithSummary("Takes the link away.");
        telegram
            .MapPost("/timezone", SetTimeZoneAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Accepts<TimeZoneRequest>("application/json")
            .Refuses(400, 429, 503)
            .WithSummary("Times in the chat are in this time zone from now on.");
        telegram
            .MapGet("/status", Status)
            .Refuses(503)
            .WithSummary("Whether a chat is linked, since when, and whether it still takes messages.");
        telegram
            .MapPost("/link", OfferAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Refuses(429, 503)
            .WithSummary("Makes a one-tap link; the one before is void.");
    }

    private static async Task<Ok<VerifiedAnswer>> VerifyAsync(HttpContext context, ILinkStore links)
    {
        var typed = await ApiBody.ReadAsync<VerifyRequest>(context, """{"code":"048213"}""");
        var code =
            VerificationCodeText.Normalise(typed.Code)
            ?? throw new ApiException(StatusCodes.Status400BadRequest, NoCode);
        switch (await links.VerifyAsync(context.UserName(), code, context.RequestAborted))
        {
            case Verification.Verified { Change: var change }:
                return TypedResults.Ok(
                    new VerifiedAnswer(
                        true,
                        change.PreviousChat is null
                            ? "Linked. What your scripts have to say now comes to your Telegram chat."
                            : "Linked. What your scripts have to say now comes to this chat, and no longer to the one before."
                    )
                );
            case Verification.TooManyTries { RetryAfter: var wait }:
                throw new ApiException(
                    StatusCodes.Status429TooManyRequests,
                    $"Too many wrong codes were tried. Wait {InWords(wait)}, then try again.",
                    wait
                );
            default:
                throw new ApiException(
                    StatusCodes.Status400BadRequest,
                    "That code is wrong, or older than 10 minutes. Send /start to the bot in Telegram for a new one."
                );
        }
    }

    private static async Task<Ok<DoneAnswer>> UnlinkAsync(HttpContext context, ILinkStore links) =>
        links.Find(context.UserName()) is null
        || await links.UnlinkAsync(context.UserName(), context.RequestAborted) is null
            ? throw new ApiException(
                StatusCodes.Status400BadRequest,
                "No Telegram chat is linked to you, so there is nothing to unlink."
            )
            : TypedResults.Ok(new DoneAnswer(true));

    private static async Task<Ok<DoneAnswer>> SetTimeZoneAsync(HttpContext context, ILinkStore links)
    {
        var said = await ApiBody.ReadAsync<TimeZoneRequest>(context, """{"timezone":"Europe/Prague"}""");
        if (!TimeZoneName.TryParse(said.Timezone, out var name) || name.Find() is null)
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                "This server knows no time zone of that name. Give an IANA name, such as Europe/Prague."
            );
        }

        return await links.SetTimeZoneAsync(context.UserName(), name, context.RequestAborted) is null
            ? throw new ApiException(
                StatusCodes.Status400BadRequest,
                "No Telegram chat is linked to you, so there are no times to show in it."
            )
            : TypedResults.Ok(new DoneAnswer(true));
    }

    private static Ok<StatusAnswer> Status(HttpContext context, ILinkStore links) =>
        TypedResults.Ok(StatusAnswer.Of(links.Find(context.UserName())));

    private static async Task<Ok<LinkAnswer>> OfferAsync(HttpContext context, LinkOffers offers)
    {
        var offer = await offers.OfferAsync(context.UserName(), context.RequestAborted);
        return TypedResults.Ok(new LinkAnswer(offer.Url.AbsoluteUri, offer.ExpiresAt));
    }

    private static string InWords(TimeSpan wait)
    {
        var (count, unit) =
            wait > TimeSpan.FromSeconds(90)
                ? ((int)Math.Ceiling(wait.TotalMinutes), "minute")
                : (Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)), "second");
        return $"{count} {unit}{(count == 1 ? "" : "s")}";
    }
}
