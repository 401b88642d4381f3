using System.Globalization;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary>What can be looked at: the bot's health and figures, and a user's link, notifications and charts.</summary>
internal sealed class WatchRoutes(
    ILinkStore links,
    Accounts accounts,
    NotificationDelivery delivery,
    IOutbox outbox,
    HistoryTurns turns,
    ImageStore images,
    TelegramState telegram
)
{
    internal async Task HealthAsync(HttpContext context)
    {
        var trouble = await outbox.LookAsync(context.RequestAborted);
        var now = telegram.Now;
        var unreadable = links.Unreadable();
        var state = now.Condition switch
        {
            TelegramCondition.Ok => "ok",
            TelegramCondition.TokenRefused => "token refused",
            TelegramCondition.PolledElsewhere => "polled elsewhere",
            _ => "unreachable",
        };
        var queue = delivery.Queue;
        var answer = new HealthAnswer(
            trouble is not null ? "down"
                : now.Condition == TelegramCondition.Ok && unreadable.Count == 0 && outbox.LogTrouble is null ? "ok"
                : "degraded",
            BotVersion.Text,
            telegram.BotUsername,
            new TelegramAnswer(state, now.LastGoodPoll, now.Trouble),
            new QueueAnswer(queue.Length, Math.Round(queue.Oldest.TotalSeconds, 1)),
            (trouble?.Reason ?? outbox.LogTrouble) is { } reason
                ? new OutboxAnswer(trouble?.Word ?? "log too large", reason, outbox.LogBytes)
                : null,
            unreadable
        );
        await context.WriteAsync(
            trouble is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            answer,
            SendApiJson.Default.HealthAnswer
        );
    }

    internal Task LinkAsync(HttpContext context)
    {
        var link = links.Find(PeerCredentialMiddleware.UserOf(context));
        return context.WriteAsync(
            StatusCodes.Status200OK,
            new LinkAnswer(link is not null, link?.LinkedAt),
            SendApiJson.Default.LinkAnswer
        );
    }

    /// <summary>What the user has muted, without a look at the scripts themselves, which costs a process.</summary>
    internal Task MutesAsync(HttpContext context)
    {
        var mutes = outbox.MutesOf(PeerCredentialMiddleware.UserOf(context));
        var scripts = mutes
            .Scripts.OrderBy(script => script.Key, StringComparer.Ordinal)
            .Select(script => new MutedScriptAnswer(script.Key, script.Value));
        return context.WriteAsync(
            StatusCodes.Status200OK,
            new MutesAnswer(mutes.All, [.. scripts]),
            SendApiJson.Default.MutesAnswer
        );
    }

    internal async Task NotificationsAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var limit = 50;
        if (
            context.Request.Query["limit"] is [{ Length: > 0 } text]
            && !(
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= 200
            )
        )
        {
            throw ApiException.Field("limit", "is not a whole number from 1 to 200");
        }

        var before = long.MaxValue;
        if (context.Request.Query["before"] is [{ Length: > 0 } id])
        {
            before =
                outbox.Find(id) is { Accepted: var accepted } last
                && accepted.User == user
                && accepted.Account == accounts.Of(user).Id
                    ? last.Sequence
                    : throw ApiException.Field(
                        "before",
                        $"names no notification of {user}'s history; it is kept for 30 days"
                    );
        }

        var read = await turns.ReadAsync(
            user,
            () => outbox.History(user, limit, before, cancellation: context.RequestAborted),
            context.RequestAborted
        );
        var history = read.Select(n => new NotificationAnswer(
            n.Id,
            n.User.Value,
            n.Script,
            n.Title,
            n.Message,
            n.CreatedAt,
            n.Progress.State.Word(),
            n.Progress.Reason,
            n.Progress.NextTryAt,
            n.ImageId,
            n.ParseMode switch
            {
                ParseMode.Markdown => null,
                ParseMode.Plain => "",
                var other => other.BotApiName(),
            }
        ));
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new NotificationsAnswer([.. history]),
            SendApiJson.Default.NotificationsAnswer
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
            SendApiJson.Default.DaysAnswer
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
            SendApiJson.Default.QuartersAnswer
        );
    }

    /// <summary>An answer made of the sums by state: queued, delivered, failed, unknown, muted.</summary>
    private static T Sum<T>(
        IEnumerable<(DeliveryState State, int Count)> counts,
        Func<int, int, int, int, int, T> answer
    )
    {
        var sums = counts.ToLookup(count => count.State, count => count.Count);
        int Of(DeliveryState state) => sums[state].Sum();
        return answer(
            Of(DeliveryState.Queued),
            Of(DeliveryState.Delivered),
            Of(DeliveryState.Failed),
            Of(DeliveryState.Unknown),
            Of(DeliveryState.Muted)
        );
    }

    internal async Task ImageAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var image = context.Request.RouteValues["id"] is string id ? outbox.ImageOf(user, id) : null;
        await using var file = image is null ? null : images.Open(image);
        if (file is null)
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                $"{user}'s history has no chart of that name. Charts are kept for 30 days."
            );
        }

        context.Response.ContentType = image!.Info.MediaType;
        context.Response.ContentLength = file.Length;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
