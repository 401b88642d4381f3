using Notify.Files;
using Notify.Formatting;
using Notify.Scripts;
using Notify.Sending;
using Notify.Settings;

namespace Notify.Runner;

/// <summary>One round of the runner, and its exit status.</summary>
internal static class RunnerProgram
{
    internal const string Name = "notify-runner";

    /// <summary>The bot could not be reached: EX_TEMPFAIL of sysexits.h.</summary>
    internal const int BotUnreachable = 75;

    /// <summary>The scripts are gone, perhaps for a time; the same status.</summary>
    internal const int NothingThere = BotUnreachable;

    /// <summary>Cron's call: one round.</summary>
    internal static int RunRound() =>
        ScriptProgram.Run(
            Name,
            (home, settings, cancellation) =>
            {
                var time = TimeProvider.System;
                // A round that can save nothing still sends, and reports what it could not save.
                var trouble = home.TryMakeFolders();
                using var log = new BoundedLog(home.RunnerLog, time);
                using (var cronLog = new BoundedLog(home.CronLog, time))
                {
                    // A crontab line of an older guide appends to this file without end. The shell has it open only for this call.
                    cronLog.RotateIfFull();
                }

                var context = new RoundContext(home, settings, new SendApiClient(settings.BotSocket, time), time);
                return new Round(context, log).Run(trouble, cancellation);
            },
            wrongSettings: TellWrongSettings
        );

    /// <summary>No script runs, and on the phone silence looks like good news. Nobody reads cron's mail, so the log and, once a day, the phone get it.</summary>
    private static void TellWrongSettings(ScriptHome home, ScriptSettings settings, SettingsException wrong)
    {
        var time = TimeProvider.System;
        _ = home.TryMakeFolders();
        using var log = new BoundedLog(home.RunnerLog, time);
        var told = "";
        if (settings.FailureAlerts)
        {
            var html =
                $"⚠️ <b>None of your scripts run</b>\nThe runner's settings are wrong. Fix them in your crontab (crontab -e), or tell the admin.\n{MarkupEscape.Html(wrong.Message)}";
            var sentence = new OwnerNotices(new SendApiClient(settings.BotSocket, time), time)
                .Tell(script: null, html, what: null, buttons: false, new RepeatKey("runner-settings"))
                .Sentence;
            told = $" {char.ToUpperInvariant(sentence[0])}{sentence[1..]}.";
        }

        log.Write($"No script ran: the settings are wrong. {wrong.Message}{told}");
    }
}
