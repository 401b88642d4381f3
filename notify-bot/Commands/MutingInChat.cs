using Notify.Bot.Outbox;
using Notify.Linking;
using Notify.Scripts;

namespace Notify.Bot.Commands;

/// <summary><c>/mute</c> and <c>/unmute</c>: all notifications of a user. Single scripts are muted under their notifications (<see cref="NotificationButtons"/>).</summary>
public sealed class MutingInChat(IOutbox outbox, ChatMessenger answers, ChatClock clock, TimeProvider time)
{
    internal async Task MuteAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        DateTimeOffset until;
        if (argument.Length == 0)
        {
            until = Mutes.Forever;
        }
        else if (Cooldown.TryParse(argument) is { Length: var length } && length > TimeSpan.Zero)
        {
            until = time.GetUtcNow() + length;
        }
        else
        {
            await answers.SayAsync(
                chat,
                "Say for how long: /mute 30m, /mute 2h, /mute 1d; or /mute alone until /unmute.",
                cancellation
            );
            return;
        }

        await outbox.MuteAsync(link.User, null, until);
        await answers.SayAsync(
            chat,
            $"Muted {clock.Until(until, link)}. Notifications are kept in the history and do not arrive here. /unmute ends it.",
            cancellation
        );
    }

    internal async Task UnmuteAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        await outbox.UnmuteAllAsync(link.User);
        await answers.SayAsync(
            chat,
            "Notifications arrive again. Muted ones are in the history of the dashboard.",
            cancellation
        );
    }
}
