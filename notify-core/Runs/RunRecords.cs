using Notify.Contracts;
using Notify.Scripts;

namespace Notify.Runs;

/// <summary>Makes the record of a run for the history.</summary>
public static class RunRecords
{
    /// <summary>The record.</summary>
    /// <param name="run">The run.</param>
    /// <param name="start">When it began.</param>
    /// <param name="trigger">Who started it.</param>
    /// <param name="outcome">Its outcome.</param>
    /// <param name="error">What was wrong, if anything.</param>
    public static RunRecord Of(
        ScriptRun run,
        DateTimeOffset start,
        RunTrigger trigger,
        ScriptOutcome outcome,
        string? error
    )
    {
        ArgumentNullException.ThrowIfNull(run);
        return new RunRecord
        {
            Started = start,
            TookMs = (long)run.Took.TotalMilliseconds,
            Trigger = trigger,
            Outcome = RecordedOutcomes.Of(outcome, (run as ScriptRun.Failed)?.Reason),
            Exit = run.ExitStatus,
            Error = error?.Split('\n', 2)[0],
            Stderr = run.LastErrorLines.Count == 0 ? null : string.Join('\n', run.LastErrorLines),
            PeakMb = run.PeakMemory is { } peak ? (peak + (1 << 20) - 1) >> 20 : null,
        };
    }
}
