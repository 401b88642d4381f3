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

    /// <summary>In place of <see cref="Snooze"/> and <see cref="Mute"/> while the script is muted. The id follows, and <see cref="SnoozeOnly"/> if there was no <see cref="Mute"/>.</summary>
    internal const string Unmute = "unmute:";

    private const string SnoozeOnly = ":s";

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
                SnoozeButton(notificationId),
                MuteButton(notificationId),
                new ApiButton("Run again", Again + notificationId),
            ]);
        }

        return rows.Count > 0 ? new ApiKeyboard(rows) : null;
    }

    /// <summary>A keyboard with <i>Unmute</i> in place of <i>Snooze</i> and <i>Mute</i>.</summary>
    internal static ApiKeyboard Muted(ApiKeyboard keyboard, string notificationId) =>
        new([.. keyboard.InlineKeyboard.Select(row => Muted(row, notificationId))]);

    /// <summary>A keyboard with <i>Snooze</i> and <i>Mute</i> in place of <i>Unmute</i>, as it was before.</summary>
    internal static ApiKeyboard Unmuted(ApiKeyboard keyboard, string notificationId) =>
        new([
            .. keyboard.InlineKeyboard.Select(row =>
                (IReadOnlyList<ApiButton>)
                    [
                        .. row.SelectMany<ApiButton, ApiButton>(button =>
                            !Is(button, Unmute) ? [button]
                            : button.CallbackData!.EndsWith(SnoozeOnly, StringComparison.Ordinal)
                                ? [SnoozeButton(notificationId)]
                            : [SnoozeButton(notificationId), MuteButton(notificationId)]
                        ),
                    ]
            ),
        ]);

    /// <summary>Whether a keyboard shows that the script is muted.</summary>
    internal static bool IsMuted(ApiKeyboard keyboard) =>
        keyboard.InlineKeyboard.Any(row => row.Any(button => Is(button, Unmute)));

    private static IReadOnlyList<ApiButton> Muted(IReadOnlyList<ApiButton> row, string notificationId)
    {
        var first = row.FirstOrDefault(IsMuting);
        var suffix = row.Any(button => Is(button, Mute)) ? "" : SnoozeOnly;
        return
        [
            .. row.Where(button => button == first || !IsMuting(button))
                .Select(button => button == first ? new ApiButton("Unmute", Unmute + notificationId + suffix) : button),
        ];
    }

    private static bool IsMuting(ApiButton button) => Is(button, Snooze) || Is(button, Mute);

    private static bool Is(ApiButton button, string name) =>
        button.CallbackData?.StartsWith(name, StringComparison.Ordinal) == true;

    private static ApiButton SnoozeButton(string notificationId) => new("Snooze 1h", Snooze + notificationId);

    private static ApiButton MuteButton(string notificationId) => new("Mute", Mute + notificationId);
}
