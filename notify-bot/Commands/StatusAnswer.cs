using System.Security.Cryptography;
using System.Text;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Bot.Scripts;
using Notify.Bot.Telegram;
using Notify.Linking;
using Notify.Scripts;

namespace Notify.Bot.Commands;

/// <summary><c>/status</c>: what did not arrive, the user's scripts, and a Run button for each.</summary>
public sealed partial class StatusAnswer(
    ScriptsHelper helper,
    ScriptLists lists,
    RequestedRuns requested,
    RunsInChat runs,
    IOutbox outbox,
    HistoryTurns turns,
    ChatMessenger answers,
    ChatClock clock,
    TimeProvider time,
    ILogger<StatusAnswer> log
)
{
    /// <summary>A script's button; the digest of its name follows.</summary>
    internal const string Run = "run:";

    /// <summary>Scripts with a button; Telegram takes 100 buttons, a thumb takes fewer.</summary>
    private const int MostButtons = 40;

    /// <summary>Characters of a notification's name where it did not arrive.</summary>
    private const int MostOfName = 60;

    /// <summary>Notifications that did not arrive, each with its reason; the others are counted.</summary>
    private const int MostUndelivered = 3;

    /// <summary>How far back failures and muted notifications are told.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromHours(24);

    internal async Task SendAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var mutes = outbox.MutesOf(link.User);
        var text = await turns.ReadAsync(link.User, () => Troubles(link, mutes, now), cancellation);
        var (scripts, trouble) = await ListAsync(link.User, cancellation);
        if (scripts is null)
        {
            await answers.SendAsync(chat, text.Plain(trouble!), cancellation);
            return;
        }

        if (scripts.Count == 0)
        {
            await answers.SendAsync(
                chat,
                text.Plain("You have no scripts yet. Put one into ")
                    .Code("~/user/notifications")
                    .Plain("; examples are in ")
                    .Code("/data/docs/examples/notifications")
                    .Plain("."),
                cancellation
            );
            return;
        }

        text.Bold("Your scripts").Line();
        var left = 0;
        var buttons = new List<IReadOnlyList<ApiButton>>();
        foreach (var script in scripts)
        {
            if (text.Length > MessageBuilder.MaxLength - 700 || text.EntityCount > 90)
            {
                left++;
                continue;
            }

            AddScript(text, link, script, mutes, now);
            if (buttons.Count < MostButtons && helper.Objection(link.User, script.Name) is null)
            {
                buttons.Add([new ApiButton($"▶ Run {ChatWords.Cut(script.Stem, 40)}", Run + Digest(script.Name))]);
            }
        }

        if (left > 0)
        {
            text.Line().Plain($"... and {left} more: notify-runner status shows all.");
        }

        await answers.SendAsync(chat, text, cancellation, new ApiKeyboard(buttons));
    }

    internal async Task RunPressedAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        var (scripts, trouble) = await ListAsync(link.User, cancellation);
        var listed = scripts?.FirstOrDefault(s => Digest(s.Name) == button.Argument);
        if (listed is null || !ScriptName.TryParse(listed.Name, out var script))
        {
            await answers.AcknowledgeAsync(
                button.QueryId,
                trouble is null ? "That script is gone." : ChatWords.Cut(trouble, 180),
                cancellation
            );
            return;
        }

        await answers.AcknowledgeAsync(button.QueryId, null, cancellation);
        await runs.BeginAsync(button.Chat, link, script, cancellation);
    }

    /// <summary>What an analyst has to know first: a mute, and what did not arrive in the last day.</summary>
    private MessageBuilder Troubles(Link link, Mutes mutes, DateTimeOffset now)
    {
        var text = new MessageBuilder();
        if (mutes.All is { } until)
        {
            text.Bold("Muted").Line($" {clock.Until(until, link)}; /unmute ends it.");
        }

        var since = now - Lately;
        var counts = outbox.CountStates(link.User, since);
        if (counts.GetValueOrDefault(DeliveryState.Muted) is > 0 and var muted)
        {
            text.Line($"{muted} muted in the last 24 hours.");
        }

        var undelivered =
            counts.GetValueOrDefault(DeliveryState.Failed)
            + counts.GetValueOrDefault(DeliveryState.Unknown)
            + counts.GetValueOrDefault(DeliveryState.Queued);
        if (undelivered > 0)
        {
            foreach (var stuck in outbox.Undelivered(link.User, since, MostUndelivered, MostOfName))
            {
                AddUndelivered(text, link, stuck);
            }

            if (undelivered > MostUndelivered)
            {
                text.Line($"... and {undelivered - MostUndelivered} more that wait or failed in the last 24 hours.");
            }
        }

        if (text.Length > 0)
        {
            text.Line();
        }

        return text;
    }

    private void AddUndelivered(MessageBuilder text, Link link, PastNotification stuck)
    {
        var name = ChatWords.Cut(stuck.Title ?? stuck.Script ?? stuck.Message, MostOfName).ReplaceLineEndings(" ");
        text.Plain(stuck.Progress.State == DeliveryState.Queued ? "Waiting: " : "Not delivered: ").Bold(name);
        text.Line(
            stuck.Progress switch
            {
                { NextTryAt: { } next } => $" ({stuck.Progress.Reason}, until {clock.Moment(next, link)})",
                { Reason: { } reason } => $" ({ChatWords.Cut(reason, 150)})",
                _ => "",
            }
        );
    }

    private void AddScript(MessageBuilder text, Link link, ListedScript script, Mutes mutes, DateTimeOffset now)
    {
        text.Line().Bold(ChatWords.Cut(script.Stem, 60)).Line();
        if (script.LastOutcome != ScriptOutcome.NotNoted)
        {
            text.Line(script.LastSent is { } sent ? $"last sent {ChatWords.Ago(now - sent)}" : "never sent");
        }

        if (script.CooldownEnds is { } ends && ends > now)
        {
            text.Line($"cooldown ends in {ChatWords.Span(ends - now)}");
        }

        if (mutes.Scripts.TryGetValue(script.Stem, out var mutedUntil))
        {
            text.Line($"muted {clock.Until(mutedUntil, link)}");
        }

        if (script.Running || requested.IsRunning(link.User, script.Name))
        {
            text.Line("running now");
        }

        if (script.Error is { Length: > 0 } error)
        {
            text.Line($"error: {ChatWords.Cut(error.ReplaceLineEndings(" "), 300)}");
        }
    }

    private async Task<(IReadOnlyList<ListedScript>? Scripts, string? Trouble)> ListAsync(
        UserName user,
        CancellationToken cancellation
    )
    {
        try
        {
            return (await lists.ListAsync(user, cancellation), null);
        }
        catch (ScriptsHelperException e)
        {
            LogHelper(log, user, e.Message);
            return (null, e.IsOfFolder ? e.Message : $"Your scripts can't be listed: {e.Message}");
        }
    }

    /// <summary>16 hex digits for a script's name, since 64 bytes of button data do not hold a long one.</summary>
    private static string Digest(string scriptName) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(scriptName)).AsSpan(0, 8));

    [LoggerMessage(1104, LogLevel.Warning, "The scripts of {User} can't be listed: {Reason}")]
    private static partial void LogHelper(ILogger log, UserName user, string reason);
}
