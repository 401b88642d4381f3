using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>The buttons under a delivered notification of a script. They name the notification, which fits 64 bytes whatever the script is called.</summary>
public sealed class NotificationButtons(
    IOutbox outbox,
    RunsInChat runs,
    ChatMessenger answers,
    ChatClock clock,
    TimeProvider time
)
{
    internal const string Snooze = "snooze:";
    internal const string Mute = "mute:";
    internal const string Again = "again:";

    internal static ApiKeyboard Of(string notificationId) =>
        new([
            [
                new ApiButton("Snooze 1h", Snooze + notificationId),
                new ApiButton("Mute", Mute + notificationId),
                new ApiButton("Run again", Again + notificationId),
            ],
        ]);

    internal async Task PressedAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        // The chat may be another user's by now than when the notification came.
        if (
            outbox.Find(button.Argument) is not { Accepted: { Script: { } name } accepted }
            || accepted.User != link.User
            || (accepted.Account is { } account && account != (link.Account ?? account))
        )
        {
            await answers.AcknowledgeAsync(
                button.QueryId,
                "That notification is too old. /status lists your scripts.",
                cancellation
            );
            return;
        }

        if (button.Name == Again)
        {
            await RunAgainAsync(button, link, name, cancellation);
            return;
        }

        var until = button.Name == Snooze ? time.GetUtcNow() + TimeSpan.FromHours(1) : Mutes.Forever;
        await outbox.MuteAsync(link.User, name, until);
        await answers.AcknowledgeAsync(
            button.QueryId,
            $"{ChatWords.Cut(Mutes.Stem(name), 100)} is muted {clock.Until(until, link)}. /unmute ends it.",
            cancellation
        );
    }

    private async Task RunAgainAsync(PressedButton button, Link link, string name, CancellationToken cancellation)
    {
        if (!ScriptName.TryParse(Mutes.Stem(name) + ".py", out var script))
        {
            await answers.AcknowledgeAsync(button.QueryId, "That was not a script of yours.", cancellation);
            return;
        }

        await answers.AcknowledgeAsync(button.QueryId, null, cancellation);
        await runs.BeginAsync(button.Chat, link, script, cancellation);
    }
}
