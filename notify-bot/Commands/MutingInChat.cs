using Notify.Bot.Outbox;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Commands;

/// <summary>
/// <c>/snooze</c>, <c>/mute</c> and <c>/unmute</c>: mutes of all notifications of a user, and of single scripts by name. Buttons mute single scripts too
/// (<see cref="NotificationButtons"/>).
/// </summary>
public sealed class MutingInChat(
    IOutbox outbox,
    NamedScripts scripts,
    ChatMessenger messenger,
    ChatClock clock,
    TimeProvider time
)
{
    private const string LengthOfAll =
        "Give a length of time: /mute 30m, /mute 2h, /mute 1d. A plain /mute lasts until /unmute.";

    private const string SnoozeForms =
        "/snooze NAME mutes a script for an hour, /snooze NAME 2h for two, /snooze NAME until 9:00 until then.";

    private const string History = "The history keeps muted notifications.";

    /// <summary>How long a script is muted if nobody says.</summary>
    private static readonly TimeSpan DefaultSnooze = TimeSpan.FromHours(1);

    /// <summary><c>/snooze NAME</c>, <c>/snooze NAME 2h</c>, <c>/snooze NAME until 9:00</c>.</summary>
    internal async Task SnoozeAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        var typed = TypedMute.Parse(argument);
        if (typed.Name.Length == 0)
        {
            await messenger.SayAsync(
                chat,
                $"Give the script's name: {SnoozeForms} Send /status for your scripts. /mute 2h mutes everything.",
                cancellation
            );
            return;
        }

        await MuteScriptAsync(chat, link, "/snooze", typed, End(typed, link) ?? Later(DefaultSnooze), cancellation);
    }

    /// <summary><c>/mute</c> and <c>/mute 2h</c> for everything, <c>/mute NAME</c> and <c>/mute NAME 2h</c> for a script.</summary>
    internal async Task MuteAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        var typed = TypedMute.Parse(argument);
        var until = End(typed, link) ?? Mutes.Forever;
        if (typed.Name.Length > 0)
        {
            await MuteScriptAsync(chat, link, "/mute", typed, until, cancellation);
            return;
        }

        await outbox.MuteAsync(link.User, null, until);
        await messenger.SayAsync(chat, $"Muted {clock.UntilOrSooner(until, link)} {History}", cancellation);
    }

    /// <summary><c>/unmute</c> ends all mutes, <c>/unmute NAME</c> a script's.</summary>
    internal async Task UnmuteAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        if (argument.Length > 0)
        {
            await UnmuteScriptAsync(chat, link, argument, cancellation);
            return;
        }

        await outbox.UnmuteAllAsync(link.User);
        await messenger.SayAsync(
            chat,
            "Nothing is muted any more. The history on the dashboard has the muted notifications.",
            cancellation
        );
    }

    private async Task MuteScriptAsync(
        ChatId chat,
        Link link,
        string command,
        TypedMute typed,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        var script = await scripts.FindAsync(link, typed.Name, cancellation);
        if (script.Stem is not { } stem)
        {
            await messenger.SayAsync(chat, Unknown(command, typed, script), cancellation);
            return;
        }

        await outbox.MuteAsync(link.User, stem + ".py", until);
        var sooner = until == Mutes.Forever ? $"until you send /unmute {stem}." : $"{clock.Until(until, link)}.";
        var end = until == Mutes.Forever ? "" : $" Send /unmute {stem} to end it sooner.";
        await messenger.SayAsync(
            chat,
            $"{stem} is muted {sooner}{end} {History}{clock.EverythingMuted(outbox.MutesOf(link.User), link)}",
            cancellation
        );
    }

    private async Task UnmuteScriptAsync(ChatId chat, Link link, string name, CancellationToken cancellation)
    {
        var script = await scripts.FindAsync(link, name, cancellation);
        if (script.Stem is not { } stem)
        {
            await messenger.SayAsync(chat, Unknown("/unmute", new TypedMute(name, null, null), script), cancellation);
            return;
        }

        var mutes = outbox.MutesOf(link.User);
        var wasMuted = mutes.Scripts.ContainsKey(stem);
        if (wasMuted)
        {
            await outbox.MuteAsync(link.User, stem + ".py", null);
        }

        await messenger.SayAsync(
            chat,
            $"{stem} is {(wasMuted ? "no longer muted" : "not muted")}.{clock.EverythingMuted(mutes, link)}",
            cancellation
        );
    }

    /// <summary>What a person reads who typed no name of a script.</summary>
    private static string Unknown(string command, TypedMute typed, NamedScript script)
    {
        var name = Ellipsis.Cut(typed.Name, 60);
        if (command == "/mute" && !typed.Name.Contains(' ', StringComparison.Ordinal) && IsNumber(typed.Name[0]))
        {
            return LengthOfAll;
        }

        var nearest = script switch
        {
            { Nearest: { } near } => $"There is no script {name}. Did you mean {near}? Send {command} {near}.",
            { Trouble: { } trouble } => $"The bot knows no script {name}. Your scripts can't be listed: {trouble}",
            _ => $"There is no script {name}. Send /status for your scripts.",
        };
        return command switch
        {
            "/mute" => $"{nearest} For everything, give a length of time: /mute 30m, /mute 2h, /mute 1d.",
            "/snooze" => $"{nearest} {SnoozeForms}",
            _ => $"{nearest} A plain /unmute ends all mutes.",
        };
    }

    private static bool IsNumber(char first) => char.IsAsciiDigit(first) || first is '-' or '+' or '.';

    /// <summary>The end that somebody typed; null if they typed none.</summary>
    private DateTimeOffset? End(TypedMute typed, Link link) =>
        typed switch
        {
            { Length: { } length } => Later(length),
            { At: { } at } => clock.Next(at, link),
            _ => null,
        };

    private DateTimeOffset Later(TimeSpan length) => time.GetUtcNow() + length;
}
