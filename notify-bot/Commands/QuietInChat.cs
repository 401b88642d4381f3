using Notify.Bot.Outbox;
using Notify.Linking;
using Notify.Quiet;
using Notify.Schedules;

namespace Notify.Bot.Commands;

/// <summary><c>/quiet</c> and <c>/timezone</c>: when notifications are held, and by which clock.</summary>
public sealed class QuietInChat(
    IOutbox outbox,
    ILinkStore links,
    ChatMessenger messenger,
    ChatClock clock,
    TimeProvider time
)
{
    private readonly ZoneNames _zones = new();

    internal async Task AnswerAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        if (argument.Length > 0)
        {
            if (!QuietHours.TryRead(argument, out var hours, out var problem))
            {
                await messenger.SayAsync(chat, problem, cancellation);
                return;
            }

            await outbox.SetQuietAsync(link.User, hours);
        }

        await messenger.SayAsync(chat, State(link), cancellation);
    }

    internal async Task TimeZoneAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        var said = "";
        if (argument.Length > 0)
        {
            if (_zones.Choose(argument, out var sentence) is not { } zone)
            {
                await messenger.SayAsync(chat, sentence!, cancellation);
                return;
            }

            if (await links.SetTimeZoneAsync(link.User, zone, cancellation) is { } changed)
            {
                link = changed;
                said = sentence is null ? "" : sentence + " ";
            }
        }

        await messenger.SayAsync(
            chat,
            said
                + (
                    link.TimeZone is null
                        ? $"Times here are the server's: {clock.ZoneName(link)}. Send /timezone Europe/Prague to set yours."
                        : $"Times here are those of {clock.ZoneName(link)}. A visit of the dashboard sets the zone of your browser."
                ),
            cancellation
        );
    }

    private string State(Link link)
    {
        var held = outbox.HeldOf(link.User).Count;
        if (outbox.QuietOf(link.User) is not { } hours)
        {
            return "You have no quiet hours. "
                + (held > 0 ? $"What was held comes now: {held}. " : "")
                + $"Send /quiet {QuietHours.Form}.";
        }

        return $"Quiet hours: {hours}, by the clock of {clock.ZoneName(link)}. "
            + (
                hours.EndAfter(time.GetUtcNow(), clock.Zone(link)) is { } until
                    ? $"Quiet until {clock.QuietUntil(until, link)}: {held} held. "
                    : "It is not quiet now. "
            )
            + "What comes in quiet hours arrives at their end, urgent ones at once. Send /quiet off to end them.";
    }
}
