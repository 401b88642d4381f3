using Notify.Bot.Telegram;

namespace Notify.Bot.Commands;

/// <summary>The buttons under a delivered notification of a script. They name the notification, which fits 64 bytes whatever the script is called.</summary>
internal static class NotificationButtons
{
    internal const string Snooze = "snooze:";
    internal const string Mute = "mute:";
    internal const string Again = "again:";

    internal static ApiKeyboard Of(string notificationId) => new(
    [
        [
            new ApiButton("Snooze 1h", Snooze + notificationId),
            new ApiButton("Mute", Mute + notificationId),
            new ApiButton("Run again", Again + notificationId),
        ],
    ]);
}
