using System.Globalization;
using Notify.Contracts;
using Notify.Runs;
using Notify.Schedules;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>
/// One run of a script in a round: run it, read its result, send or keep it by the cooldown, and save the state. The job has read the
/// state before the run, and <c>last_sent</c> changes only after the bot accepted. So the next round sends a refused
/// notification. A round that is told to end stops its scripts, but waits for the bot's answers. Otherwise the bot may have
/// accepted a notification that the state does not know, and the next round would send it again.
/// </summary>
/// <param name="context">What the jobs of the round share.</param>
/// <param name="script">The script.</param>
/// <param name="state">Its state before the run.</param>
/// <param name="plan">When and how it runs; null if it can't run.</param>
/// <param name="report">Takes what happened.</param>
internal sealed class JobRun(
    RoundContext context,
    ScriptName script,
    JobState state,
    ScriptPlan? plan,
    JobReport report
)
{
    /// <summary>The first pause before a time is run again; each further one is twice as long.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);

    /// <summary>After so many runs of one time that were cut off, the owner is told.</summary>
    private const int ToldCutOff = 3;

    /// <summary>After so many the time is given up.</summary>
    private const int MaxCutOff = 10;

    /// <summary>The longest pause before a result that the bot did not take is made again.</summary>
    private static readonly TimeSpan MaxResendTime = TimeSpan.FromMinutes(15);

    private readonly FailureTeller _teller = new(context.Settings, context.Owner, script, report, state);
    private bool _isBotUnreachable;
    private string? _notification;
    private string? _error;
    private string? _refusedEnd;
    private ScriptRetry? _retry;
    private DateTimeOffset? _due;
    private string? _unansweredKey = state.Before.UnansweredKey;

    /// <summary>The outcome; null before the run, and for one that was interrupted.</summary>
    internal ScriptOutcome? Outcome { get; private set; }

    private int Retries => plan?.Header.Retries ?? 0;

    private bool IsBotUnreachable => _isBotUnreachable || _teller.IsBotUnreachable;

    /// <summary>Runs the script and deals with its result.</summary>
    internal JobOutcome Take(Decision.Run due, ScriptLock held, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var before = state.Before;
        var isRetry = due.DealtWith is null;
        _due = due.Due;
        _retry = isRetry ? before.Retry : null;
        if (due.Due is not null)
        {
            // A round that is killed in this run leaves the time to a later round.
            var cutOff = isRetry && !(before.LastRun >= due.Due) ? before.Retry?.Count ?? 0 : 0;
            if (cutOff >= ToldCutOff)
            {
                _teller.TellOverdue(
                    due.Due.Value,
                    $"Its run was cut off {cutOff} times: somebody or the system ended notify-runner, perhaps for want of memory."
                );
            }

            state.Before = before with
            {
                DealtWith = due.DealtWith ?? before.DealtWith,
                Schedule = plan.ScheduleKey,
                Retry = cutOff < MaxCutOff ? new ScriptRetry(state.Start + FirstRetry, cutOff + 1) : null,
            };
            _ = state.TrySave(state.Before);
        }

        var ran = new ScriptRunner(context.Home, plan.Limits, context.Time).Run(held, cancellation);
        var end = ran switch
        {
            ScriptRun.Failed { Reason: ScriptFailure.Interrupted } failed => Interrupted(failed, due),
            ScriptRun.Failed { Reason: ScriptFailure.NotFound } failed => Gone(failed),
            ScriptRun.Failed failed => Failed(failed),
            ScriptRun.Finished finished => Finished(finished),
            _ => throw new InvalidOperationException("A run either gives a result or fails."),
        };
        if (Outcome is { } outcome)
        {
            Remember(ran, outcome, due);
        }

        return end;
    }

    /// <summary>Ends the script's incident without a run.</summary>
    /// <param name="why">Why, as a clause.</param>
    internal JobOutcome EndIncident(string why)
    {
        var sender = new ResultSender(context.Bot, script, report, context.Time);
        var left = new IncidentSender(sender, script, report, state).EndForGood(isFiring: false, why);
        if (left?.Refusal is { } refusal)
        {
            // Nobody asks again, so its owner is told here.
            var told = context.Owner.Tell(
                script,
                FailureNotice.EndRefused(script, refusal, why),
                what: null,
                buttons: false,
                key: null
            );
            report.Say(told.Sentence);
            Save(state.Before with { LastOutcome = ScriptOutcome.NotSent, Error = refusal });
            return JobOutcome.Failed;
        }

        var kept = Save(state.Before);
        return left?.IsBotUnreachable == true ? JobOutcome.BotUnreachable
            : kept && left is null ? JobOutcome.Done
            : JobOutcome.Failed;
    }

    /// <summary>Deals with a failed run.</summary>
    internal JobOutcome Failed(ScriptRun.Failed failed, ScriptOutcome outcome = ScriptOutcome.Error)
    {
        var hasRun = failed.Reason != ScriptFailure.NotFound;
        if (hasRun && outcome == ScriptOutcome.Error)
        {
            report.Say($"failed after {Seconds(failed.Took)}. {failed.Summary}");
        }

        KeepTraceback(failed);
        var before = state.Before;
        var told = _teller.Tell(failed, isSaid: false, Retries, () => FailureNotice.Failing(script, failed));
        var retry = hasRun ? RetryAfter(told.Failures) : null;
        if (retry is not null)
        {
            report.Say($"tried again in {ScriptAge.Span(retry.At - state.Start)}, {retry.Count} of {Retries}");
        }

        Save(
            told with
            {
                LastRun = hasRun ? state.Start : before.LastRun,
                LastOutcome = outcome,
                UnansweredKey = _unansweredKey,
                Took = hasRun ? failed.Took : before.Took,
                Error = failed.Text,
                Warnings = plan?.Warnings ?? [],
                Retry = retry,
            }
        );
        Outcome = hasRun ? outcome : null;
        return IsBotUnreachable ? JobOutcome.BotUnreachable : JobOutcome.Failed;
    }

    private JobOutcome Interrupted(ScriptRun.Failed failed, Decision.Run due)
    {
        report.Say($"interrupted after {Seconds(failed.Took)}. {failed.Summary}");
        if (due.Due is not null)
        {
            Save(state.Before with { Retry = new ScriptRetry(state.Start, _retry?.Count ?? 0) });
        }

        // The saved state keeps what the run before it said.
        _error = failed.Text;
        Remember(failed, ScriptOutcome.Error, due);

        return JobOutcome.Failed;
    }

    private JobOutcome Gone(ScriptRun.Failed failed)
    {
        report.Say($"not run. {failed.Summary}");
        return JobOutcome.Done;
    }

    /// <summary>Deals with the result of a run.</summary>
    internal JobOutcome Finished(ScriptRun.Finished finished)
    {
        var before = state.Before;
        var sent = Send(finished);
        _unansweredKey = sent.UnansweredKey;
        _isBotUnreachable |= sent.IsBotUnreachable;
        _notification = sent.Notification;
        report.Say($"it ran for {Seconds(finished.Took)}");
        var error = sent.Error;
        if (finished.BadEnd is { } badEnd)
        {
            report.Say($"then it failed: {char.ToLowerInvariant(badEnd.Summary[0])}{badEnd.Summary[1..]}");
            KeepTraceback(badEnd);
            error ??= badEnd.Text;
        }

        var warnings =
            (IReadOnlyList<string>)
                [
                    .. plan?.Warnings ?? [],
                    .. finished.Result.Warnings,
                    .. _refusedEnd is { } ofEnd ? [ofEnd] : Array.Empty<string>(),
                ];
        foreach (var warning in warnings)
        {
            report.Warn(warning);
        }

        if (sent.Refusal is { } refusal)
        {
            return Failed(
                new ScriptRun.Failed(ScriptFailure.UnreadableOutput, refusal, [], finished.Took),
                ScriptOutcome.NotSent
            );
        }

        // A message that its owner sees says itself how the script ended. A pending notice stays pending: an announced failure needs its end.
        var told = finished.BadEnd is { } end
            ? _teller.Tell(end, sent.IsSeen, Retries, () => FailureNotice.EndsBadly(script, end))
            : _teller.Tell(
                null,
                isSaid: false,
                Retries,
                () => FailureNotice.WorksAgain(script, before.FailingSince ?? state.Start, state.Start)
            );
        var kept = Save(
            told with
            {
                LastRun = state.Start,
                LastOutcome = sent.Outcome,
                UnansweredKey = _unansweredKey,
                Took = finished.Took,
                Error = error,
                Cooldown = finished.Result.Cooldown,
                Warnings = warnings,
                ToldFields = _teller.TellUnknownFields(finished.Result),
                LastSent = sent.BeginsCooldown ? state.Start : before.LastSent,
                Retry =
                    sent.Outcome == ScriptOutcome.NotSent ? ResendAfter()
                    : sent.Outcome == ScriptOutcome.HeldByCooldown ? RunAfter(sent.HeldUntil)
                    : finished.BadEnd is not null ? RetryAfter(told.Failures)
                    : null,
            }
        );
        Outcome = sent.Outcome;
        return IsBotUnreachable ? JobOutcome.BotUnreachable
            : kept && sent.Outcome != ScriptOutcome.NotSent && finished.BadEnd is null ? JobOutcome.Done
            : JobOutcome.Failed;
    }

    private SentResult Send(ScriptRun.Finished finished)
    {
        var sender = new ResultSender(context.Bot, script, report, context.Time);
        var incident = new IncidentSender(sender, script, report, state);
        if (plan?.Header.Incident == true)
        {
            return incident.Send(finished);
        }

        var left = incident.EndForGood(finished.Result.Notify, "its line \"# notify: incident\" is gone");
        _refusedEnd = left?.Refusal;
        // An end that is refused for good costs no alert.
        return left is null or { Refusal: not null }
            ? sender.Send(finished, state, _due, isAgain: _retry is not null)
            : left;
    }

    /// <summary>When a failed time is run again; null if the script has no times or counts as failing.</summary>
    private ScriptRetry? RetryAfter(FailureHistory? failures) =>
        plan?.Schedule is Schedule.At && failures is { FailedInARow: > 0 and var inARow } && inARow <= Retries
            ? new ScriptRetry(After(FirstRetry * Math.Pow(2, inARow - 1)), inARow)
            : null;

    /// <summary>A time whose result the cooldown held runs again after it, unless another time comes before. Else that time would say nothing.</summary>
    private ScriptRetry? RunAfter(DateTimeOffset? until) =>
        until is { } end
        && plan!.Schedule is Schedule.At
        && !(plan.Next(state.Before with { Retry = null }, RoundTimes.None, state.Start) <= end)
            ? new ScriptRetry(end, (_retry?.Count ?? 0) + 1)
            : null;

    /// <summary>When a result that the bot did not take is made again. Without a schedule the next round does it anyway.</summary>
    private ScriptRetry? ResendAfter()
    {
        if (plan?.Schedule is Schedule.EachRound)
        {
            return null;
        }

        var count = (_retry?.Count ?? 0) + 1;
        var pause = FirstRetry * Math.Pow(2, Math.Min(count, 10) - 1);
        return new ScriptRetry(After(pause < MaxResendTime ? pause : MaxResendTime), count);
    }

    /// <summary>With the slack that an interval has: rounds vary by seconds.</summary>
    private DateTimeOffset After(TimeSpan pause) => new Interval(pause, "").OverAt(state.Start);

    private void Remember(ScriptRun ran, ScriptOutcome outcome, Decision.Run due)
    {
        var record = RunRecords.Of(
            ran,
            state.Start,
            plan!.Header.Schedule is Schedule.EachRound ? RunTrigger.Round : RunTrigger.Schedule,
            outcome,
            _error
        ) with
        {
            Due = due.Due,
            LateS = due.Due is null ? null : (long)(state.Start - due.Due.Value).TotalSeconds,
            Notification = _notification,
        };
        if (RunHistory.Append(context.Home, script, record) is { } trouble)
        {
            report.Warn($"{char.ToLowerInvariant(trouble[0])}{trouble[1..]}");
        }
    }

    private void KeepTraceback(ScriptRun.Failed failed)
    {
        // The traceback once. After that one line a round is enough.
        if (
            state.Before.FailingSince is null
            || !string.Equals(state.Before.Error, failed.Text, StringComparison.Ordinal)
        )
        {
            report.Traceback = failed.LastErrorLines;
        }
    }

    private bool Save(ScriptState after)
    {
        _error = after.Error;
        return state.Save(after, report);
    }

    private static string Seconds(TimeSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s");
}
