using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Hosting;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>Answers what people type and press in Telegram (specification, sections 5 and 6): which command or button it is, and who may use it here.</summary>
public sealed partial class ChatCommands(
    BotSettings settings,
    TelegramState telegram,
    ILinkStore links,
    InertChats inert,
    UnlinkedChatLimiter strangers,
    ChatMessenger answers,
    ChatClock clock,
    LinkingInChat linking,
    StatusAnswer status,
    RunsInChat runs,
    MutingInChat muting,
    NotificationButtons notificationButtons,
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
            if (chat.Value != 0 && strangers.MayAnswer(chat))
            {
                await answers.SayAsync(chat, sentence, cancellation);
            }
        }
    }

    /// <summary>What a person is told of trouble that only the operator can end, or time; null for any other.</summary>
    private static string? Apology(Exception trouble) =>
        trouble switch
        {
            AccountUnknownException =>
                "The accounts of the server can't be looked up at the moment, so nothing was done. Please try again later; if it stays so, tell your operator.",
            StateUnreadableException { Unreadable.Entry: not null } =>
                "What is stored about this link can't be read. The operator has to fix it; please try again later.",
            StateUnreadableException =>
                "The list of links can't be read at the moment. The operator has to mend it; please try again later.",
            TooManyMutesException => trouble.Message,
            OutboxNotWritableException { Trouble.Kind: OutboxTroubleKind.Locked or OutboxTroubleKind.NotAnswering }
            or OutboxNotReadableException =>
                "The bot can't get at its own file at the moment, so nothing has changed. The operator has to see to it; please try again in a minute.",
            OutboxNotWritableException or StateNotWritableException =>
                "That could not be stored, so nothing has changed. The operator has to make room on the server; please try again later.",
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
        if (link is null && !strangers.MayAnswer(chat))
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
                _ when link is null => answers.SayAsync(chat, inert.Of(chat) ?? ChatWords.UseStart, cancellation),
                "status" => status.SendAsync(chat, link, cancellation),
                "run" => runs.RunAsync(chat, link, argument, cancellation),
                "mute" => muting.MuteAsync(chat, link, argument, cancellation),
                "unmute" => muting.UnmuteAsync(chat, link, cancellation),
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
            await answers.AcknowledgeAsync(query.Id, "This button is too old. Ask again with /status.", cancellation);
            return;
        }

        await (
            button.Name switch
            {
                _ when !button.Chat.IsPrivate => answers.AcknowledgeAsync(
                    button.QueryId,
                    "Groups only receive. Use a private chat with me.",
                    cancellation
                ),
                LinkingInChat.Keep => linking.KeepPressedAsync(button, cancellation),
                LinkingInChat.Switch => linking.SwitchPressedAsync(button, cancellation),

                // A button lives as long as its message; the link of its chat is looked up when it is pressed.
                _ when links.Find(button.Chat) is { } link => OnButtonOfUserAsync(button, link, cancellation),
                _ when inert.Of(button.Chat) is { } why => answers.AcknowledgeAsync(
                    button.QueryId,
                    strangers.MayAnswer(button.Chat) ? ChatWords.Cut(why, ChatWords.MaxToast) : null,
                    cancellation
                ),
                _ => answers.AcknowledgeAsync(
                    button.QueryId,
                    strangers.MayAnswer(button.Chat) ? "This chat is not linked any more. " + ChatWords.UseStart : null,
                    cancellation
                ),
            }
        );
    }

    private Task OnButtonOfUserAsync(PressedButton button, Link link, CancellationToken cancellation) =>
        button.Name switch
        {
            StatusAnswer.Run => status.RunPressedAsync(button, link, cancellation),
            NotificationButtons.Snooze or NotificationButtons.Mute or NotificationButtons.Again =>
                notificationButtons.PressedAsync(button, link, cancellation),
            _ => answers.AcknowledgeAsync(
                button.QueryId,
                "This button is of another version. Ask again with /status.",
                cancellation
            ),
        };

    /// <summary>Groups only receive: what they are told of any command but /help. What is no command of this bot's is not for it.</summary>
    private async Task SendAwayAsync(ChatId group, string? command, CancellationToken cancellation)
    {
        if (command is null)
        {
            return;
        }

        var bot = telegram.BotUsername is { } name ? $"@{name}" : "me";
        await answers.SendAsync(
            group,
            command == "start"
                ? new MessageBuilder()
                    .Plain(
                        $"Linking works in a private chat: a code in here could be read by all. Write /start to {bot} there. An operator can link this group (its id is "
                    )
                    .Code(group.ToString())
                    .Plain(").")
                : new MessageBuilder().Plain(
                    $"Groups only receive notifications. Write /{command} to {bot} in a private chat."
                ),
            cancellation
        );
    }

    private Task<MessageId?> HelpAsync(ChatId chat, CancellationToken cancellation) =>
        answers.SendAsync(
            chat,
            WithCommands(new MessageBuilder().Line($"Notifications of {settings.InstanceName}:")),
            cancellation
        );

    /// <summary>A linked person typed something else than a command of this bot's.</summary>
    private Task<MessageId?> UnknownAsync(ChatId chat, TypedCommand? typed, CancellationToken cancellation) =>
        answers.SendAsync(
            chat,
            WithCommands(
                new MessageBuilder().Line(
                    typed is null
                        ? "I only read commands. /help lists the commands:"
                        : $"There is no command /{ChatWords.Cut(typed.Name, 40)}. /help lists the commands:"
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
        await answers.SendAsync(
            chat,
            new MessageBuilder()
                .Plain("The notifications of ")
                .Bold(link.User.Value)
                .Plain($" on {settings.InstanceName} arrive here, since {clock.Moment(link.LinkedAt, link)}."),
            cancellation
        );

    private async Task TestAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        await answers.SendAsync(
            chat,
            new MessageBuilder()
                .Bold("Sample: revenue dropped 25%")
                .Line()
                .Plain("This is a sample for ")
                .Bold(link.User.Value)
                .Plain(". A notification with text looks so."),
            cancellation
        );
        using var picture = new MemoryStream(SamplePicture.Png(), writable: false);
        await answers.SendPictureAsync(
            chat,
            new MessageBuilder().Bold("Sample: daily report").Line().Plain("And so does one with a chart."),
            new Upload(picture, "sample.png", "image/png"),
            cancellation
        );
    }

    [LoggerMessage(1103, LogLevel.Error, "A chat could not be served: {Reason}{Others}")]
    private static partial void LogState(ILogger log, string reason, string others);
}
