using Notify.Files;
using Notify.Formatting;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Runner;

/// <summary>What an owner's phone is told when none of the scripts is there any more, and when they are back: once each.</summary>
/// <param name="home">Whose.</param>
/// <param name="settings">Whether anything is told.</param>
/// <param name="bot">Who tells it.</param>
/// <param name="say">Writes a sentence to the log.</param>
/// <param name="time">The clock.</param>
internal sealed class FolderNotices(
    ScriptHome home,
    ScriptSettings settings,
    SendApiClient bot,
    Action<string> say,
    TimeProvider time
)
{
    /// <summary>The scripts are gone.</summary>
    /// <param name="outage">What earlier rounds noted of it; null where this is the first.</param>
    /// <param name="sentence">What is wrong, with what to do.</param>
    internal void Gone(FolderOutage? outage, string sentence)
    {
        var noted = outage ?? new FolderOutage(time.GetUtcNow(), Told: false);
        if (noted.Told || !settings.FailureAlerts)
        {
            return;
        }

        // The outage is noted first: without a note the bot is asked to take the same notice once a day only.
        var isNoted = TryWrite(noted);
        var html =
            $"⚠️ <b>None of your scripts runs</b>\n{MarkupEscape.Html(sentence)}\nYou will be told when they run again.";
        if (
            Tell(
                html,
                isNoted ? null : new RepeatKey("runner-scripts-gone"),
                "Its owner was told",
                "Its owner could not be told"
            )
        )
        {
            TryWrite(noted with { Told = true });
        }
    }

    /// <summary>The scripts are there again.</summary>
    internal void Back(FolderOutage outage, int scripts)
    {
        var gone = ScriptAge.Span(time.GetUtcNow() - outage.Since);
        var html =
            $"✅ <b>Your scripts run again</b>\n{(scripts == 1 ? "One is" : $"{scripts} are")} there. None ran for {gone}.";
        var key = new RepeatKey($"runner-scripts-back-{outage.Since.ToUnixTimeSeconds()}");
        if (
            outage.Told
            && !Tell(
                html,
                key,
                "Its owner was told that the scripts are back",
                "Its owner could not be told that the scripts are back"
            )
        )
        {
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

    private bool Tell(string html, RepeatKey? key, string done, string notDone)
    {
        try
        {
            var answer = bot.SendHtml(script: null, html, buttons: false, key, CancellationToken.None);
            say(answer.IsOk ? $"{done}." : $"{notDone} ({answer.Status}): {answer.Error}");
            return answer.IsOk;
        }
        catch (BotUnreachableException e)
        {
            say($"{notDone}: {e.Message}");
            return false;
        }
    }
}
