using Microsoft.Net.Http.Headers;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>Serves the bot's health and metrics, and a user's link, mutes, counts, charts and files.</summary>
internal sealed class WatchRoutes(
    ILinkStore links,
    IOutbox outbox,
    HistoryTurns turns,
    AttachmentStore attachments,
    BotHealthCheck health
)
{
    internal async Task HealthAsync(HttpContext context)
    {
        var answer = await health.CheckAsync(context.RequestAborted);
        await context.WriteAsync(
            answer.Status == HealthState.Down ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK,
            answer,
            HealthContract.Json.BotHealth
        );
    }

    internal Task LinkAsync(HttpContext context)
    {
        var link = links.Find(PeerCredentialMiddleware.UserOf(context));
        return context.WriteAsync(
            StatusCodes.Status200OK,
            new LinkAnswer(link is not null, link?.LinkedAt),
            HealthContract.Json.LinkAnswer
        );
    }

    /// <summary>The user's mutes, without listing the scripts, which costs a process.</summary>
    internal Task MutesAsync(HttpContext context)
    {
        var mutes = outbox.MutesOf(PeerCredentialMiddleware.UserOf(context));
        var scripts = mutes
            .Scripts.OrderBy(script => script.Key, StringComparer.Ordinal)
            .Select(script => new MutedScriptAnswer(script.Key, script.Value));
        return context.WriteAsync(
            StatusCodes.Status200OK,
            new MutesAnswer(mutes.All, [.. scripts]),
            ScriptsContract.Json.MutesAnswer
        );
    }

    internal async Task DaysAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var counts = await turns.ReadAsync(user, () => outbox.CountDays(user), context.RequestAborted);
        var days = counts
            .Days.GroupBy(c => c.Day)
            .Select(day =>
                Sum(
                    day.Select(c => (c.State, c.Count)),
                    (queued, delivered, failed, unknown, muted) =>
                        new DayAnswer(day.Key, queued, delivered, failed, unknown, muted)
                )
            );
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new DaysAnswer(counts.Since, [.. days]),
            HistoryContract.Json.DaysAnswer
        );
    }

    internal async Task QuartersAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var counts = await turns.ReadAsync(user, () => outbox.CountQuarters(user), context.RequestAborted);
        var quarters = counts
            .Quarters.GroupBy(c => c.At)
            .Select(quarter =>
                Sum(
                    quarter.Select(c => (c.State, c.Count)),
                    (queued, delivered, failed, unknown, muted) =>
                        new QuarterAnswer(quarter.Key, queued, delivered, failed, unknown, muted)
                )
            );
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new QuartersAnswer(counts.Since, [.. quarters]),
            HistoryContract.Json.QuartersAnswer
        );
    }

    /// <summary>An answer built from the sums by state: queued, delivered, failed, unknown, muted.</summary>
    private static T Sum<T>(
        IEnumerable<(DeliveryState State, int Count)> counts,
        Func<int, int, int, int, int, T> answer
    )
    {
        var sums = counts.ToLookup(count => count.State, count => count.Count);
        int Of(DeliveryState state) => sums[state].Sum();
        return answer(
            Of(DeliveryState.Queued) + Of(DeliveryState.Held),
            Of(DeliveryState.Delivered),
            Of(DeliveryState.Failed),
            Of(DeliveryState.Unknown),
            Of(DeliveryState.Muted)
        );
    }

    internal async Task ImageAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var image = context.Request.RouteValues["id"] is string id
            ? outbox.ImageOf(user, id) ?? outbox.AttachmentOf(user, id) as StoredImage
            : null;
        await using var file = image is null ? null : attachments.Open(image);
        if (file is null)
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                $"{user}'s history has no chart with that name. The history covers 30 days."
            );
        }

        context.Response.ContentType = image!.Info.MediaType;
        context.Response.ContentLength = file.Length;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>A file of the history, to be saved and never shown: its bytes are its sender's.</summary>
    internal async Task FileAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var stored = context.Request.RouteValues["id"] is string id
            ? outbox.AttachmentOf(user, id) as StoredFile
            : null;
        await using var file = stored is null ? null : attachments.Open(stored);
        if (file is null)
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                $"{user}'s history has no file with that name. The history covers 30 days."
            );
        }

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(stored!.Name);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = file.Length;
        context.Response.Headers.ContentDisposition = disposition.ToString();
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
