using Notify.Contracts;
using Notify.Formatting;
using Notify.Sending;
using Notify.Text;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads the notifications of a user. If the bot fails, the card shows the problem and what to do.</summary>
public sealed class NotificationsReader(BotClient bot, TimeProvider time)
{
    /// <summary>The zone of a request; the server's if it names none.</summary>
    internal ReaderZone ZoneOf(string? zone, string? offset) => ReaderZone.Of(zone, offset, time.LocalTimeZone);

    /// <summary>The card.</summary>
    internal async Task<NotificationsCard> ReadAsync(
        UserName user,
        int show,
        ReaderZone zone,
        CancellationToken cancellation
    )
    {
        var card = new NotificationsCard
        {
            Now = time.GetUtcNow(),
            Show = show,
            Zone = zone,
        };
        try
        {
            // One more than is shown says whether there are more.
            var newest = bot.NewestAsync(user, show + 1, cancellation);
            var quarters = bot.QuartersAsync(user, cancellation);
            await Task.WhenAll(newest, quarters);
            return card with
            {
                All = [.. (await newest).Select(View)],
                Plot = DayPlot.Of(await quarters, card.Now, zone),
            };
        }
        catch (BotUnreachableException e)
        {
            return card with
            {
                Problem = new Problem(
                    e.Message,
                    "The bot keeps notifications for 30 days. This list comes back when the bot answers."
                ),
            };
        }
        catch (BotRefusedException e)
        {
            return card with { Problem = new Problem("Your notifications can’t be read.", e.Message) };
        }
    }

    private static NotificationView View(NotificationAnswer notification) =>
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
