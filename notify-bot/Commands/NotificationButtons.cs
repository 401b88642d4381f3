using System.Globalization;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Commands;

/// <summary>The buttons under a delivered notification of a script. They hold the notification's id, because a script's name may not fit into 64 bytes.</summary>
/// <remarks>
/// A mute is stored first, then acknowledged, then shown in the message. The update stays in the inbox until then, so a bot that is killed in between does it again.
/// </remarks>
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

        if (outbox.FindOwn(button.Argument.Split(':')[0], link) is not { Script: { } name } accepted)
        {
            await SayTooOldAsync(button, cancellation);
            return;
        }

        if (button.Name == MessageButtons.Again)
        {
            await RunAgainAsync(button, link, name, cancellation);
            return;
        }

        var words =
            button.Name == MessageButtons.Unmute
                ? await UnmuteAsync(link, name)
                : await MuteAsync(link, name, isSnooze: button.Name == MessageButtons.Snooze);
        await messenger.AcknowledgeAsync(button.QueryId, Ellipsis.Cut(words, ChatWords.MaxToast), cancellation);
        await ShowAsync(button, link, accepted, cancellation);
    }

    /// <summary>Mutes a script. A mute that lasts longer stays.</summary>
    /// <returns>How it stands now.</returns>
    private async Task<string> MuteAsync(Link link, string name, bool isSnooze)
    {
        var until = isSnooze ? time.GetUtcNow() + TimeSpan.FromHours(1) : Mutes.Forever;
        var stem = Mutes.Stem(name);
        if (outbox.MutesOf(link.User).Scripts.TryGetValue(stem, out var longer) && longer >= until)
        {
            return $"{Ellipsis.Cut(stem, 60)} is already muted {clock.UntilOrSooner(longer, link)}";
        }

        await outbox.MuteAsync(link.User, name, until);
        return $"{Ellipsis.Cut(stem, 60)} is muted {clock.UntilOrSooner(until, link)}";
    }

    private async Task<string> UnmuteAsync(Link link, string name)
    {
        var stem = Ellipsis.Cut(Mutes.Stem(name), 60);
        var mutes = outbox.MutesOf(link.User);
        var everything = clock.EverythingMuted(mutes, link);
        if (!mutes.Scripts.ContainsKey(Mutes.Stem(name)))
        {
            return $"{stem} was not muted any more.{everything}";
        }

        await outbox.MuteAsync(link.User, name, null);
        return $"{stem} is no longer muted.{everything}";
    }

    /// <summary>
    /// Edits the message so that it shows whether its script is muted. It looks at the mutes, not at the press, so a later press repairs a message that the bot
    /// could not edit before.
    /// </summary>
    private async Task ShowAsync(
        PressedButton button,
        Link link,
        AcceptedNotification accepted,
        CancellationToken cancellation
    )
    {
        var keyboard =
            button.Shown.ReplyMarkup
            ?? MessageButtons.Of(accepted.Id, accepted.Buttons, hasOwn: true, isPrivate: true)!;
        var text = ShownText.Of(button.Shown);
        if (MessageButtons.IsMuted(keyboard))
        {
            text = text?.WithoutMute();
            keyboard = MessageButtons.Unmuted(keyboard, accepted.Id);
        }

        if (outbox.MutesOf(link.User).Scripts.TryGetValue(Mutes.Stem(accepted.Script!), out var until))
        {
            text = text?.Muted(
                link.User,
                until == Mutes.Forever ? "until unmuted" : $"until {clock.Moment(until, link)}"
            );
            keyboard = MessageButtons.Muted(keyboard, accepted.Id);
        }

        await messenger.EditAsync(button.Chat, button.Message, text, keyboard, cancellation);
        if (
            accepted.Incident is { } part
            && outbox.FindIncident(part.Id) is { Shown: { } shown } incident
            && shown.Chat == button.Chat
            && shown.Message == button.Message.Value
        )
        {
            // The text is that of the press. The incident may have been edited since, so it is written anew after the mute.
            await outbox.RecordIncidentAsync(
                new ShownIncident(incident.Id, incident.CarrierId, shown, incident.Version, time.GetUtcNow())
                {
                    IsOverwritten = true,
                }
            );
        }
    }

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
            || outbox.FindOwn(id, link) is not { } accepted
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
