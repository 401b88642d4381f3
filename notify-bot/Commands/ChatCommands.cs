using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Hosting;
using Notify.Linking;
using Notify.Text;

namespace Notify.Bot.Commands;

/// <summary>Routes what people type and press in Telegram to commands and buttons, and decides who may use them here.</summary>
public sealed partial class ChatCommands(
    BotSettings settings,
    TelegramStatus telegram,
    ILinkStore links,
    InertChats inert,
    UnlinkedChatLimiter limiter,
    ChatMessenger messenger,
    ChatClock clock,
    LinkingInChat linking,
    StatusAnswer status,
    RunsInChat runs,
    MutingInChat muting,
    WatchInChat watch,
    QuietInChat quiet,
    HeldInChat held,
    NotificationButtons notificationButtons,
    IncidentsInChat incidents,
    TimeProvider time,
    ILogger<ChatCommands> log
)
{
    private readonly LogThrottle _throttle = new(time);

    internal async Task HandleAsync(ApiUpdate update, CancellationToken cancellation)
    {
        try
        {
            if (update.CallbackQuery is { } query)
            {
                await OnButtonAsync(query, cancellation);
            }
            else if (update.MyChatMember is { } member)
            {
                await linking.MembershipChangedAsync(
                    new ChatId(member.Chat.Id),
                    member.NewChatMember.Status,
                    cancellation
                );
            }
            else if (update.Message is { MigrateToChatId: { } newChat } moved)
            {
                await links.MoveChatAsync(new ChatId(moved.Chat.Id), new ChatId(newChat), cancellation);
            }
            else if (update.Message is { Text: { } text, From.IsBot: not true } message)
            {
                await OnTextAsync(new ChatId(message.Chat.Id), text, cancellation);
            }
        }
        catch (Exception e) when (Apology(e) is { } sentence)
        {
            if (_throttle.Next() is { } others)
            {
                LogState(log, e.Message, others);
            }

            var chat = new ChatId(update.Message?.Chat.Id ?? update.CallbackQuery?.Message?.Chat.Id ?? 0);
            if (chat.Value != 0 && limiter.MayAnswer(chat))
            {
                await messenger.SayAsync(chat, sentence, cancellation);
            }
        }
    }

    /// <summary>What a person reads about a fault that only an admin or time can end; null for any other fault.</summary>
    private string? Apology(Exception trouble) =>
        trouble switch
        {
            AccountUnknownException =>
                $"The server can't look up its accounts at the moment, so nothing has changed. Try again later. If this goes on, tell {settings.Contact}.",
            StateUnreadableException { Unreadable.Entry: not null } =>
                $"The bot can't read the stored link of this chat. Tell {settings.Contact}, and try again later.",
            StateUnreadableException =>
                $"The bot can't read its list of links at the moment. Tell {settings.Contact}, and try again later.",
            TooManyMutesException => trouble.Message,
            OutboxNotWritableException { Trouble.Kind: OutboxTroubleKind.Locked or OutboxTroubleKind.NotAnswering }
            or OutboxNotReadableException =>
                $"The bot can't open its database at the moment, so nothing has changed. Try again in a minute. If this goes on, tell {settings.Contact}.",
            OutboxNotWritableException or StateNotWritableException =>
                $"The bot can't store this, so nothing has changed. The server's disk may be full: tell {settings.Contact}, and try again later.",
            _ => null,
        };

    private async Task OnTextAsync(ChatId chat, string text, CancellationToken cancellation)
    {
        var typed = TypedCommand.Parse(text, telegram.BotUsername);
        if (typed is { ForAnotherBot: true } || (typed is null && !chat.IsPrivate))
        {
            return;
        }

        var link = links.Find(chat);
        if (link is null && !limiter.MayAnswer(chat))
        {
            return;
        }

        var command = CommandList.All.FirstOrDefault(c => c.Name == typed?.Name)?.Name;
        var argument = typed?.Argument ?? "";
        await (
            command switch
            {
                "help" => HelpAsync(chat, cancellation),
                _ when !chat.IsPrivate => SendAwayAsync(chat, command, cancellation),
                "start" => linking.StartAsync(chat, link, argument, cancellation),
                "unlink" when links.Stored(chat) is { } stored => linking.UnlinkAsync(stored, cancellation),
                _ when link is null => messenger.SayAsync(chat, inert.Of(chat) ?? ChatWords.UseStart, cancellation),
                "status" => status.SendAsync(chat, link, cancellation),
                "run" => runs.RunAsync(chat, link, argument, cancellation),
                "mute" => muting.MuteAsync(chat, link, argument, cancellation),
                "snooze" => muting.SnoozeAsync(chat, link, argument, cancellation),
                "unmute" => muting.UnmuteAsync(chat, link, argument, cancellation),
                "quiet" => quiet.AnswerAsync(chat, link, argument, cancellation),
                "timezone" => quiet.TimeZoneAsync(chat, link, argument, cancellation),
                "watch" => watch.AnswerAsync(chat, link, argument, cancellation),
                "whoami" => WhoAmIAsync(chat, link, cancellation),
                "test" => TestAsync(chat, link, cancellation),
                _ => UnknownAsync(chat, typed, cancellation),
            }
        );
    }

    private async Task OnButtonAsync(ApiCallbackQuery query, CancellationToken cancellation)
    {
        if (PressedButton.Read(query) is not { } button)
        {
            await messenger.AcknowledgeAsync(
                query.Id,
                "This button is too old. Send /status for new ones.",
                cancellation
            );
            return;
        }

        await (
            button.Name switch
            {
                _ when !button.Chat.IsPrivate => messenger.AcknowledgeAsync(
                    button.QueryId,
                    "Groups only receive notifications. Use a private chat with the bot.",
                    cancellation
                ),
                LinkingInChat.Keep => linking.KeepPressedAsync(button, cancellation),
                LinkingInChat.Switch => linking.SwitchPressedAsync(button, cancellation),

                // A button lives as long as its message, so the link is looked up at each press.
                _ when links.Find(button.Chat) is { } link => OnButtonOfUserAsync(button, link, cancellation),
                _ when inert.Of(button.Chat) is { } why => messenger.AcknowledgeAsync(
                    button.QueryId,
                    limiter.MayAnswer(button.Chat) ? Ellipsis.Cut(why, ChatWords.MaxToast) : null,
                    cancellation
                ),
                _ => messenger.AcknowledgeAsync(
                    button.QueryId,
                    limiter.MayAnswer(button.Chat) ? "This chat is no longer linked. " + ChatWords.UseStart : null,
                    cancellation
                ),
            }
        );
    }

    private Task OnButtonOfUserAsync(PressedButton button, Link link, CancellationToken cancellation) =>
        button.Name switch
        {
            StatusAnswer.Run => status.RunPressedAsync(button, link, cancellation),
            StatusAnswer.Page => status.PagePressedAsync(button, link, cancellation),
            MessageButtons.Show or MessageButtons.ShowAll => held.PressedAsync(button, link, cancellation),
            IncidentButtons.OnIt => incidents.PressedAsync(button, link, cancellation),
            MessageButtons.Snooze
            or MessageButtons.Mute
            or MessageButtons.Unmute
            or MessageButtons.Again
            or MessageButtons.Run => notificationButtons.PressedAsync(button, link, cancellation),
            _ => messenger.AcknowledgeAsync(
                button.QueryId,
                "This button is from another version of the bot. Send /status for new ones.",
                cancellation
            ),
        };

    /// <summary>Tells a group that groups only receive. Commands of other bots get no answer.</summary>
    private async Task SendAwayAsync(ChatId group, string? command, CancellationToken cancellation)
    {
        if (command is null)
        {
            return;
        }

        var bot = telegram.BotUsername is { } name ? $"@{name}" : "me";
        await messenger.SendAsync(
            group,
            command == "start"
                ? new MessageBuilder()
                    .Plain(
                        $"Linking works in a private chat: everybody in this group could read a code. Send /start to {bot} there. To link this group, give its id to {settings.Contact}: "
                    )
                    .Code(group.ToString())
                : new MessageBuilder().Plain(
                    $"Groups only receive notifications. Send /{command} to {bot} in a private chat."
                ),
            cancellation
        );
    }

    private Task<MessageId?> HelpAsync(ChatId chat, CancellationToken cancellation) =>
        messenger.SendAsync(
            chat,
            WithCommands(new MessageBuilder().Line($"Notifications of {settings.InstanceName}:")),
            cancellation
        );

    /// <summary>Answers a linked person who typed no known command.</summary>
    private Task<MessageId?> UnknownAsync(ChatId chat, TypedCommand? typed, CancellationToken cancellation) =>
        messenger.SendAsync(
            chat,
            WithCommands(
                new MessageBuilder().Line(
                    typed is null
                        ? "The bot reads only commands:"
                        : $"There is no command /{Ellipsis.Cut(typed.Name, 40)}. The commands:"
                )
            ),
            cancellation
        );

    private static MessageBuilder WithCommands(MessageBuilder text)
    {
        text.Line();
        foreach (var command in CommandList.All)
        {
            text.Line($"/{command.Name} - {command.Description}");
        }

        return text;
    }

    private async Task WhoAmIAsync(ChatId chat, Link link, CancellationToken cancellation) =>
        await messenger.SendAsync(
            chat,
            new MessageBuilder()
                .Plain("This chat receives the notifications of ")
                .Bold(link.User.Value)
                .Plain($" on {settings.InstanceName}. Linked since {clock.Moment(link.LinkedAt, link)}."),
            cancellation
        );

    private async Task TestAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        await messenger.SendAsync(
            chat,
            new MessageBuilder()
                .Bold("Sample: revenue dropped 25%")
                .Line()
                .Plain("This is a sample for ")
                .Bold(link.User.Value)
                .Plain(". A text notification looks like this."),
            cancellation
        );
        using var picture = new MemoryStream(SamplePicture.Png(), writable: false);
        await messenger.SendPictureAsync(
            chat,
            new MessageBuilder()
                .Bold("Sample: daily report")
                .Line()
                .Plain("A notification with a chart looks like this."),
            new Upload(picture, "sample.png", "image/png"),
            cancellation
        );
    }

    [LoggerMessage(1103, LogLevel.Error, "A chat could not be served: {Reason}{Others}")]
    private static partial void LogState(ILogger log, string reason, string others);
}
