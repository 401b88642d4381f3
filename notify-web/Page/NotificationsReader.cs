using Notify.Contracts;
using Notify.Formatting;
using Notify.Sending;
using Notify.Text;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads the notifications of a user. If the bot fails, the card shows the problem and what to do.</summary>
public sealed class NotificationsReader(BotClient bot, TimeProvider time)
{
    /// <summary>The newest notifications and the plot.</summary>
    internal async Task<LatestCard> LatestAsync(UserName user, ReaderZone zone, CancellationToken cancellation)
    {
        var card = new LatestCard { Zone = zone };
        try
        {
            var newest = bot.NotificationsAsync(user, LatestCard.Most, null, cancellation);
            var quarters = bot.QuartersAsync(user, cancellation);
            await Task.WhenAll(newest, quarters);
            return card with
            {
                Shown = [.. (await newest).Select(View)],
                Plot = DayPlot.Of(await quarters, time.GetUtcNow(), zone),
            };
        }
        catch (Exception e) when (ProblemOf(e) is { } problem)
        {
            return card with { Problem = problem };
        }
    }

    /// <summary>A page of the history.</summary>
    internal async Task<NotificationsCard> ReadAsync(
        UserName user,
        NotificationsFilter filter,
        ReaderZone zone,
        CancellationToken cancellation
    )
    {
        var card = new NotificationsCard
        {
            Filter = filter,
            Zone = zone,
            Today = zone.DayOf(time.GetUtcNow()),
        };
        try
        {
            // One more than is shown says whether there are more.
            var found = bot.NotificationsAsync(
                user,
                filter.ToQuery(NotificationsCard.PageSize + 1, zone),
                cancellation
            );
            var scripts = bot.ScriptsInHistoryAsync(user, cancellation);
            var quarters = bot.QuartersAsync(user, cancellation);
            await Task.WhenAll(found, scripts, quarters);
            var shown = (await found).Take(NotificationsCard.PageSize).Select(View).ToList();
            var older = shown.Count == 0 ? null : filter with { Before = shown[^1].Id, Unread = [] };
            // Long texts fill an answer early, so a short one is not the end.
            var hasOlder =
                older is not null
                && (
                    (await found).Count > NotificationsCard.PageSize
                    || (await bot.NotificationsAsync(user, older.ToQuery(1, zone), cancellation)).Count > 0
                );
            return card with
            {
                Days =
                [
                    .. shown
                        .GroupBy(notification => zone.DayOf(notification.CreatedAt))
                        .Select(day => new NotificationDay(day.Key, [.. day])),
                ],
                Scripts =
                [
                    .. (await scripts)
                        .Select(Stem)
                        .Append(filter.Script)
                        .OfType<string>()
                        .Distinct(StringComparer.Ordinal)
                        .Order(StringComparer.OrdinalIgnoreCase),
                ],
                Total = (await quarters).Quarters.Sum(q => q.Queued + q.Delivered + q.Failed + q.Unknown + q.Muted),
                Older = hasOlder ? older : null,
            };
        }
        catch (Exception e) when (ProblemOf(e) is { } problem)
        {
            return card with { Problem = problem };
        }
    }

    /// <summary>One notification. The card has neither it nor a problem if the user has none with this id.</summary>
    internal async Task<NotificationCard> DetailAsync(
        UserName user,
        string id,
        ReaderZone zone,
        CancellationToken cancellation
    )
    {
        var card = new NotificationCard { Id = id, Zone = zone };
        try
        {
            return await bot.NotificationAsync(user, id, cancellation) is not { } found
                ? card
                : card with
                {
                    Notification = View(found.Notification) with { AgainOf = found.AgainOf },
                    Timeline =
                    [
                        .. found.Timeline.Select(step => new TimelineStep(
                            step.At,
                            step.Event,
                            string.IsNullOrWhiteSpace(step.Text) ? null : NotificationView.ReasonWords(step.Text),
                            step.Until
                        )),
                    ],
                    SentAgain = found.SentAgain,
                };
        }
        catch (Exception e) when (ProblemOf(e) is { } problem)
        {
            return card with { Problem = problem };
        }
    }

    private static string Stem(string script) =>
        script.EndsWith(".py", StringComparison.Ordinal) ? script[..^3] : script;

    private static Problem? ProblemOf(Exception e) =>
        e switch
        {
            BotUnreachableException => new Problem(
                e.Message,
                "The bot keeps notifications for 30 days. This list comes back when the bot answers."
            ),
            BotRefusedException => new Problem("Your notifications can’t be read.", e.Message),
            _ => null,
        };

    /// <summary>A notification as pages show it.</summary>
    internal static NotificationView View(NotificationAnswer notification) =>
        new()
        {
            Id = notification.Id,
            Script = notification.Script,
            Title = string.IsNullOrWhiteSpace(notification.Title) ? null : notification.Title.Trim(),
            Message = MessageHtml.Read(
                notification.Message.Trim('\n'),
                ParseModes.TryParse(notification.ParseMode, out var mode) ? mode : ParseMode.Plain
            ),
            CreatedAt = notification.CreatedAt,
            AgainOf = notification.AgainOf,
            State = notification.State,
            Reason = notification.Reason,
            NextTryAt = notification.NextTryAt,
            ImageIds = notification.ImageIds ?? (notification.ImageId is { } image ? [image] : []),
            Files =
            [
                .. (notification.Files ?? []).Select(file => new FileView(
                    file.Id,
                    SafeText.Line(file.Name),
                    file.Bytes
                )),
            ],
            Table = notification.Table is { } table ? TelegramText.Clean(table) : null,
        };
}
