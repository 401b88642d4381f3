using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Notify.Http;
using Notify.Web.Live;
using Notify.Web.Login;

namespace Notify.Web.Api;

/// <summary>
/// GET /api/events: changes as server-sent events. <c>link</c> has the data of /api/telegram/status, <c>notification</c> an id and a state. <c>scripts</c> and
/// <c>refresh</c> (fetch everything) have no data.
/// </summary>
/// <remarks>
/// Each event's id is a position. A browser that reconnects sends the last one it saw, a new page the one it was rendered at (<c>?from=</c>). If it missed something, it
/// gets <c>refresh</c>. A stream ends with its session, and within a second after the user leaves the group.
/// </remarks>
internal static class EventsRoute
{
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);

    internal static void Map(RouteGroupBuilder api) =>
        api.MapGet("/events", StreamAsync)
            .WithTags("Events")
            .Produces<string>(200, "text/event-stream")
            .Refuses(429)
            .WithSummary("What changes: events link, notification, scripts, refresh.");

    private static async Task StreamAsync(
        HttpContext context,
        SseHub streams,
        SessionCheck check,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        string? from
    )
    {
        var session = context.Session();
        var user = session.User;
        var reader =
            streams.Open(user)
            ?? throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                $"You have {SseHub.MaxPerUser} pages of the dashboard open. Close some.",
                TimeSpan.FromSeconds(30)
            );
        try
        {
            var ends = (await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme)).Properties
                is { } cookie
                ? SessionLife.EndOf(cookie)
                : time.GetUtcNow();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(
                context.RequestAborted,
                lifetime.ApplicationStopping
            );
            var response = context.Response;
            response.ContentType = "text/event-stream";
            // Otherwise nginx buffers some kB of events before it passes them on.
            response.Headers["X-Accel-Buffering"] = "no";

            var seen = context.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : from;
            var link = streams.LinkOf(user);
            var position = streams.PositionOf(user);
            await WriteAsync(
                response,
                seen is null || seen == position
                    ? ": this is a stream of events\n\n"
                    : Text(LiveEvent.Refresh, position),
                either.Token
            );
            var saidAt = time.GetTimestamp();
            await foreach (var what in reader.ReadAllAsync(either.Token))
            {
                if (time.GetUtcNow() >= ends || !check.Holds(session))
                {
                    return;
                }

                var text = "";
                var now = streams.LinkOf(user);
                if (now != link)
                {
                    link = now;
                    text = Text(
                        new LiveEvent("link", JsonSerializer.Serialize(StatusAnswer.Of(link), ApiJson.Options)),
                        streams.PositionOf(user)
                    );
                }

                if (what.Name is not null)
                {
                    text += Text(what, streams.PositionOf(user));
                }
                else if (text.Length == 0 && time.GetElapsedTime(saidAt) >= KeepAliveInterval)
                {
                    text = ": still there\n\n";
                }

                if (text.Length > 0)
                {
                    await WriteAsync(response, text, either.Token);
                    saidAt = time.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The page is closed, or the dashboard ends.
        }
        finally
        {
            streams.Close(user, reader);
        }
    }

    private static string Text(LiveEvent what, string position) =>
        $"id: {position}\nevent: {what.Name}\ndata: {what.Data}\n\n";

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellation)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        await response.Body.FlushAsync(cancellation);
    }
}
