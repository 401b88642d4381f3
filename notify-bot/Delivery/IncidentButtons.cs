using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;

namespace Notify.Bot.Delivery;

/// <summary>The buttons under an incident's message: its sender's own, then Notify's.</summary>
internal static class IncidentButtons
{
    /// <summary>Says that its user is on it. The id of a notification of the incident follows.</summary>
    internal const string OnIt = "onit:";

    /// <summary>The keyboard; null for none.</summary>
    /// <param name="incident">The incident.</param>
    /// <param name="notificationId">The notification with the message.</param>
    /// <param name="content">The content.</param>
    /// <param name="mayHaveOwn">Whether messages have buttons of Notify at all.</param>
    /// <param name="isPrivate">Whether the chat is private. In a group, nobody acts for the user.</param>
    /// <param name="hasAddresses">Whether buttons with an address are among them.</param>
    internal static ApiKeyboard? Of(
        Incident incident,
        string notificationId,
        AcceptedNotification content,
        bool mayHaveOwn,
        bool isPrivate,
        bool hasAddresses = true
    )
    {
        var rows = new List<IReadOnlyList<ApiButton>>(
            MessageButtons.Of(content.Id, content.Buttons, hasOwn: false, isPrivate, hasAddresses)?.InlineKeyboard ?? []
        );
        if (mayHaveOwn && isPrivate && content.HasButtons)
        {
            ApiButton[] own =
            [
                .. incident is { State: IncidentState.Open, AcknowledgedBy: null }
                    ? (ApiButton[])[new ApiButton("I'm on it", OnIt + notificationId)]
                    : [],
                .. incident.State == IncidentState.Open && incident.Script is not null
                    ? (ApiButton[])[new ApiButton("Snooze 1h", MessageButtons.Snooze + notificationId)]
                    : [],
                .. incident.Script is not null
                    ? (ApiButton[])[new ApiButton("Run again", MessageButtons.Again + notificationId)]
                    : [],
            ];
            if (own.Length > 0)
            {
                rows.Add(own);
            }
        }

        return rows.Count > 0 ? new ApiKeyboard(rows) : null;
    }
}
