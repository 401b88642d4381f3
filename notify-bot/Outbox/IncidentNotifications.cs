using Notify.Formatting;
using Notify.Text;

namespace Notify.Bot.Outbox;

/// <summary>The notifications that an incident causes.</summary>
internal static class IncidentNotifications
{
    /// <summary>Longest title in a reply, in UTF-16 units.</summary>
    private const int MaxTitle = 100;

    /// <summary>The notification of a role.</summary>
    internal static AcceptedNotification Of(
        IncidentRole role,
        Incident incident,
        IncidentPost post,
        AcceptedNotification? content
    ) =>
        role switch
        {
            IncidentRole.First when incident.ContentId == post.SentId => post.Content! with
            {
                Id = post.SentId,
                Account = incident.Account,
                Incident = new IncidentPart(incident.Id, IncidentRole.First),
            },
            IncidentRole.First => Carrier(incident, content, post.SentId, post.At),
            IncidentRole.Reminder => Reply(
                incident,
                post,
                content,
                role,
                $"still: {Name(incident, content)}, for {IncidentSpan.Text(post.At - incident.Since)}"
            ),
            IncidentRole.End => Reply(
                incident,
                post,
                content,
                role,
                $"over: {Name(incident, content)}, after {IncidentSpan.Text((incident.EndedAt ?? post.At) - incident.Since)}"
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Not a notification that is sent."),
        };

    /// <summary>A whole first message. Its charts and files stay with the content, which delivery reads.</summary>
    internal static AcceptedNotification Carrier(
        Incident incident,
        AcceptedNotification? content,
        string id,
        DateTimeOffset at
    ) =>
        new()
        {
            Id = id,
            User = incident.User,
            Account = incident.Account,
            Script = incident.Script,
            Title = content is null ? Name(incident, null) : content.Title,
            Message = content?.Message ?? "",
            ParseMode = content?.ParseMode ?? ParseMode.Plain,
            Table = content?.Table,
            IsTableAligned = content?.IsTableAligned ?? false,
            Buttons = content?.Buttons ?? [],
            HasButtons = content?.HasButtons ?? true,
            Silent = content?.Silent ?? false,
            Urgent = content?.Urgent ?? false,
            Data = content?.Data,
            Incident = new IncidentPart(incident.Id, IncidentRole.First),
            CreatedAt = at,
        };

    /// <summary>The first line of a text, without its markup.</summary>
    private static string FirstLine(AcceptedNotification? content)
    {
        var line = content?.Message.TrimStart().Split('\n')[0] ?? "";
        var rendered = new NotificationContent { Message = line, ParseMode = content?.ParseMode ?? ParseMode.Plain };
        return line.Length <= TelegramLimits.TextLength && NotificationRenderer.TryRender(rendered, out var messages)
            ? messages[0].Text.Text
            : line;
    }

    private static AcceptedNotification Reply(
        Incident incident,
        IncidentPost post,
        AcceptedNotification? content,
        IncidentRole role,
        string text
    ) =>
        new()
        {
            Id = post.SentId,
            User = incident.User,
            Account = incident.Account,
            Script = incident.Script,
            Message = text,
            ParseMode = ParseMode.Plain,
            HasButtons = false,
            Silent = content?.Silent ?? false,
            Urgent = content?.Urgent ?? false,
            Incident = new IncidentPart(incident.Id, role),
            CreatedAt = post.At,
        };

    /// <summary>A short name of an incident: its title, else the beginning of its text, else its key.</summary>
    internal static string Name(Incident incident, AcceptedNotification? content)
    {
        var name = (incident.Title ?? FirstLine(content)).ReplaceLineEndings(" ").Trim();
        name = name.Length > 0 ? name : incident.Key;
        return Ellipsis.Cut(name, MaxTitle);
    }
}
