using Notify.Contracts;
using Notify.Runs;
using Notify.Scripts;
using Notify.Sending;
using Notify.Text;

namespace Notify.Runner;

/// <summary><c>notify-runner run NAME</c>: a run on request at the terminal, like the one of a Run button.</summary>
internal static class RunNow
{
    internal static int Run(string name) =>
        ScriptProgram.Run(
            RunnerProgram.Name,
            (home, _, cancellation) =>
            {
                if (DryRun.Choose(home, name, out var nothing) is not [var script])
                {
                    return nothing;
                }

                var settings = ScriptSettings.OfRounds(home, TimeProvider.System, cancellation);
                var bot = new SendApiClient(settings.BotSocket, TimeProvider.System);
                var report = new JobReport();
                SentResult? sent = null;
                var ran = RequestedRun.Take(
                    home,
                    settings,
                    script,
                    RunTrigger.Terminal,
                    TimeProvider.System,
                    run =>
                    {
                        sent = Send(run.Run, script, bot, report);
                        run.Keep(sent?.Outcome, sent?.Error, sent?.Notification);
                    },
                    cancellation
                );
                return Show(ran.Run, sent, report);
            }
        );

    /// <summary>Sends the result without regard to the cooldown; null without one.</summary>
    private static SentResult? Send(ScriptRun run, ScriptName script, SendApiClient bot, JobReport report) =>
        run is ScriptRun.Finished { Result.Notify: true } finished
            ? new ResultSender(bot, script, report, TimeProvider.System).Send(Notification.Of(script, finished))
            : null;

    private static int Show(ScriptRun run, SentResult? sent, JobReport report)
    {
        if (run is ScriptRun.Finished finished)
        {
            if (!finished.Result.Notify)
            {
                report.Say("no alert");
            }

            report.Say($"it ran for {ScriptTable.Took((long)finished.Took.TotalMilliseconds)}");
            foreach (var warning in finished.Result.Warnings)
            {
                report.Warn(warning);
            }
        }

        var failed = run as ScriptRun.Failed ?? (run as ScriptRun.Finished)?.BadEnd;
        if (failed is not null)
        {
            report.Say($"failed. {failed.Summary}");
        }

        Console.WriteLine(SafeText.Lines(report.ToString()));
        foreach (var line in failed?.LastErrorLines ?? [])
        {
            Console.WriteLine($"  | {SafeText.Lines(line)}");
        }

        return failed is not null || sent is { IsTaken: false } ? ScriptProgram.Failed : ScriptProgram.Done;
    }
}
