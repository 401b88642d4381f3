using Notify.Bot.Outbox;
using Notify.Linking;
using Notify.Scripts;

namespace Notify.Bot.Commands;

/// <summary><c>/mute</c> and <c>/unmute</c>: mutes of all notifications of a user. Buttons mute single scripts (<see cref="NotificationButtons"/>).</summary>
public sealed class MutingInChat(IOutbox outbox, ChatMessenger messenger, ChatClock clock, TimeProvider time)
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
            await messenger.SayAsync(
                chat,
                "Give a length of time: /mute 30m, /mute 2h, /mute 1d. A plain /mute lasts until /unmute.",
                cancellation
            );
            return;
        }

        await outbox.MuteAsync(link.User, null, until);
        await messenger.SayAsync(
            chat,
            $"Muted {clock.UntilOrSooner(until, link)} The history keeps muted notifications.",
            cancellation
        );
    }

    internal async Task UnmuteAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        await outbox.UnmuteAllAsync(link.User);
        await messenger.SayAsync(
            chat,
            "Nothing is muted any more. The history on the dashboard has the muted notifications.",
            cancellation
        );
    }
}
