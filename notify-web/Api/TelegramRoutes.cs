using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Http;
using Notify.Linking;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Api;

/// <summary><c>/api/telegram</c>: the user's link. The chat comes only from the stored code, never from a request.</summary>
internal static class TelegramRoutes
{
    private const string NoCode = "A code has six digits. Send /start to the bot in Telegram to get one.";

    internal static void Map(RouteGroupBuilder telegram)
    {
        telegram
            .MapPost("/verify", VerifyAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Accepts<VerifyRequest>("application/json")
            .Refuses(400, 429, 503)
            .WithSummary("Links the chat that got this code.");
        telegram
            .MapPost("/unlink", UnlinkAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Refuses(400, 429, 503)
            .WithSummary("Removes the link.");
        telegram
            .MapPost("/timezone", SetTimeZoneAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Accepts<TimeZoneRequest>("application/json")
            .Refuses(400, 429, 503)
            .WithSummary("Sets the time zone for times in the chat.");
        telegram
            .MapGet("/status", Status)
            .Refuses(503)
            .WithSummary("Whether a chat is linked, since when, and whether it still takes messages.");
        telegram
            .MapPost("/link", OfferAsync)
            .RequireRateLimiting(RateLimits.Linking)
            .Refuses(429, 503)
            .WithSummary("Makes a one-tap link, which replaces the earlier one.");
    }

    private static async Task<Ok<VerifiedAnswer>> VerifyAsync(HttpContext context, ILinkStore links)
    {
        var request = await ApiBody.ReadAsync<VerifyRequest>(context, """{"code":"048213"}""");
        var code =
            VerificationCodeText.Normalise(request.Code)
            ?? throw new ApiException(StatusCodes.Status400BadRequest, NoCode);
        switch (await links.VerifyAsync(context.UserName(), code, context.RequestAborted))
        {
            case Verification.Verified { Change: var change }:
                return TypedResults.Ok(
                    new VerifiedAnswer(
                        true,
                        change.PreviousChat is null
                            ? "Linked. Your notifications now arrive in your Telegram chat."
                            : "Linked. Your notifications now arrive in this chat, and no longer in the earlier one."
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
                    "This code is wrong, or older than 10 minutes. Send /start to the bot in Telegram for a new one."
                );
        }
    }

    private static async Task<Ok<DoneAnswer>> UnlinkAsync(HttpContext context, ILinkStore links) =>
        links.Find(context.UserName()) is null
        || await links.UnlinkAsync(context.UserName(), context.RequestAborted) is null
            ? throw new ApiException(StatusCodes.Status400BadRequest, "You have no linked Telegram chat.")
            : TypedResults.Ok(new DoneAnswer(true));

    private static async Task<Ok<DoneAnswer>> SetTimeZoneAsync(HttpContext context, ILinkStore links)
    {
        var request = await ApiBody.ReadAsync<TimeZoneRequest>(context, """{"timezone":"Europe/Prague"}""");
        if (!TimeZoneName.TryParse(request.Timezone, out var name) || name.Find() is null)
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                "This server knows no time zone with that name. Give an IANA name, such as Europe/Prague."
            );
        }

        return await links.SetTimeZoneAsync(context.UserName(), name, context.RequestAborted) is null
            ? throw new ApiException(
                StatusCodes.Status400BadRequest,
                "You have no linked Telegram chat, so there are no times to show."
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
