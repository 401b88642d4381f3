using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Web.Bot;
using Notify.Web.Hosting;
using Notify.Web.Login;

namespace Notify.Web.Api;

/// <summary><c>/api/notifications</c>: the user's history of 30 days, and its charts.</summary>
internal static class NotificationRoutes
{
    private const int DefaultLimit = 50;
    private const int LongestId = 64;

    /// <summary>Kept, and asked for again each time: after a logout nobody sees it from the browser's cache.</summary>
    private const string AskedForAgain = "private, no-cache";
    private const string PictureAndNothingElse = "default-src 'none'; frame-ancestors 'none'; sandbox";

    internal static void Map(RouteGroupBuilder notifications)
    {
        notifications
            .MapGet("", ListAsync)
            .Refuses(400, 503)
            .WithSummary("The newest notifications, or those before the one with an id, the newest first.");
        notifications
            .MapGet("/images/{id}", ImageAsync)
            .Refuses(404, 503)
            .Produces(200, contentType: "image/png", additionalContentTypes: "image/jpeg")
            .WithSummary("A chart.");
    }

    private static async Task<Ok<NotificationsAnswer>> ListAsync(
        HttpContext context,
        BotClient bot,
        string? limit,
        string? before
    )
    {
        var most = DefaultLimit;
        if (
            limit is not null
            && !(
                int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most)
                && most is >= 1 and <= BotClient.MostNotifications
            )
        )
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                $"Field 'limit' is not a whole number from 1 to {BotClient.MostNotifications}."
            );
        }

        if (before is not null && !IsId(before))
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                "Field 'before' names no notification of your history; it is kept for 30 days."
            );
        }

        return TypedResults.Ok(
            new NotificationsAnswer(
                await bot.NotificationsAsync(context.UserName(), most, before, context.RequestAborted)
            )
        );
    }

    private static async Task ImageAsync(HttpContext context, BotClient bot, string id)
    {
        // The bot looks only into this user's history, whatever the id.
        if (!IsId(id))
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                "Your history has no chart of that name. Charts are kept for 30 days."
            );
        }

        using var image = await bot.ImageAsync(context.UserName(), id, context.RequestAborted);
        var response = context.Response;
        response.Headers.CacheControl = AskedForAgain;
        response.Headers.ETag = $"\"{id}\"";
        if (context.Request.Headers.IfNoneMatch.Contains($"\"{id}\"", StringComparer.Ordinal))
        {
            // An id is of one picture for ever.
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = image.Content.Headers.ContentType?.MediaType is "image/png" or "image/jpeg"
            ? image.Content.Headers.ContentType.MediaType
            : "application/octet-stream";
        response.ContentLength = image.Content.Headers.ContentLength;
        response.Headers.ContentSecurityPolicy = PictureAndNothingElse;
        await image.Content.CopyToAsync(response.Body, context.RequestAborted);
    }

    private static bool IsId(string text) =>
        text.Length is > 0 and <= LongestId && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
