using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Notify.Contracts;
using Notify.Http;
using Notify.Web.Bot;
using Notify.Web.Login;

namespace Notify.Web.Api;

/// <summary><c>/api/notifications</c>: the user's history of 30 days, and its charts.</summary>
internal static class NotificationRoutes
{
    private const int DefaultLimit = 50;
    private const int MaxIdLength = 64;

    /// <summary>The browser keeps it but asks again each time: after a logout its cache shows nothing.</summary>
    private const string Revalidated = "private, no-cache";
    private const string PictureOnly = "default-src 'none'; frame-ancestors 'none'; sandbox";

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
        notifications
            .MapGet("/files/{id}", FileAsync)
            .Refuses(404, 503)
            .Produces(200, contentType: "application/octet-stream")
            .WithSummary("A file, to be saved.");
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
                && most is >= 1 and <= BotClient.MaxNotifications
            )
        )
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                $"Field 'limit' is not a whole number from 1 to {BotClient.MaxNotifications}."
            );
        }

        if (before is not null && !IsId(before))
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                "Field 'before' names no notification in your history, which covers 30 days."
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
        if (!IsAttachmentId(id))
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                "Your history has no chart with that name. The history covers 30 days."
            );
        }

        using var image = await bot.ImageAsync(context.UserName(), id, context.RequestAborted);
        var response = context.Response;
        response.Headers.CacheControl = Revalidated;
        response.Headers.ETag = $"\"{id}\"";
        if (context.Request.Headers.IfNoneMatch.Contains($"\"{id}\"", StringComparer.Ordinal))
        {
            // An id names the same picture for ever.
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = image.Content.Headers.ContentType?.MediaType is "image/png" or "image/jpeg"
            ? image.Content.Headers.ContentType.MediaType
            : "application/octet-stream";
        response.ContentLength = image.Content.Headers.ContentLength;
        response.Headers.ContentSecurityPolicy = PictureOnly;
        await image.Content.CopyToAsync(response.Body, context.RequestAborted);
    }

    private static async Task FileAsync(HttpContext context, BotClient bot, string id)
    {
        if (!IsAttachmentId(id))
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                "Your history has no file with that name. The history covers 30 days."
            );
        }

        using var file = await bot.FileAsync(context.UserName(), id, context.RequestAborted);
        var response = context.Response;
        response.ContentType = "application/octet-stream";
        response.ContentLength = file.Content.Headers.ContentLength;
        response.Headers.CacheControl = Revalidated;
        response.Headers.ContentSecurityPolicy = PictureOnly;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentDisposition = file.Content.Headers.ContentDisposition is { } named
            ? named.ToString()
            : "attachment";
        await file.Content.CopyToAsync(response.Body, context.RequestAborted);
    }

    /// <summary>Whether a text can be the id of a notification.</summary>
    internal static bool IsId(string text) =>
        text.Length is > 0 and <= MaxIdLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>An id, or a notification's id and a number of one or two digits behind a dot.</summary>
    private static bool IsAttachmentId(string text) =>
        text.LastIndexOf('.') is var dot && dot < 0
            ? IsId(text)
            : IsId(text[..dot]) && text[(dot + 1)..] is { Length: 1 or 2 } number && number.All(char.IsAsciiDigit);
}
