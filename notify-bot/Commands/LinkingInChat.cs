using System.Globalization;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>
/// Links and unlinks chats: codes and one-tap links of <c>/start</c>, the question before a chat changes its user, <c>/unlink</c>, and
/// updates of Telegram about the bot's membership.
/// </summary>
public sealed class LinkingInChat(
    BotSettings settings,
    ILinkStore links,
    InertChats inert,
    LinkChangeNotifier linkChanges,
    ChatMessenger messenger,
    TimeProvider time
)
{
    /// <summary>The button that switches to the other user. The one-tap link's payload follows.</summary>
    internal const string Switch = "move:";

    /// <summary>The button that keeps the current user.</summary>
    internal const string Keep = "keep";

    internal async Task StartAsync(ChatId chat, Link? link, string payload, CancellationToken cancellation)
    {
        if (link?.Dead is not null)
        {
            // A chat that sends /start takes messages again.
            await links.MarkAliveAsync(chat, cancellation);
        }

        var text = new MessageBuilder();
        if (payload.Length > 0)
        {
            switch (await links.RedeemAsync(payload, chat, evenIfLinkedToAnother: false, cancellation))
            {
                case Redemption.Redeemed redeemed when redeemed.Change.Link.User == link?.User:
                    await messenger.SendAsync(
                        chat,
                        new MessageBuilder().Plain("This chat is already linked to ").Bold(link.User.Value).Plain("."),
                        cancellation
                    );
                    return;
                case Redemption.Redeemed:
                    // LinkChangeNotifier tells the chat, as for links from the dashboard and from admins.
                    await linkChanges.AnnounceAsync(cancellation);
                    return;
                case Redemption.AskFirst ask:
                    await AskAsync(chat, ask, payload, cancellation);
                    return;
                default:
                    text.Line(
                            "This link is unknown or expired. Use the code below, or get a new link on the dashboard."
                        )
                        .Line();
                    break;
            }
        }

        if (link is not null)
        {
            text.Plain("This chat is linked. It receives the notifications of ")
                .Bold(link.User.Value)
                .Line(". To link it to another account, use the code below.")
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
                ? $"Log in at {web} and enter the code in the Telegram card."
                : $"Enter it on the dashboard of {settings.InstanceName}, in the Telegram card, or give it to {settings.Contact}."
        );
        text.Plain(
            $"The code works once, within {minutes.ToString(CultureInfo.InvariantCulture)} minutes. It replaces earlier codes of this chat."
        );
        await messenger.SendAsync(chat, text, cancellation);
    }

    internal async Task UnlinkAsync(Link link, CancellationToken cancellation)
    {
        await links.UnlinkAsync(link.User, cancellation);
        await linkChanges.AnnounceAsync(cancellation);
    }

    internal async Task SwitchPressedAsync(PressedButton button, CancellationToken cancellation)
    {
        var redemption = await links.RedeemAsync(
            button.Argument,
            button.Chat,
            evenIfLinkedToAnother: true,
            cancellation
        );
        await messenger.AcknowledgeAsync(button.QueryId, null, cancellation);
        var done = redemption is Redemption.Redeemed;
        await messenger.ReplaceAsync(
            button.Chat,
            button.Message,
            new MessageBuilder().Plain(
                done ? "Switched." : "This link has expired. Get a new one on the dashboard, or send /start."
            ),
            cancellation
        );
        await linkChanges.AnnounceAsync(cancellation);
    }

    internal async Task KeepPressedAsync(PressedButton button, CancellationToken cancellation)
    {
        await messenger.AcknowledgeAsync(button.QueryId, ChatWords.NothingHasChanged, cancellation);
        await messenger.ReplaceAsync(
            button.Chat,
            button.Message,
            new MessageBuilder().Plain(ChatWords.NothingHasChanged),
            cancellation
        );
    }

    /// <summary>A person blocks or unblocks the bot. Marks the link, so senders and the dashboard know before the next message fails.</summary>
    internal Task MembershipChangedAsync(ChatId chat, string? status, CancellationToken cancellation) =>
        status switch
        {
            "kicked" or "left" => links.Find(chat) is { Dead: null }
                ? links.MarkDeadAsync(
                    chat,
                    chat.IsPrivate ? DeadLinkReason.Blocked : DeadLinkReason.Kicked,
                    cancellation
                )
                : Task.CompletedTask,
            "member" or "administrator" => links.Find(chat) is { Dead: not null }
                ? links.MarkAliveAsync(chat, cancellation)
                : Task.CompletedTask,
            _ => Task.CompletedTask,
        };

    private async Task AskAsync(ChatId chat, Redemption.AskFirst ask, string payload, CancellationToken cancellation) =>
        await messenger.SendAsync(
            chat,
            new MessageBuilder()
                .Plain("This chat receives the notifications of ")
                .Bold(ask.LinkedTo.Value)
                .Plain(". Should it receive those of ")
                .Bold(ask.WouldBe.Value)
                .Plain(" instead?"),
            cancellation,
            new ApiKeyboard([
                [new ApiButton($"Switch from {ask.LinkedTo} to {ask.WouldBe}", Switch + payload)],
                [new ApiButton($"Keep {ask.LinkedTo}", Keep)],
            ])
        );
}
