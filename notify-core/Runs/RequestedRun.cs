using Notify.Contracts;
using Notify.Files;
using Notify.Schedules;
using Notify.Scripts;

namespace Notify.Runs;

/// <summary>A run on request: from the chat, the dashboard or a terminal. It ignores cooldown and schedule, and changes neither.</summary>
/// <param name="Home">Whose script.</param>
/// <param name="Script">Which.</param>
/// <param name="Trigger">Who asked.</param>
/// <param name="Start">When it began.</param>
/// <param name="Run">How it ended.</param>
public sealed record RequestedRun(
    ScriptHome Home,
    ScriptName Script,
    RunTrigger Trigger,
    DateTimeOffset Start,
    ScriptRun Run
)
{
    /// <summary>Runs a script. Blocks until it and its children are gone. Saves nothing yet: <see cref="Keep"/>.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="settings">The user's and the admin's settings.</param>
    /// <param name="script">Which.</param>
    /// <param name="trigger">Who asks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="keep">Called with the run while its lock is held.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="IOException">The system is out of processes or descriptors.</exception>
    public static RequestedRun Take(
        ScriptHome home,
        ScriptSettings settings,
        ScriptName script,
        RunTrigger trigger,
        TimeProvider time,
        Action<RequestedRun> keep,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(keep);
        ScriptRunner.Prepare();
        _ = home.TryMakeFolders();
        var start = time.GetUtcNow();
        var plan = ScriptPlan.Read(home, script, settings, new ZoneNames());
        using var held = plan.Problem is null ? ScriptLock.TryAcquire(home, script) : null;
        var ran = new RequestedRun(
            home,
            script,
            trigger,
            start,
            plan.Problem is { } problem ? new ScriptRun.Failed(ScriptFailure.WrongSettings, problem, [], TimeSpan.Zero)
                : held is null ? ScriptRunner.AlreadyRunning()
                : new ScriptRunner(home, plan.Limits, time)
                {
                    CrontabVariables = Crontab.Variables(home, time, cancellation),
                }.Run(held, cancellation)
        );
        ScriptRunner.EndAll(time);
        if (held is not null)
        {
            keep(ran);
        }

        return ran;
    }

    /// <summary>Saves the outcome for later readers, and the run in the history. Rounds own the state, so an unreadable one is left alone, and the run still counts.</summary>
    /// <param name="sent">What became of a notification; null if it was handed over to the caller, or there is none.</param>
    /// <param name="sendError">Why it was not sent.</param>
    /// <param name="notification">Its id, if it was sent.</param>
    public void Keep(ScriptOutcome? sent = null, string? sendError = null, string? notification = null)
    {
        if (Run is ScriptRun.Failed { Reason: ScriptFailure.Interrupted or ScriptFailure.NotFound })
        {
            return;
        }

        var (outcome, error) = Run switch
        {
            ScriptRun.Failed failed => (ScriptOutcome.Error, failed.Text),
            ScriptRun.Finished { Result.Notify: true } finished => (
                sent ?? ScriptOutcome.HandedOver,
                sendError ?? finished.BadEnd?.Text
            ),
            ScriptRun.Finished { BadEnd: { } end } => (ScriptOutcome.Error, end.Text),
            _ => (ScriptOutcome.NoAlert, null),
        };
        _ = RunHistory.Append(
            Home,
            Script,
            RunRecords.Of(Run, Start, Trigger, outcome, error) with
            {
                Notification = notification,
            }
        );
        var state = ScriptState.Read(Home, Script);
        if (state.Problem is not null)
        {
            return;
        }

        try
        {
            (
                state with
                {
                    Requested = new LastRunOf(Start, outcome, error, Run.Took),
                    Warnings = Run is ScriptRun.Finished { Result.Warnings: var warnings } ? warnings : [],
                }
            ).Write(Home, Script);
        }
        catch (FileNotWrittenException)
        {
            // A full disk: the answer has the outcome anyway.
        }
    }
}
