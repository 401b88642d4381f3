using System.Globalization;
using Notify.Bot.Telegram;
using Notify.Formatting;

namespace Notify.Bot.Delivery;

/// <summary>
/// The buttons under a delivered notification: its sender's own, then Notify's for a script. They hold the notification's id, because a script's name may not fit into 64 bytes.
/// </summary>
internal static class MessageButtons
{
    internal const string Snooze = "snooze:";
    internal const string Mute = "mute:";
    internal const string Again = "again:";

    /// <summary>Shows a notification of a digest whole. Its id follows.</summary>
    internal const string Show = "show:";

    /// <summary>Shows all notifications of a digest. The digest's id follows.</summary>
    internal const string ShowAll = "showall:";

    /// <summary>Runs the script of one of the sender's buttons. Id and number of the button follow.</summary>
    internal const string Run = "button:";

    /// <summary>The keyboard; null for none.</summary>
    /// <param name="notificationId">The notification.</param>
    /// <param name="buttons">The sender's buttons.</param>
    /// <param name="hasOwn">Whether Notify's buttons are under it.</param>
    /// <param name="isPrivate">Whether the chat is private. In a group, nobody acts for the user.</param>
    /// <param name="hasAddresses">Whether buttons with an address are among them. False if Telegram refused one.</param>
    internal static ApiKeyboard? Of(
        string notificationId,
        IReadOnlyList<NotificationButton> buttons,
        bool hasOwn,
        bool isPrivate,
        bool hasAddresses = true
    )
    {
        var rows = new List<IReadOnlyList<ApiButton>>();
        foreach (var (i, button) in buttons.Index())
        {
            if (button.Url is not null && !button.IsLine && hasAddresses)
            {
                rows.Add([new ApiButton(button.Text, Url: button.Url)]);
            }
            else if (button.Show is { } shown && isPrivate)
            {
                rows.Add([
                    new ApiButton(
                        button.Text,
                        shown == NotificationButton.All ? ShowAll + notificationId : Show + shown
                    ),
                ]);
            }
            else if (button.Run is not null && isPrivate)
            {
                rows.Add([
                    new ApiButton(
                        button.Text,
                        string.Create(CultureInfo.InvariantCulture, $"{Run}{notificationId}:{i}")
                    ),
                ]);
            }
        }

        if (hasOwn && isPrivate)
        {
            rows.Add([
                new ApiButton("Snooze 1h", Snooze + notificationId),
                new ApiButton("Mute", Mute + notificationId),
                new ApiButton("Run again", Again + notificationId),
            ]);
        }

        return rows.Count > 0 ? new ApiKeyboard(rows) : null;
    }
}
