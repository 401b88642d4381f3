using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Commands;

/// <summary><i>I'm on it</i> under an incident's message, and the open incidents of <c>/status</c>.</summary>
public sealed class IncidentsInChat(
    IOutbox outbox,
    IncidentEdits edits,
    ChatMessenger messenger,
    ChatClock clock,
    TimeProvider time
)
{
    /// <summary>Most incidents in <c>/status</c>; the others are counted.</summary>
    private const int MaxListed = 10;

    /// <summary>Longest name of an incident, in characters.</summary>
    private const int MaxNameLength = 60;

    /// <summary>Most incidents that are counted.</summary>
    private const int MaxCounted = 500;

    internal async Task PressedAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        var incident = outbox.FindOwn(button.Argument, link)?.Incident is { } part
            ? await outbox.AcknowledgeIncidentAsync(part.Id, link.User.Value)
            : null;
        edits.Wake();
        await messenger.AcknowledgeAsync(
            button.QueryId,
            incident switch
            {
                null => "This notification is too old. Send /status for what is open.",
                { State: IncidentState.Over } => "This is over already.",
                { AcknowledgedBy: { } by, AcknowledgedAt: { } at } => Ellipsis.Cut(
                    $"{by} is on it since {clock.Moment(at, link)}. There are no reminders until it is over.",
                    ChatWords.MaxToast
                ),
                _ => null,
            },
            cancellation
        );
    }

    /// <summary>The open incidents of a user, a line each; empty for none.</summary>
    internal MessageBuilder Open(Link link)
    {
        var text = new MessageBuilder();
        var now = time.GetUtcNow();
        var open = outbox
            .IncidentsOf(link.User, DateTimeOffset.MaxValue, MaxCounted)
            .Where(incident => incident.State == IncidentState.Open)
            .ToArray();
        foreach (var incident in open.Take(MaxListed))
        {
            var name = Ellipsis.Cut(incident.Title ?? incident.Key, MaxNameLength).ReplaceLineEndings(" ");
            text.Plain("▲ ")
                .Bold(name)
                .Line(
                    $": firing for {IncidentSpan.Text(now - incident.Since)}"
                        + (incident.AcknowledgedBy is { } by ? $", {by} is on it" : "")
                );
        }

        if (open.Length > MaxListed)
        {
            text.Line($"... and {open.Length - MaxListed} more that fire.");
        }

        return text.Length > 0 ? text.Line() : text;
    }
}
