using System.Globalization;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>The buttons under a delivered notification of a script. They hold the notification's id, because a script's name may not fit into 64 bytes.</summary>
public sealed class NotificationButtons(
    IOutbox outbox,
    RunsInChat runs,
    ChatMessenger messenger,
    ChatClock clock,
    TimeProvider time
)
{
    internal async Task PressedAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        if (button.Name == MessageButtons.Run)
        {
            await RunScriptAsync(button, link, cancellation);
            return;
        }

        if (Find(button.Argument, link) is not { Script: { } name })
        {
            await SayTooOldAsync(button, cancellation);
            return;
        }

        if (button.Name == MessageButtons.Again)
        {
            await RunAgainAsync(button, link, name, cancellation);
            return;
        }

        var until = button.Name == MessageButtons.Snooze ? time.GetUtcNow() + TimeSpan.FromHours(1) : Mutes.Forever;
        await outbox.MuteAsync(link.User, name, until);
        await messenger.AcknowledgeAsync(
            button.QueryId,
            $"{ChatWords.Cut(Mutes.Stem(name), 100)} is muted {clock.UntilOrSooner(until, link)}",
            cancellation
        );
    }

    /// <summary>A notification of the chat's user; null for another user's. Button data can be forged, and the chat can belong to another user by now.</summary>
    private AcceptedNotification? Find(string id, Link link) =>
        outbox.Find(id) is { Accepted: var accepted }
        && accepted.User == link.User
        && (accepted.Account is not { } account || account == (link.Account ?? account))
            ? accepted
            : null;

    private Task SayTooOldAsync(PressedButton button, CancellationToken cancellation) =>
        messenger.AcknowledgeAsync(
            button.QueryId,
            "This notification is too old. Send /status for your scripts.",
            cancellation
        );

    /// <summary>Runs the script of one of the sender's buttons, as the chat's user.</summary>
    private async Task RunScriptAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        if (
            button.Argument.Split(':') is not [var id, var number]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || Find(id, link) is not { } accepted
            || index >= accepted.Buttons.Count
            || !ScriptName.TryParse(accepted.Buttons[index].Run ?? "", out var script)
        )
        {
            await SayTooOldAsync(button, cancellation);
            return;
        }

        await messenger.AcknowledgeAsync(button.QueryId, null, cancellation);
        await runs.BeginAsync(button.Chat, link, script, cancellation);
    }

    private async Task RunAgainAsync(PressedButton button, Link link, string name, CancellationToken cancellation)
    {
        if (!ScriptName.TryParse(Mutes.Stem(name) + ".py", out var script))
        {
            await messenger.AcknowledgeAsync(
                button.QueryId,
                "This notification is not from one of your scripts.",
                cancellation
            );
            return;
        }

        await messenger.AcknowledgeAsync(button.QueryId, null, cancellation);
        await runs.BeginAsync(button.Chat, link, script, cancellation);
    }
}
