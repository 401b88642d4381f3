using Notify.Files;
using Notify.Formatting;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>Messages to an owner's phone when all scripts are gone, and when they are back, once each.</summary>
/// <param name="home">Whose.</param>
/// <param name="settings">Whether to send notices.</param>
/// <param name="owner">Sends the notices.</param>
/// <param name="say">Writes a sentence to the log.</param>
/// <param name="time">The clock.</param>
internal sealed class FolderNotices(
    ScriptHome home,
    ScriptSettings settings,
    OwnerNotices owner,
    Action<string> say,
    TimeProvider time
)
{
    /// <summary>The scripts are gone.</summary>
    /// <param name="before">The saved outage; null for a new one.</param>
    /// <param name="sentence">What is wrong and what to do.</param>
    internal void Gone(FolderOutage? before, string sentence)
    {
        var now = time.GetUtcNow();
        var history = FailureHistory.After(before?.Failures, failed: true, now)!;
        var after = new FolderOutage(before?.Since ?? now, before?.Told ?? false, history);

        // Saves first: without a saved outage, a key limits the notice to once a day.
        var isNoted = TryWrite(after);
        var news = settings.FailureAlerts ? history.Due(after.Told, now) : FailureNews.None;
        var html =
            news == FailureNews.NowAndThen
                ? $"⚠️ <b>Your scripts come and go</b>\n{MarkupEscape.Html(sentence)}\nYou now get one message a day, until they have been there for a whole day."
                : $"⚠️ <b>None of your scripts run</b>\n{MarkupEscape.Html(sentence)}\nYou get a message when they run again.";
        if (
            news != FailureNews.None
            && Tell(html, what: null, isNoted ? null : new RepeatKey("runner-scripts-gone"))
            && isNoted
        )
        {
            TryWrite(after with { Told = true, Failures = history.WithNotice(news, now) });
        }
    }

    /// <summary>The scripts are back.</summary>
    /// <param name="before">The saved outage.</param>
    /// <param name="scripts">How many there are.</param>
    internal void Back(FolderOutage before, int scripts)
    {
        var now = time.GetUtcNow();
        var history = FailureHistory.After(before.Failures, failed: false, now);
        var news = history?.Due(before.Told, now) ?? (before.Told ? FailureNews.WorksAgain : FailureNews.None);
        var after = before with { Failures = history };
        if (news == FailureNews.None)
        {
            after = after with { Since = null };
        }
        else
        {
            var gone = before.Since is { } since ? $" No script ran for {ScriptAge.Span(now - since)}." : "";
            var there = $"{(scripts == 1 ? "One is" : $"{scripts} are")} there.{gone}";
            var html =
                news == FailureNews.NowAndThen
                    ? $"⚠️ <b>Your scripts come and go</b>\n{there} You now get one message a day, until they have been there for a whole day."
                    : $"✅ <b>Your scripts run again</b>\n{there}";
            var key = new RepeatKey($"runner-scripts-back-{(before.Since ?? now).ToUnixTimeSeconds()}");
            if (Tell(html, "that the scripts are back", key))
            {
                after = new FolderOutage(Since: null, Told: false, history?.WithNotice(news, now));
            }
        }

        if (after is { Since: not null } || after.Failures is { } kept && !kept.IsOver(now))
        {
            TryWrite(after);
            return;
        }

        try
        {
            FolderOutage.Forget(home);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            say($"Warning: {e.Message}");
        }
    }

    private bool TryWrite(FolderOutage outage)
    {
        try
        {
            outage.Write(home);
            return true;
        }
        catch (FileNotWrittenException e)
        {
            say($"Warning: {e.Message}");
            return false;
        }
    }

    private bool Tell(string html, string? what, RepeatKey? key)
    {
        var told = owner.Tell(script: null, html, what, buttons: false, key);
        say($"{char.ToUpperInvariant(told.Sentence[0])}{told.Sentence[1..]}.");
        return told.IsTold;
    }
}
