using System.Globalization;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Http;
using Notify.Linking;

namespace Notify.Bot.SendApi;

/// <summary><c>GET /notifications</c>, <c>/notifications/scripts</c> and <c>/notifications/ID</c>: a user's history, searched and filtered, and what became of one.</summary>
internal sealed class HistoryRoutes(
    Accounts accounts,
    IOutbox outbox,
    HistorySearch search,
    HistoryTurns turns,
    QuietRoutes quiet
)
{
    /// <summary>Maximum length of a search in characters. A person types less.</summary>
    internal const int MaxSearch = 1000;

    private static readonly WireWords<DeliveryState> States = new();

    internal async Task ListAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var limit = ListQuery.Limit(context);
        var filter = Filter(context);
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
                        $"names no notification in {user}'s history, which covers 30 days"
                    );
        }

        var read = await turns.ReadAsync(
            user,
            () => search.Find(user, filter, limit, before, context.RequestAborted),
            context.RequestAborted
        );
        // The hours may have changed since.
        var heldUntil = read.Any(n => n.Progress.State == DeliveryState.Held) ? quiet.EndOf(user) : null;
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new NotificationsAnswer([.. read.Select(n => Answer(n, heldUntil))]),
            HistoryContract.Json.NotificationsAnswer
        );
    }

    internal async Task ScriptsAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var scripts = await turns.ReadAsync(user, () => outbox.ScriptsOf(user), context.RequestAborted);
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new NotificationScriptsAnswer(scripts),
            HistoryContract.Json.NotificationScriptsAnswer
        );
    }

    internal async Task OneAsync(HttpContext context)
    {
        var user = PeerCredentialMiddleware.UserOf(context);
        var (stored, past) = Require(user, context);
        var timeline = outbox.TimelineOf(stored);
        var heldUntil = past.Progress.State == DeliveryState.Held ? quiet.EndOf(user) : null;
        await context.WriteAsync(
            StatusCodes.Status200OK,
            new NotificationDetailAnswer(
                Answer(past, heldUntil),
                Timeline(past, timeline, heldUntil),
                past.AgainOf,
                timeline.SentAgain
            ),
            HistoryContract.Json.NotificationDetailAnswer
        );
    }

    /// <summary>The notification that a request's address names.</summary>
    /// <exception cref="ApiException">404: the user's history does not have it.</exception>
    internal (StoredNotification Stored, PastNotification Past) Require(UserName user, HttpContext context) =>
        context.Request.RouteValues["id"] is string id
        && outbox.Find(id) is { } stored
        && outbox.Filtered(
            user,
            new HistoryFilter(null, null, null, null, null),
            [stored.Sequence],
            1,
            long.MaxValue,
            context.RequestAborted
        )
            is [var past]
            ? (stored, past)
            : throw new ApiException(
                StatusCodes.Status404NotFound,
                $"{user}'s history has no notification with that id. The history covers 30 days."
            );

    /// <exception cref="ApiException">400: a part of it can't be read.</exception>
    private static HistoryFilter Filter(HttpContext context)
    {
        var words = Text("q", MaxSearch);
        var script = Text("script", MaxSearch);
        var state = Text("state", MaxSearch) is { } word
            ? States.Find(word)
                ?? throw ApiException.Field(
                    "state",
                    $"is none of {string.Join(", ", States.All.Order(StringComparer.Ordinal))}"
                )
            : (DeliveryState?)null;
        return new HistoryFilter(words, script, state, Moment("since"), Moment("until"));

        string? Text(string field, int max) =>
            context.Request.Query[field] is not [{ Length: > 0 } text] ? null
            : text.Length <= max ? text
            : throw ApiException.Field(
                field,
                string.Create(CultureInfo.InvariantCulture, $"is longer than {max} characters")
            );

        DateTimeOffset? Moment(string field) => ListQuery.Moment(context, field);
    }

    private static NotificationAnswer Answer(PastNotification n, DateTimeOffset? heldUntil) =>
        new(
            n.Id,
            n.User.Value,
            n.Script,
            n.Title,
            n.Message,
            n.CreatedAt,
            n.Progress.State,
            n.Progress.ReasonText,
            n.Progress.State == DeliveryState.Held ? heldUntil : n.Progress.NextTryAt,
            n.ImageId,
            n.ParseMode switch
            {
                ParseMode.Markdown => null,
                ParseMode.Plain => "",
                var other => other.BotApiName(),
            },
            ImageIds(n),
            Files(n),
            n.Table,
            n.AgainOf
        );

    /// <summary>What happened, the oldest first. A row of an older version lacks the moment of its end.</summary>
    private static List<TimelineAnswer> Timeline(
        PastNotification past,
        DeliveryTimeline timeline,
        DateTimeOffset? heldUntil
    )
    {
        var progress = past.Progress;
        var steps = new List<TimelineAnswer> { new(past.CreatedAt, TimelineEvent.Accepted) };
        if (progress.State == DeliveryState.Muted)
        {
            steps.Add(new TimelineAnswer(past.CreatedAt, TimelineEvent.Muted));
        }

        if (progress.State == DeliveryState.Held || timeline.ReleasedAt is not null || timeline.Digest is not null)
        {
            steps.Add(
                new TimelineAnswer(past.CreatedAt, TimelineEvent.Held, "quiet hours", timeline.ReleasedAt ?? heldUntil)
            );
        }

        steps.AddRange(
            timeline.Attempts.Select(attempt => new TimelineAnswer(
                attempt.At,
                TimelineEvent.Waiting,
                attempt.Reason,
                attempt.Until
            ))
        );
        TimelineEvent? end = progress.State switch
        {
            DeliveryState.Delivered => TimelineEvent.Delivered,
            DeliveryState.Failed when progress.Reason == DeliveryReason.Dropped => TimelineEvent.Dropped,
            DeliveryState.Failed => TimelineEvent.Failed,
            DeliveryState.Unknown => TimelineEvent.Unknown,
            _ => null,
        };
        if (end is { } ended && timeline.EndedAt is { } at)
        {
            steps.Add(new TimelineAnswer(at, ended, progress.ReasonText));
        }

        return steps;
    }

    /// <summary>The names of all charts; null for none or one.</summary>
    private static List<string>? ImageIds(PastNotification past)
    {
        if (past.ImageId is not { } first)
        {
            return null;
        }

        var ids = new List<string> { first };
        ids.AddRange(
            past.Attachments.Index()
                .Where(item => item.Item is StoredImage)
                .Select(item => StoredAttachment.Reference(past.ContentId, item.Index))
        );
        return ids.Count > 1 ? ids : null;
    }

    private static List<FileAnswer>? Files(PastNotification past)
    {
        var files = past
            .Attachments.Index()
            .Where(item => item.Item is StoredFile)
            .Select(item => new FileAnswer(
                StoredAttachment.Reference(past.ContentId, item.Index),
                ((StoredFile)item.Item).Name,
                item.Item.ByteLength
            ))
            .ToList();
        return files.Count > 0 ? files : null;
    }
}
