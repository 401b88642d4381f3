using Notify.Files;
using Notify.Scripts;
using Notify.Sending;

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
            }
        );
}
