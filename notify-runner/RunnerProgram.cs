using Notify.Files;
using Notify.Formatting;
using Notify.Scripts;
using Notify.Sending;
using Notify.Settings;

namespace Notify.Runner;

/// <summary>The runner's one round, and its exit status (specification, section 9).</summary>
internal static class RunnerProgram
{
    internal const string Name = "notify-runner";

    /// <summary>The bot could not be reached: EX_TEMPFAIL of sysexits.h.</summary>
    internal const int BotUnreachable = 75;

    /// <summary>The scripts are gone, perhaps for a time only; the same status.</summary>
    internal const int NothingThere = BotUnreachable;

    /// <summary>Cron's call: one round.</summary>
    internal static int RunRound() =>
        ScriptProgram.Run(
            Name,
            (home, settings, cancellation) =>
            {
                var time = TimeProvider.System;
                // A round that can keep nothing still sends; it says what it could not keep.
                var trouble = home.TryMakeFolders();
                using var log = new BoundedLog(home.RunnerLog, time);
                using (var cronLog = new BoundedLog(home.CronLog, time))
                {
                    // A crontab line of an older guide appends to it without end; the shell has it open for this call only.
                    cronLog.RotateIfFull();
                }

                return new Round(home, settings, new SendApiClient(settings.BotSocket, time), log, time).Run(
                    trouble,
                    cancellation
                );
            },
            wrongSettings: TellWrongSettings
        );

    /// <summary>No script runs, which on the phone looks like good news. cron mails stderr to nobody, so the log and, once a day, the phone say it.</summary>
    private static void TellWrongSettings(ScriptHome home, ScriptSettings settings, SettingsException wrong)
    {
        var time = TimeProvider.System;
        _ = home.TryMakeFolders();
        using var log = new BoundedLog(home.RunnerLog, time);
        var told = "";
        if (settings.FailureAlerts)
        {
            var html =
                $"⚠️ <b>None of your scripts runs</b>\nThe runner's settings are wrong; they stand in your crontab (crontab -e), or the operator has set them.\n{MarkupEscape.Html(wrong.Message)}";
            var sentence = new OwnerNotices(new SendApiClient(settings.BotSocket, time), time)
                .Tell(script: null, html, what: null, buttons: false, new RepeatKey("runner-settings"))
                .Sentence;
            told = $" {char.ToUpperInvariant(sentence[0])}{sentence[1..]}.";
        }

        log.Write($"No script was run: the settings are wrong. {wrong.Message}{told}");
    }
}
