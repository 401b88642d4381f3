using System.Globalization;
using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>
/// How a chat comes to its link, and loses it: codes and one-tap links of <c>/start</c>, the question before a chat changes hands, <c>/unlink</c>, and
/// what Telegram says of a chat by itself.
/// </summary>
public sealed class LinkingInChat(
    BotSettings settings,
    ILinkStore links,
    InertChats inert,
    LinkChangeNotifier announcements,
    ChatMessenger answers,
    TimeProvider time
)
{
    /// <summary>The button that takes the other user's notifications; the one-tap link's payload follows.</summary>
    internal const string Switch = "move:";

    /// <summary>The button that leaves the chat to its user.</summary>
    internal const string Keep = "keep";

    internal async Task StartAsync(ChatId chat, Link? link, string payload, CancellationToken cancellation)
    {
        if (link?.Dead is not null)
        {
            // Who writes /start can be written to again.
            await links.MarkAliveAsync(chat, cancellation);
        }

        var text = new MessageBuilder();
        if (payload.Length > 0)
        {
            switch (await links.RedeemAsync(payload, chat, evenIfLinkedToAnother: false, cancellation))
            {
                case Redemption.Redeemed redeemed when redeemed.Change.Link.User == link?.User:
                    await answers.SendAsync(
                        chat,
                        new MessageBuilder().Plain("This chat is linked to ").Bold(link.User.Value).Plain(" already."),
                        cancellation
                    );
                    return;
                case Redemption.Redeemed:
                    // LinkChangeNotifier tells the chat, as for links from the dashboard and from admins.
                    await announcements.AnnounceAsync(cancellation);
                    return;
                case Redemption.AskFirst ask:
                    await AskAsync(chat, ask, payload, cancellation);
                    return;
                default:
                    text.Line(
                            "That link is unknown or expired. Here is a code instead; or get a new link on the dashboard."
                        )
                        .Line();
                    break;
            }
        }

        if (link is not null)
        {
            text.Plain("This chat is linked: the notifications of ")
                .Bold(link.User.Value)
                .Line(" arrive here. To link it to another account, use the code below.")
                .Line();
        }
        else if (inert.Of(chat) is { } why)
        {
            text.Line(why).Line();
        }

        var code = await links.IssueCodeAsync(chat, cancellation);
        var minutes = Math.Max(1, Math.Round((code.ExpiresAt - time.GetUtcNow()).TotalMinutes));
        text.Plain("Your verification code: ").Code(code.Code).Line().Line();
        text.Line(
            settings.WebUrl is { } web
                ? $"Log in at {web} and enter it in the card Telegram."
                : $"Enter it on the dashboard of {settings.InstanceName}, in the card Telegram, or give it to your operator."
        );
        text.Plain(
            $"It is valid for {minutes.ToString(CultureInfo.InvariantCulture)} minutes, works once, and replaces earlier codes of this chat."
        );
        await answers.SendAsync(chat, text, cancellation);
    }

    internal async Task UnlinkAsync(Link link, CancellationToken cancellation)
    {
        await links.UnlinkAsync(link.User, cancellation);
        await announcements.AnnounceAsync(cancellation);
    }

    internal async Task SwitchPressedAsync(PressedButton button, CancellationToken cancellation)
    {
        var redemption = await links.RedeemAsync(
            button.Argument,
            button.Chat,
            evenIfLinkedToAnother: true,
            cancellation
        );
        await answers.AcknowledgeAsync(button.QueryId, null, cancellation);
        var done = redemption is Redemption.Redeemed;
        await answers.ReplaceAsync(
            button.Chat,
            button.Message,
            new MessageBuilder().Plain(
                done ? "Switched." : "That link has expired. Get a new one on the dashboard, or use /start."
            ),
            cancellation
        );
        await announcements.AnnounceAsync(cancellation);
    }

    internal async Task KeepPressedAsync(PressedButton button, CancellationToken cancellation)
    {
        await answers.AcknowledgeAsync(button.QueryId, ChatWords.NothingHasChanged, cancellation);
        await answers.ReplaceAsync(
            button.Chat,
            button.Message,
            new MessageBuilder().Plain(ChatWords.NothingHasChanged),
            cancellation
        );
    }

    /// <summary>A person blocks the bot, or takes that back: the link is marked, so that senders and the dashboard know before the next message fails.</summary>
    internal Task MembershipChangedAsync(ChatId chat, string? status, CancellationToken cancellation) =>
        status switch
        {
            "kicked" or "left" => links.Find(chat) is { Dead: null }
                ? links.MarkDeadAsync(chat, chat.IsPrivate ? "blocked" : "kicked", cancellation)
                : Task.CompletedTask,
            "member" or "administrator" => links.Find(chat) is { Dead: not null }
                ? links.MarkAliveAsync(chat, cancellation)
                : Task.CompletedTask,
            _ => Task.CompletedTask,
        };

    private async Task AskAsync(ChatId chat, Redemption.AskFirst ask, string payload, CancellationToken cancellation) =>
        await answers.SendAsync(
            chat,
            new MessageBuilder()
                .Plain("This chat receives the notifications of ")
                .Bold(ask.LinkedTo.Value)
                .Plain(". Shall it receive those of ")
                .Bold(ask.WouldBe.Value)
                .Plain(" instead?"),
            cancellation,
            new ApiKeyboard([
                [new ApiButton($"Switch from {ask.LinkedTo} to {ask.WouldBe}", Switch + payload)],
                [new ApiButton($"Keep {ask.LinkedTo}", Keep)],
            ])
        );
}
