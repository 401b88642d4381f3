using Notify.Bot.Rounds;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary><c>/watch</c>: whether the bot tells a user when rounds stop.</summary>
public sealed class WatchInChat(RoundStore store, Accounts accounts, ChatMessenger messenger, ChatClock clock)
{
    internal async Task AnswerAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        var account = accounts.Of(link.User).Id;
        switch (argument)
        {
            case "on" or "off":
                await store.SwitchAsync(link.User, account, argument == "on", cancellation);
                break;
            case "":
                break;
            default:
                await messenger.SayAsync(
                    chat,
                    "Send /watch on or /watch off. A plain /watch shows the state.",
                    cancellation
                );
                return;
        }

        await messenger.SayAsync(chat, State(store.Of(link.User, account), link), cancellation);
    }

    private string State(UserRounds? rounds, Link link)
    {
        if (rounds is { IsOff: true })
        {
            return "The watch is off: the bot does not tell you when your scripts stop. Send /watch on to switch it on.";
        }

        return rounds switch
        {
            { Last: { } last, Limit: { } limit } =>
                $"The watch is on. The last round of your scripts began {clock.Moment(last, link)}. You get a message when rounds stop for more than {ChatWords.Span(limit)}, and one when they are back."
                    + (rounds.Stop is null ? "" : " They have stopped now.")
                    + " Send /watch off to switch it off.",
            { Last: { } last } =>
                $"The watch is on. It begins with the second round of your scripts; the last one began {clock.Moment(last, link)}.",
            _ =>
                "The watch is on. It begins once cron runs your scripts: no round has been reported yet. notify-runner status says more.",
        };
    }
}
