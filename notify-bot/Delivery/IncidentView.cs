using System.Globalization;
using Notify.Bot.Outbox;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>What a notification of an incident shows now.</summary>
/// <param name="Accepted">The notification with the incident's newest content.</param>
/// <param name="Incident">The incident.</param>
/// <param name="Role">What the notification is to it.</param>
internal sealed record IncidentContent(AcceptedNotification Accepted, Incident Incident, IncidentRole Role);

/// <summary>Renders the messages of incidents: the newest content, and a line that says since when it fires, or that it is over.</summary>
internal sealed class IncidentView(IOutbox outbox, ILinkStore links, TimeProvider time)
{
    /// <summary>What a notification shows now; null if it belongs to no incident.</summary>
    internal IncidentContent? ContentOf(AcceptedNotification accepted)
    {
        if (accepted.Incident is not { } part || outbox.FindIncident(part.Id) is not { } incident)
        {
            return null;
        }

        var content =
            part.Role == IncidentRole.First && incident.CarrierId == accepted.Id
                ? NewestOf(incident, accepted)
                : accepted;
        return new IncidentContent(content, incident, part.Role);
    }

    /// <summary>The newest content of an incident under the id of the notification that shows it.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="carrier">The notification that shows it; null reads it.</param>
    internal AcceptedNotification NewestOf(Incident incident, AcceptedNotification? carrier = null)
    {
        var content =
            carrier is not null && carrier.Id == incident.ContentId
                ? carrier
                : outbox.Find(incident.ContentId)?.Accepted ?? carrier ?? outbox.Find(incident.CarrierId)?.Accepted;

        // A full history may have pruned the content of what is over.
        return content
            ?? new AcceptedNotification
            {
                Id = incident.CarrierId,
                User = incident.User,
                Account = incident.Account,
                Script = incident.Script,
                Title = IncidentNotifications.Name(incident, null),
                Message = "",
                ParseMode = ParseMode.Plain,
                CreatedAt = incident.Since,
            };
    }

    /// <summary>The messages; null if there is nothing to show.</summary>
    internal RenderedNotification? Render(IncidentContent content)
    {
        var (accepted, incident, role) = content;
        if (role != IncidentRole.First)
        {
            return NotificationRenderer.TryRender(accepted.Content, out var reply)
                ? new RenderedNotification(reply, accepted) { Answers = incident.Shown }
                : null;
        }

        // Its text is a message of its own under an album, since an album can't be edited.
        var shown = accepted.Content with
        {
            LastLine = LineOf(incident),
            HasOwnButtons = true,
        };
        return NotificationRenderer.TryRender(shown, out var messages)
            ? new RenderedNotification(messages, accepted) { Incident = incident }
            : null;
    }

    /// <summary>The line under the text. Empty for an incident that has only begun.</summary>
    internal string LineOf(Incident incident)
    {
        var zone = time.ZoneOf(links.Find(incident.User));
        var last = incident.EndedAt ?? incident.LastSeen;
        string line;
        if (incident.EndedAt is { } ended)
        {
            line = $"over after {IncidentSpan.Text(ended - incident.Since)} ({Time(incident.Since)} to {Time(ended)})";
        }
        else
        {
            line =
                incident.LastSeen - incident.Since >= TimeSpan.FromMinutes(1)
                    ? $"since {Time(incident.Since)}, last seen {Time(incident.LastSeen)}"
                    : "";
        }

        return incident is { AcknowledgedBy: { } by, AcknowledgedAt: { } at }
            ? $"{line}{(line.Length > 0 ? "\n" : "")}{by} {(incident.EndedAt is null ? "is" : "was")} on it since {Time(at)}"
            : line;

        // The date where it is another one than that of the last moment.
        string Time(DateTimeOffset moment)
        {
            var local = TimeZoneInfo.ConvertTime(moment, zone);
            var isSameDay = local.Date == TimeZoneInfo.ConvertTime(last, zone).Date;
            return local.ToString(isSameDay ? "HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        }
    }
}
