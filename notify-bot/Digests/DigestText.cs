using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Formatting;
using Notify.Text;

namespace Notify.Bot.Digests;

/// <summary>The text of a digest: a line for each notification, and buttons for the last ones.</summary>
internal static class DigestText
{
    /// <summary>Notifications with a button of their own, a screen of a phone.</summary>
    internal const int Buttons = 10;

    /// <summary>Length of a message's beginning that holds its first words.</summary>
    internal const int Beginning = 400;

    /// <summary>Longest text of a digest. A notification has at most ten messages, which are not all full.</summary>
    internal const int MaxLength = (MessageSplitter.MaxParts - 1) * (TelegramLimits.TextLength - 300);

    private const int MaxName = 100;
    private const int MaxOnButton = 40;

    /// <param name="held">What was held, the oldest first.</param>
    /// <param name="zone">The user's time zone.</param>
    /// <param name="now">The time.</param>
    /// <param name="over">How long incidents lasted that are over meanwhile, by the id of the notification.</param>
    /// <returns>Title and text of the digest, both plain, and its buttons.</returns>
    internal static (string Title, string Message, IReadOnlyList<NotificationButton> Buttons) Of(
        IReadOnlyList<PastNotification> held,
        TimeZoneInfo zone,
        DateTimeOffset now,
        IReadOnlyDictionary<string, TimeSpan>? over = null
    )
    {
        // A time of day alone is ambiguous after a day.
        var format = now - held[0].CreatedAt < TimeSpan.FromDays(1) ? "HH:mm" : "ddd HH:mm";
        string Clock(PastNotification one) =>
            TimeZoneInfo.ConvertTime(one.CreatedAt, zone).ToString(format, CultureInfo.InvariantCulture);
        return (
            string.Create(CultureInfo.InvariantCulture, $"{held.Count} notifications while it was quiet"),
            string.Join(
                '\n',
                held.Select(one =>
                    $"{Clock(one)} {Name(one)}{(one.Script is { } script ? $" ({SafeText.Line(Mutes.Stem(script), MaxName)})" : "")}{(over?.TryGetValue(one.Id, out var lasted) == true ? $", over after {IncidentSpan.Text(lasted)}" : "")}"
                )
            ),
            [
                .. held.TakeLast(Buttons)
                    .Select(one => new NotificationButton($"{Clock(one)} {Ellipsis.Cut(Name(one), MaxOnButton)}")
                    {
                        Show = one.Id,
                    }),
                new NotificationButton("Show all") { Show = NotificationButton.All },
            ]
        );
    }

    /// <summary>The title, or the first words, on one line.</summary>
    private static string Name(PastNotification one)
    {
        foreach (var text in (string[])[one.Title ?? "", Read(one), one.Table ?? ""])
        {
            var line = TelegramText
                .Clean(text)
                .Split('\n', StringSplitOptions.TrimEntries)
                .FirstOrDefault(found => TelegramText.HasVisible(found));
            if (line is not null)
            {
                return Ellipsis.Cut(line, MaxName);
            }
        }

        return one.ImageId is not null ? "Chart"
            : one.Attachments.Count > 0 ? "File"
            : "Notification";
    }

    private static string Read(PastNotification one) =>
        (
            one.ParseMode switch
            {
                ParseMode.Markdown => MarkdownReader.Parse(one.Message),
                ParseMode.Html => HtmlReader.Read(one.Message),
                ParseMode.MarkdownV2 => MarkdownV2Reader.Read(one.Message),
                _ => null,
            }
        )?.Text
        ?? one.Message;
}
