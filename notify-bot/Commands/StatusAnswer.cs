using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Notify.Bot.Limits;
using Notify.Bot.Outbox;
using Notify.Bot.Scripts;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Linking;
using Notify.Scripts;
using Notify.Text;

namespace Notify.Bot.Commands;

/// <summary><c>/status</c>: a line that sums up, undelivered notifications, the user's scripts with what fails first, and a Run button for each. Ten scripts make a page.</summary>
public sealed partial class StatusAnswer(
    ScriptsHelper helper,
    ScriptLists lists,
    RequestedRuns requested,
    RunsInChat runs,
    IOutbox outbox,
    HistoryTurns turns,
    IncidentsInChat incidents,
    ChatMessenger messenger,
    ChatClock clock,
    TimeProvider time,
    ILogger<StatusAnswer> log
)
{
    /// <summary>A script's button. The digest of its name follows.</summary>
    internal const string Run = "run:";

    /// <summary>The button of another page. Its number follows, from 0.</summary>
    internal const string Page = "page:";

    /// <summary>Scripts of a page. Telegram takes 100 buttons, but a thumb takes fewer.</summary>
    private const int ScriptsOfPage = 10;

    /// <summary>Longest name of an undelivered notification, in characters.</summary>
    private const int MaxNameLength = 60;

    /// <summary>Most undelivered notifications with a reason; the others are counted.</summary>
    private const int MaxUndelivered = 3;

    /// <summary>How far back failed and muted notifications count.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromHours(24);

    internal async Task SendAsync(ChatId chat, Link link, CancellationToken cancellation)
    {
        var (text, keyboard) = await WriteAsync(link, page: 0, cancellation);
        await messenger.SendAsync(chat, text, cancellation, keyboard);
    }

    internal async Task PagePressedAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        await messenger.AcknowledgeAsync(button.QueryId, null, cancellation);
        var page = int.TryParse(button.Argument, NumberStyles.None, CultureInfo.InvariantCulture, out var asked)
            ? asked
            : 0;
        var (text, keyboard) = await WriteAsync(link, page, cancellation);
        await messenger.ReplaceAsync(button.Chat, button.Message, text, cancellation, keyboard: keyboard);
    }

    private async Task<(MessageBuilder Text, ApiKeyboard? Keyboard)> WriteAsync(
        Link link,
        int page,
        CancellationToken cancellation
    )
    {
        var now = time.GetUtcNow();
        var mutes = outbox.MutesOf(link.User);
        var troubles = await turns.ReadAsync(link.User, () => Troubles(link, mutes, now), cancellation);
        var open = incidents.Open(link);
        var (scripts, trouble) = await ListAsync(link.User, cancellation);
        if (scripts is null)
        {
            return (open.Append(troubles).Plain(trouble!), null);
        }

        if (scripts.Count == 0)
        {
            return (
                open.Append(troubles)
                    .Plain("You have no scripts yet. Put a script into ")
                    .Code("~/user/notifications")
                    .Plain("; examples are in ")
                    .Code("/data/docs/examples/notifications")
                    .Plain("."),
                null
            );
        }

        var text = open;
        Summarize(text, link, scripts, mutes, now);
        text.Append(troubles);
        var pages = (scripts.Count + ScriptsOfPage - 1) / ScriptsOfPage;
        page = Math.Min(page, pages - 1);
        text.Bold("Your scripts").Line(pages > 1 ? $", page {page + 1} of {pages}" : "");
        var buttons = new List<IReadOnlyList<ApiButton>>();
        foreach (var script in ScriptListing.FailingFirst(scripts).Skip(page * ScriptsOfPage).Take(ScriptsOfPage))
        {
            // A page of long errors is cut at its scripts' details, never at their names.
            AddScript(text, link, script, mutes, now, text.Length > MessageBuilder.MaxLength - 1200);
            if (helper.Objection(link.User, script.Name) is null)
            {
                buttons.Add([new ApiButton($"▶ Run {Ellipsis.Cut(script.Stem, 40)}", Run + Digest(script.Name))]);
            }
        }

        if (pages > 1)
        {
            buttons.Add([.. PageButtons(page, pages)]);
        }

        return (text, new ApiKeyboard(buttons));
    }

    private static IEnumerable<ApiButton> PageButtons(int page, int pages)
    {
        if (page > 0)
        {
            yield return new ApiButton("◀ Page " + Number(page), Page + Number(page - 1));
        }

        if (page + 1 < pages)
        {
            yield return new ApiButton($"Page {Number(page + 2)} ▶", Page + Number(page + 1));
        }

        static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>One line: how many scripts there are, what is wrong with them, and the next run that has a time.</summary>
    private void Summarize(
        MessageBuilder text,
        Link link,
        IReadOnlyList<ListedScript> scripts,
        Mutes mutes,
        DateTimeOffset now
    )
    {
        var failing = scripts.Count(ScriptListing.IsFailing);
        var muted = scripts.Count(script => !ScriptListing.IsFailing(script) && mutes.Scripts.ContainsKey(script.Stem));
        var fine = scripts.Count - failing - muted;
        string[] parts =
        [
            .. failing > 0 ? [$"{failing} failing"] : Array.Empty<string>(),
            .. muted > 0 ? [$"{muted} muted"] : Array.Empty<string>(),
            .. fine > 0 ? [$"{fine} fine"] : Array.Empty<string>(),
        ];
        text.Bold(scripts.Count == 1 ? "1 script" : $"{scripts.Count} scripts").Plain($": {string.Join(", ", parts)}.");
        if (
            scripts.Where(script => script.NextAt is not null).MinBy(script => script.NextAt) is
            { NextAt: { } next } first
        )
        {
            text.Plain($" Next: {Ellipsis.Cut(first.Stem, 60)}, {Next(next, link, now)}.");
        }

        text.Line().Line();
    }

    internal async Task RunPressedAsync(PressedButton button, Link link, CancellationToken cancellation)
    {
        var (scripts, trouble) = await ListAsync(link.User, cancellation);
        var listed = scripts?.FirstOrDefault(s => Digest(s.Name) == button.Argument);
        if (listed is null || !ScriptName.TryParse(listed.Name, out var script))
        {
            await messenger.AcknowledgeAsync(
                button.QueryId,
                trouble is null ? "This script no longer exists." : Ellipsis.Cut(trouble, 180),
                cancellation
            );
            return;
        }

        await messenger.AcknowledgeAsync(button.QueryId, null, cancellation);
        await runs.BeginAsync(button.Chat, link, script, cancellation);
    }

    /// <summary>What an analyst has to know first: mutes and undelivered notifications of the last day.</summary>
    private MessageBuilder Troubles(Link link, Mutes mutes, DateTimeOffset now)
    {
        var text = new MessageBuilder();
        if (mutes.All is { } until)
        {
            text.Bold("Muted").Line($" {clock.UntilOrSooner(until, link)}");
        }

        if (outbox.QuietOf(link.User)?.EndAfter(now, clock.Zone(link)) is { } quiet)
        {
            text.Bold("Quiet").Line($" until {clock.QuietUntil(quiet, link)}: {outbox.HeldOf(link.User).Count} held.");
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
            foreach (var stuck in outbox.Undelivered(link.User, since, MaxUndelivered, MaxNameLength))
            {
                AddUndelivered(text, link, stuck);
            }

            if (undelivered > MaxUndelivered)
            {
                text.Line($"... and {undelivered - MaxUndelivered} more queued or failed in the last 24 hours.");
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
        var name = Ellipsis.Cut(stuck.Title ?? stuck.Script ?? stuck.Message, MaxNameLength).ReplaceLineEndings(" ");
        text.Plain(stuck.Progress.State == DeliveryState.Queued ? "Queued: " : "Failed: ").Bold(name);
        text.Line(
            stuck.Progress switch
            {
                { NextTryAt: { } next } => $" ({stuck.Progress.ReasonText}, until {clock.Moment(next, link)})",
                { ReasonText: { } reason } => $" ({Ellipsis.Cut(reason, 150)})",
                _ => "",
            }
        );
    }

    /// <param name="text">Takes the script's lines.</param>
    /// <param name="link">Whose.</param>
    /// <param name="script">The script.</param>
    /// <param name="mutes">The user's mutes.</param>
    /// <param name="now">The time.</param>
    /// <param name="isShort">Whether there is room for little more than its name.</param>
    private void AddScript(
        MessageBuilder text,
        Link link,
        ListedScript script,
        Mutes mutes,
        DateTimeOffset now,
        bool isShort
    )
    {
        text.Line().Bold(Ellipsis.Cut(script.Stem, 60)).Line();
        if (isShort)
        {
            text.Line(ScriptListing.IsFailing(script) ? "failing" : "notify-runner status shows more");
            return;
        }

        if (script.LastRunAt is { } ran)
        {
            text.Line(
                $"ran {ChatWords.Ago(now - ran)}{(script.TookMs is { } took ? $", for {ScriptTable.Took(took)}" : "")}"
            );
        }

        if (script.NextAt is { } nextAt)
        {
            text.Line($"next: {Next(nextAt, link, now)}");
        }
        else if (script is { Next: { } next, Schedule: not null })
        {
            text.Line($"next: {Ellipsis.Cut(next, 100)}");
        }

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
            text.Line($"failing: {Ellipsis.Cut(error.ReplaceLineEndings(" "), 300)}");
        }
    }

    /// <summary>A next run. The words of the script's list are in the script's zone, which need not be the reader's.</summary>
    private string Next(DateTimeOffset next, Link link, DateTimeOffset now) =>
        next <= now ? "with the next round" : $"{clock.Moment(next, link)}, in {ChatWords.Span(next - now)}";

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

    /// <summary>16 hex digits for a script's name, because a long name does not fit into 64 bytes of button data.</summary>
    private static string Digest(string scriptName) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(scriptName)).AsSpan(0, 8));

    [LoggerMessage(1104, LogLevel.Warning, "The scripts of {User} can't be listed: {Reason}")]
    private static partial void LogHelper(ILogger log, UserName user, string reason);
}
