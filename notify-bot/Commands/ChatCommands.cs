using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Notify.Bot.Outbox;
using Notify.Bot.Polling;
using Notify.Bot.Scripts;
using Notify.Bot.Telegram;
using Notify.Linking;
using Notify.Scripts;

namespace Notify.Bot.Commands;

/// <summary>Answers what people type and press in Telegram (specification, sections 5 and 6).</summary>
public sealed partial class ChatCommands(
    BotSettings settings,
    ILinkBook links,
    LinkAnnouncements announcements,
    ChatAnswers answers,
    ScriptsHelper helper,
    RequestedRuns runs,
    BackgroundRuns background,
    IOutbox outbox,
    TelegramState telegram,
    StrangerLimit strangers,
    TimeProvider time,
    ILogger<ChatCommands> log) : IUpdateHandler
{
    private const string UseStart = "Use /start to link your account.";

    /// <summary>Scripts with a button in /status; Telegram takes 100 buttons, a thumb takes fewer.</summary>
    private const int MostButtons = 40;

    private const string RunButton = "run:";
    private const string MoveButton = "move:";
    private const string KeepButton = "keep";

    async Task IUpdateHandler.HandleAsync(ApiUpdate update, CancellationToken cancellation)
    {
        try
        {
            if (update.CallbackQuery is { } query)
            {
                await OnButtonAsync(query, cancellation);
            }
            else if (update.MyChatMember is { } member)
            {
                await OnMembershipAsync(new ChatId(member.Chat.Id), member.NewChatMember.Status, cancellation);
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
        catch (StateUnreadableException e)
        {
            LogState(log, e.Message);
            await SorryAsync(update, "The list of links can't be read at the moment. The operator has to mend it; please try again later.", cancellation);
        }
        catch (TooManyPendingCodesException e)
        {
            LogState(log, e.Message);
            await SorryAsync(update, "Too many people are linking at this moment. Please send /start again in a few minutes.", cancellation);
        }
        catch (OutboxNotWritableException e)
        {
            LogState(log, e.Message);
            await SorryAsync(update, "That could not be stored, so nothing has changed. The operator has to make room on the server; please try again later.", cancellation);
        }
        catch (StateNotWritableException e)
        {
            LogState(log, e.Message);
            await SorryAsync(update, "That could not be stored, so nothing has changed. The operator has to make room on the server; please try again later.", cancellation);
        }
    }

    /// <summary>A person blocks the bot, or takes that back: the link is marked, so that senders and the dashboard know before the next message fails.</summary>
    private Task OnMembershipAsync(ChatId chat, string? status, CancellationToken cancellation) => status switch
    {
        "kicked" or "left" => links.Find(chat) is { Dead: null } ? links.MarkDeadAsync(chat, chat.IsPrivate ? "blocked" : "kicked", cancellation) : Task.CompletedTask,
        "member" or "administrator" => links.Find(chat) is { Dead: not null } ? links.MarkAliveAsync(chat, cancellation) : Task.CompletedTask,
        _ => Task.CompletedTask,
    };

    private Task SorryAsync(ApiUpdate update, string sentence, CancellationToken cancellation)
    {
        var chat = new ChatId(update.Message?.Chat.Id ?? update.CallbackQuery?.Message?.Chat.Id ?? 0);
        return chat.Value != 0 && strangers.MayAnswer(chat) ? answers.SendAsync(chat, new AnswerText().Plain(sentence), cancellation) : Task.CompletedTask;
    }

    private async Task OnTextAsync(ChatId chat, string text, CancellationToken cancellation)
    {
        var command = TypedCommand.Parse(text, settings.BotUsername ?? telegram.Now.BotUsername);
        if (command is { ForAnotherBot: true } || (command is null && !chat.IsPrivate))
        {
            return;
        }

        var link = links.Find(chat);
        if (link is null && !strangers.MayAnswer(chat))
        {
            return;
        }

        var known = CommandList.All.FirstOrDefault(c => c.Name == command?.Name);
        if (!chat.IsPrivate && known is not { Name: "help" })
        {
            if (known is not null)
            {
                await answers.SendAsync(
                    chat,
                    known.Name == "start"
                        ? new AnswerText().Plain($"Linking works in a private chat: a code in here could be read by all. Write /start to {BotName()} there. An operator can link this group (its id is ").Code(chat.ToString()).Plain(").")
                        : new AnswerText().Plain($"Groups only receive notifications. Write /{known.Name} to {BotName()} in a private chat."),
                    cancellation);
            }

            return;
        }

        switch (known?.Name)
        {
            case "start":
                await StartAsync(chat, link, command!.Argument, cancellation);
                break;
            case "help":
                await HelpAsync(chat, cancellation);
                break;
            case not null when link is null:
                await answers.SendAsync(chat, new AnswerText().Plain(UseStart), cancellation);
                break;
            case "status":
                await StatusAsync(chat, link, cancellation);
                break;
            case "run":
                await RunAsync(chat, link, command!.Argument, cancellation);
                break;
            case "mute":
                await MuteAsync(chat, link, command!.Argument, cancellation);
                break;
            case "unmute":
                await outbox.UnmuteAllAsync(link.User);
                await answers.SendAsync(chat, new AnswerText().Plain("Notifications arrive again. What was held back is in the history of the dashboard."), cancellation);
                break;
            case "whoami":
                await answers.SendAsync(chat, new AnswerText().Plain("The notifications of ").Bold(link.User.Value).Plain($" on {settings.InstanceName} arrive here, since {Moment(link.LinkedAt)}."), cancellation);
                break;
            case "test":
                await TestAsync(chat, link, cancellation);
                break;
            case "unlink":
                await links.UnlinkAsync(link.User, cancellation);
                await announcements.AnnounceAsync(cancellation);
                break;
            default:
                await answers.SendAsync(chat, new AnswerText().Plain(link is null ? UseStart : $"{UseStart} /help lists the commands."), cancellation);
                break;
        }
    }

    private async Task MuteAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
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
            await answers.SendAsync(chat, new AnswerText().Plain("Say for how long: /mute 30m, /mute 2h, /mute 1d; or /mute alone until /unmute."), cancellation);
            return;
        }

        await outbox.MuteAsync(link.User, null, until);
        await answers.SendAsync(chat, new AnswerText().Plain($"Muted {UntilText(until)}. Notifications are kept in the history and do not arrive here. /unmute ends it."), cancellation);
    }

    private async Task StartAsync(ChatId chat, Link? link, string payload, CancellationToken cancellation)
    {
        if (link?.Dead is not null)
        {
            // Who writes /start can be written to again.
            await links.MarkAliveAsync(chat, cancellation);
        }

        var text = new AnswerText();
        if (payload.Length > 0)
        {
            switch (await links.RedeemAsync(payload, chat, evenIfLinkedToAnother: false, cancellation))
            {
                case Redemption.Redeemed redeemed when redeemed.Change.Link.User == link?.User:
                    await answers.SendAsync(chat, new AnswerText().Plain("This chat is linked to ").Bold(link.User.Value).Plain(" already."), cancellation);
                    return;
                case Redemption.Redeemed:
                    // LinkAnnouncements tells it, as it does for all links, whoever made them.
                    await announcements.AnnounceAsync(cancellation);
                    return;
                case Redemption.AskFirst ask:
                    await answers.SendAsync(
                        chat,
                        new AnswerText().Plain("This chat receives the notifications of ").Bold(ask.LinkedTo.Value).Plain(". Shall it receive those of ").Bold(ask.WouldBe.Value).Plain(" instead?"),
                        cancellation,
                        new ApiKeyboard(
                        [
                            [new ApiButton($"Switch from {ask.LinkedTo} to {ask.WouldBe}", MoveButton + payload)],
                            [new ApiButton($"Keep {ask.LinkedTo}", KeepButton)],
                        ]));
                    return;
                default:
                    text.Line("That link is unknown or expired. Here is a code instead; or get a new link on the dashboard.").Line();
                    break;
            }
        }

        if (link is not null)
        {
            text.Plain("This chat is linked: the notifications of ").Bold(link.User.Value).Line(" arrive here. To link it to another account, use the code below.").Line();
        }

        var code = await links.IssueCodeAsync(chat, cancellation);
        var minutes = Math.Max(1, Math.Round((code.ExpiresAt - time.GetUtcNow()).TotalMinutes));
        text.Plain("Your verification code: ").Code(code.Code).Line().Line();
        text.Line(settings.WebUrl is { } web ? $"Log in at {web} and enter it in the card Telegram Notifications." : $"Enter it on the dashboard of {settings.InstanceName}, in the card Telegram Notifications, or give it to your operator.");
        text.Plain($"It is valid for {minutes.ToString(CultureInfo.InvariantCulture)} minutes, works once, and replaces earlier codes of this chat.");
        await answers.SendAsync(chat, text, cancellation);
    }

    private async Task HelpAsync(ChatId chat, CancellationToken cancellation)
    {
        var text = new AnswerText().Line($"Notifications of {settings.InstanceName}:").Line();
        foreach (var command in CommandList.All)
        {
            text.Line($"/{command.Name} - {command.Description}");
        }

        await answers.SendAsync(chat, text, cancellation);
    }

    private async Task StatusAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var mutes = outbox.MutesOf(link.User);
        var text = new AnswerText();
        AddTroubles(text, link.User, mutes, now);
        var (scripts, trouble) = await ListAsync(link.User, cancellation);
        if (scripts is null)
        {
            await answers.SendAsync(chat, text.Plain($"Your scripts can't be listed: {trouble}"), cancellation);
            return;
        }

        if (scripts.Count == 0)
        {
            await answers.SendAsync(chat, text.Plain("You have no scripts yet. Put one into ").Code("~/user/notifications").Plain("; examples are in ").Code("/data/docs/examples/notifications").Plain("."), cancellation);
            return;
        }

        text.Bold("Your scripts").Line();
        var left = 0;
        var buttons = new List<IReadOnlyList<ApiButton>>();
        foreach (var script in scripts)
        {
            if (text.Length > AnswerText.MaxLength - 700 || text.EntityCount > 90)
            {
                left++;
                continue;
            }

            text.Line().Bold(Cut(script.Stem, 60)).Line();
            text.Line(script.LastSent is { } sent ? $"last sent {Ago(now - sent)}" : "never sent");
            if (script.CooldownEnds is { } ends && ends > now)
            {
                text.Line($"cooldown ends in {Span(ends - now)}");
            }

            if (mutes.Scripts.TryGetValue(script.Stem, out var mutedUntil))
            {
                text.Line($"muted {UntilText(mutedUntil)}");
            }

            if (script.Running || runs.IsRunning(link.User, script.Name))
            {
                text.Line("running now");
            }

            if (script.Error is { Length: > 0 } error)
            {
                text.Line($"error: {Cut(error.ReplaceLineEndings(" "), 200)}");
            }

            if (buttons.Count < MostButtons)
            {
                buttons.Add([new ApiButton($"▶ Run {Cut(script.Stem, 40)}", RunButton + Digest(script.Name))]);
            }
        }

        if (left > 0)
        {
            text.Line().Plain($"... and {left} more: notify-runner status shows all.");
        }

        await answers.SendAsync(chat, text, cancellation, new ApiKeyboard(buttons));
    }

    /// <summary>What an analyst has to know first: a mute, and what did not arrive in the last day.</summary>
    private void AddTroubles(AnswerText text, UserName user, Mutes mutes, DateTimeOffset now)
    {
        var lately = outbox.History(user, 200).Where(n => now - n.Accepted.CreatedAt < TimeSpan.FromDays(1)).ToArray();
        if (mutes.All is { } until)
        {
            text.Bold("Muted").Line($" {UntilText(until)}; /unmute ends it.");
        }

        if (lately.Count(n => n.Progress.State == DeliveryState.Muted) is > 0 and var held)
        {
            text.Line($"{held} held back in the last 24 hours.");
        }

        foreach (var stuck in lately.Where(n => n.Progress.State is DeliveryState.Failed or DeliveryState.Unknown or DeliveryState.Queued).Take(3))
        {
            var name = Cut(stuck.Accepted.Title ?? stuck.Accepted.Script ?? stuck.Accepted.Message, 60).ReplaceLineEndings(" ");
            text.Plain(stuck.Progress.State == DeliveryState.Queued ? "Waiting: " : "Not delivered: ").Bold(name);
            text.Line(stuck.Progress switch
            {
                { NextTryAt: { } next } => $" ({stuck.Progress.Reason}, until {Moment(next)})",
                { Reason: { } reason } => $" ({Cut(reason, 150)})",
                _ => "",
            });
        }

        if (text.Length > 0)
        {
            text.Line();
        }
    }

    private async Task RunAsync(ChatId chat, Link link, string argument, CancellationToken cancellation)
    {
        var name = argument.EndsWith(".py", StringComparison.Ordinal) ? argument : argument + ".py";
        if (argument.Length == 0 || !ScriptName.TryParse(name, out var script))
        {
            await answers.SendAsync(chat, new AnswerText().Plain("Say which script: /run NAME. /status lists yours."), cancellation);
            return;
        }

        await BeginRunAsync(chat, link, script, cancellation);
    }

    private async Task TestAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        await answers.SendAsync(chat, new AnswerText().Bold("Sample: revenue dropped 25%").Line().Plain("This is a sample for ").Bold(link.User.Value).Plain(". A notification with text looks so."), cancellation);
        using var picture = new MemoryStream(SamplePicture.Png(), writable: false);
        await answers.SendPictureAsync(chat, new AnswerText().Bold("Sample: daily report").Line().Plain("And so does one with a chart."), new Upload(picture, "sample.png", "image/png"), cancellation);
    }

    private async Task OnButtonAsync(ApiCallbackQuery query, CancellationToken cancellation)
    {
        if (query.Message is not { } message || query.Data is not { Length: > 0 } data)
        {
            await answers.AcknowledgeAsync(query.Id, "This button is too old. Ask again with /status.", cancellation);
            return;
        }

        var chat = new ChatId(message.Chat.Id);
        if (!chat.IsPrivate)
        {
            await answers.AcknowledgeAsync(query.Id, "Groups only receive. Use a private chat with me.", cancellation);
            return;
        }

        if (data == KeepButton)
        {
            await answers.AcknowledgeAsync(query.Id, "Nothing has changed.", cancellation);
            await answers.EditAsync(chat, new MessageId(message.MessageId), new AnswerText().Plain("Nothing has changed."), cancellation);
            return;
        }

        if (data.StartsWith(MoveButton, StringComparison.Ordinal))
        {
            await MoveAsync(query, chat, data[MoveButton.Length..], cancellation);
            return;
        }

        // A button lives as long as its message; the link of its chat is looked up when it is pressed.
        if (links.Find(chat) is not { } link)
        {
            await answers.AcknowledgeAsync(query.Id, strangers.MayAnswer(chat) ? "This chat is not linked any more. " + UseStart : null, cancellation);
            return;
        }

        if (data.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && data[..(colon + 1)] is NotificationButtons.Snooze or NotificationButtons.Mute or NotificationButtons.Again)
        {
            await OnNotificationButtonAsync(query, chat, link, data[..(colon + 1)], data[(colon + 1)..], cancellation);
            return;
        }

        if (!data.StartsWith(RunButton, StringComparison.Ordinal))
        {
            await answers.AcknowledgeAsync(query.Id, "This button is of another version. Ask again with /status.", cancellation);
            return;
        }

        var (scripts, trouble) = await ListAsync(link.User, cancellation);
        var listed = scripts?.FirstOrDefault(s => Digest(s.Name) == data[RunButton.Length..]);
        if (listed is null || !ScriptName.TryParse(listed.Name, out var script))
        {
            await answers.AcknowledgeAsync(query.Id, trouble is null ? "That script is gone." : Cut(trouble, 180), cancellation);
            return;
        }

        await answers.AcknowledgeAsync(query.Id, null, cancellation);
        await BeginRunAsync(chat, link, script, cancellation);
    }

    private async Task OnNotificationButtonAsync(ApiCallbackQuery query, ChatId chat, Link link, string button, string id, CancellationToken cancellation)
    {
        // The chat may be another user's by now than when the notification came.
        if (outbox.Find(id) is not { Accepted: { Script: { } name } accepted } || accepted.User != link.User)
        {
            await answers.AcknowledgeAsync(query.Id, "That notification is too old. /status lists your scripts.", cancellation);
            return;
        }

        var stem = Mutes.Stem(name);
        if (button == NotificationButtons.Again)
        {
            if (!ScriptName.TryParse(stem + ".py", out var script))
            {
                await answers.AcknowledgeAsync(query.Id, "That was not a script of yours.", cancellation);
                return;
            }

            await answers.AcknowledgeAsync(query.Id, null, cancellation);
            await BeginRunAsync(chat, link, script, cancellation);
            return;
        }

        var until = button == NotificationButtons.Snooze ? time.GetUtcNow() + TimeSpan.FromHours(1) : Mutes.Forever;
        await outbox.MuteAsync(link.User, name, until);
        await answers.AcknowledgeAsync(query.Id, $"{Cut(stem, 100)} is muted {UntilText(until)}. /unmute ends it.", cancellation);
    }

    private async Task MoveAsync(ApiCallbackQuery query, ChatId chat, string payload, CancellationToken cancellation)
    {
        var redemption = await links.RedeemAsync(payload, chat, evenIfLinkedToAnother: true, cancellation);
        await answers.AcknowledgeAsync(query.Id, null, cancellation);
        var done = redemption is Redemption.Redeemed;
        await answers.EditAsync(
            chat, new MessageId(query.Message!.MessageId), new AnswerText().Plain(done ? "Switched." : "That link has expired. Get a new one on the dashboard, or use /start."), cancellation);
        await announcements.AnnounceAsync(cancellation);
    }

    /// <summary>Starts a run and returns: the run itself may take a minute, and the chat's next command must not wait for it.</summary>
    private async Task BeginRunAsync(ChatId chat, Link link, ScriptName script, CancellationToken cancellation)
    {
        if (runs.IsRunning(link.User, script.Value))
        {
            await answers.SendAsync(chat, new AnswerText().Bold(script.Stem).Plain(" is running already."), cancellation);
            return;
        }

        var started = await answers.SendAsync(chat, new AnswerText().Plain("▶ Running ").Bold(script.Stem).Plain("..."), cancellation);
        background.Start(async stopping =>
        {
            RequestedRun run;
            try
            {
                run = await runs.RunAsync(link.User, script, link, stopping);
            }
            catch (ScriptsHelperException e)
            {
                run = new RequestedRun("error", Error: e.Message);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                if (started is { } interrupted)
                {
                    await answers.TryEditNowAsync(chat, interrupted, new AnswerText().Plain("✖ ").Bold(script.Stem).Plain(": interrupted, since the bot was restarted. Run it again."));
                }

                throw;
            }

            var text = Ended(script, run);
            if (started is { } message)
            {
                await answers.EditAsync(chat, message, text, stopping);
            }
            else
            {
                await answers.SendAsync(chat, text, stopping);
            }
        });
    }

    private static AnswerText Ended(ScriptName script, RequestedRun run)
    {
        var text = new AnswerText();
        switch (run.Word)
        {
            case "delivered":
                return text.Plain("✔ ").Bold(script.Stem).Plain(": delivered");
            case "queued":
                return text.Plain("✔ ").Bold(script.Stem).Plain(": queued, it is delivered as soon as Telegram takes it");
            case "no_alert":
                return text.Plain("✔ ").Bold(script.Stem).Plain(": no alert");
            case "already_running":
                return text.Bold(script.Stem).Plain(" is running already");
            default:
                text.Plain("✖ ").Bold(script.Stem).Line(": error");
                return text.Folded(LastLines(run.Error ?? "", 15, 3000));
        }
    }

    private async Task<(IReadOnlyList<ListedScript>? Scripts, string? Trouble)> ListAsync(UserName user, CancellationToken cancellation)
    {
        try
        {
            return (await helper.ListAsync(user, cancellation), null);
        }
        catch (ScriptsHelperException e)
        {
            LogHelper(log, user, e.Message);
            return (null, e.Message);
        }
    }

    /// <summary>16 hex digits for a script's name, since 64 bytes of button data do not hold a long one.</summary>
    private static string Digest(string scriptName) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(scriptName)).AsSpan(0, 8));

    private string BotName() => (settings.BotUsername ?? telegram.Now.BotUsername) is { } name ? $"@{name}" : "me";

    private static string LastLines(string text, int lines, int length)
    {
        var last = string.Join('\n', text.TrimEnd().ReplaceLineEndings("\n").Split('\n').TakeLast(lines));
        return last.Length > length ? "..." + last[^length..] : last;
    }

    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";

    private static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string UntilText(DateTimeOffset until) => until == Mutes.Forever ? "until you take it back" : $"until {Moment(until)}";

    private static string Ago(TimeSpan span) => span < TimeSpan.FromMinutes(1) ? "just now" : $"{Span(span)} ago";

    private static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours} h {span.Minutes} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (int)Math.Ceiling(span.TotalMinutes))} min"),
    };

    [LoggerMessage(1103, LogLevel.Error, "A chat could not be served: {Reason}")]
    private static partial void LogState(ILogger log, string reason);

    [LoggerMessage(1104, LogLevel.Warning, "The scripts of {User} can't be listed: {Reason}")]
    private static partial void LogHelper(ILogger log, UserName user, string reason);
}
