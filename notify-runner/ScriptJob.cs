using Notify.Contracts;
using Notify.Schedules;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>A script's job in a round: decide whether it is due, and run it if it is.</summary>
internal sealed class ScriptJob(RoundContext context, ScriptName script)
{
    /// <summary>When a time that passed without a run is told to the owner.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromMinutes(15);

    private readonly JobReport _report = new();

    /// <summary>What happened, for the log; null if there is nothing to say.</summary>
    internal string? Report => _report.IsEmpty ? null : _report.ToString();

    /// <summary>The outcome of the run, for the bot; null if the script did not run.</summary>
    internal ScriptOutcome? Outcome { get; private set; }

    /// <summary>When it is due again; null if that is with the next round, or on request only.</summary>
    internal DateTimeOffset? NextDue { get; private set; }

    private ScriptHome Home => context.Home;

    private DateTimeOffset Now => context.Time.GetUtcNow();

    /// <summary>Runs the job. Blocks until the script and its children are gone and the bot has answered.</summary>
    /// <exception cref="IOException">The script's file can't be read, or the system is out of processes.</exception>
    internal JobOutcome Take(CancellationToken cancellation)
    {
        var plan = ScriptPlan.Read(Home, script, context.Settings, context.Zones);
        var before = ScriptState.Read(Home, script);

        if (plan is { Problem: null, Schedule: Schedule.Manual } && before.Incident is not null)
        {
            return EndIncident("no round runs it any more");
        }

        // Most rounds find most scripts not due. These cost no lock and no write.
        if (IsIdle(plan, before))
        {
            NextDue = plan.Next(before, context.Rounds, Now);
            return plan.Problem is null ? JobOutcome.Done : JobOutcome.Failed;
        }

        using var held = ScriptLock.TryAcquire(Home, script);
        if (held is null)
        {
            NextDue = plan.Next(before, context.Rounds, Now);
            return StillRunning(plan, before);
        }

        // Another process may have run it meanwhile.
        var state = new JobState(Home, script, ScriptState.Read(Home, script), Now) { Runs = plan.Problem is null };
        var end = plan.Problem is { } problem
            ? WrongSettings(problem, state)
            : Decide(plan, state.Before, state.Start) switch
            {
                Decision.Run run => Run(plan, run, held, state, cancellation),
                Decision.PassedOver missed => PassOver(missed, plan, state),
                { DealtWith: { } seen } => Save(state, seen, plan),
                _ => JobOutcome.Done,
            };
        if (held.Problem is { } trouble)
        {
            _report.Warn(trouble);
        }

        NextDue = plan.Next(ScriptState.Read(Home, script), context.Rounds.With([script]), Now);
        return end;
    }

    /// <summary>Tells the owner once that the script no longer runs, like a failing one.</summary>
    /// <param name="sentence">Why it is passed over.</param>
    internal void PassOver(string sentence)
    {
        using var held = ScriptLock.TryAcquire(Home, script);
        if (held is not null)
        {
            NewRun(new JobState(Home, script, ScriptState.Read(Home, script), Now), plan: null)
                .Failed(new ScriptRun.Failed(ScriptFailure.NotFound, sentence, [], TimeSpan.Zero));
        }
    }

    /// <summary>Ends the script's incident: no round will see whether it is over.</summary>
    /// <param name="why">Why, as a clause.</param>
    internal JobOutcome EndIncident(string why)
    {
        using var held = ScriptLock.TryAcquire(Home, script);
        return held is null
            ? JobOutcome.Done
            : NewRun(new JobState(Home, script, ScriptState.Read(Home, script), Now) { Runs = false }, plan: null)
                .EndIncident(why);
    }

    private bool IsIdle(ScriptPlan plan, ScriptState before) =>
        plan.Problem is { } problem
            ? before.ToldSettings == problem
            : Decide(plan, before, Now) is Decision.NotDue { DealtWith: null };

    private Decision Decide(ScriptPlan plan, ScriptState state, DateTimeOffset now)
    {
        var decision = plan.Decide(state, isStateKept: true, context.Rounds, now);
        return decision.DealtWith is null || StateTrouble.Of(Home, script) is null
            ? decision
            : plan.Decide(state, isStateKept: false, context.Rounds, now);
    }

    private JobOutcome Run(
        ScriptPlan plan,
        Decision.Run due,
        ScriptLock held,
        JobState state,
        CancellationToken cancellation
    )
    {
        var run = NewRun(state, plan);
        if (due.IsCaughtUp && due.DealtWith is not null)
        {
            _report.Say($"caught up: it was due {ScriptAge.Ago(due.Late)}");
        }

        var end = run.Take(due, held, cancellation);
        Outcome = run.Outcome;
        return end;
    }

    private JobRun NewRun(JobState state, ScriptPlan? plan) => new(context, script, state, plan, _report);

    private JobOutcome PassOver(Decision.PassedOver missed, ScriptPlan plan, JobState state)
    {
        _report.Say(
            $"not run: its last time is {ScriptAge.Span(missed.Late)} over, and the next comes in {ScriptAge.Span(missed.Next - state.Start)}"
        );
        return Save(state, missed.DealtWith!, plan);
    }

    private JobOutcome WrongSettings(string problem, JobState state)
    {
        var teller = new FailureTeller(context.Settings, context.Owner, script, _report, state);
        var told = teller.TellWrongSettings(problem);
        if (told != state.Before)
        {
            Save(state, told);
        }

        return teller.IsBotUnreachable ? JobOutcome.BotUnreachable : JobOutcome.Failed;
    }

    /// <summary>Another process runs the script. Its owner is told if a time of the script passes meanwhile.</summary>
    private JobOutcome StillRunning(ScriptPlan plan, ScriptState before)
    {
        const string Sentence = "still running from an earlier round; not started again";
        var now = Now;
        if (plan.Problem is not null || Decide(plan, before, now) is not Decision.Run run)
        {
            return JobOutcome.Done;
        }

        if (plan.Schedule is not Schedule.At)
        {
            _report.Say(Sentence);
        }
        // Without DealtWith it is the time of the run that still lasts.
        else if (run is { DealtWith: not null, Due: { } due } && run.Late >= Overdue)
        {
            _report.Say(Sentence);
            new FailureTeller(
                context.Settings,
                context.Owner,
                script,
                _report,
                new JobState(Home, script, before, now)
            ).TellOverdue(due, "It still runs from an earlier time.");
        }

        return JobOutcome.Done;
    }

    private JobOutcome Save(JobState state, DealtWith seen, ScriptPlan plan) =>
        Save(
            state,
            state.Before with
            {
                DealtWith = seen,
                Schedule = plan.ScheduleKey,
                Retry = plan.IsBack(state.Before, context.Rounds) ? null : state.Before.Retry,
            }
        );

    private JobOutcome Save(JobState state, ScriptState after) =>
        state.Save(after, _report) ? JobOutcome.Done : JobOutcome.Failed;
}
