using Notify.Files;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>The state that a job of a round reads before the run and saves after it.</summary>
/// <param name="home">Whose.</param>
/// <param name="script">Which script's.</param>
/// <param name="before">The state before the run.</param>
/// <param name="start">The start of the run.</param>
internal sealed class JobState(ScriptHome home, ScriptName script, ScriptState before, DateTimeOffset start)
{
    private (bool IsKnown, string? Trouble) _notNoted;

    /// <summary>The state before the run.</summary>
    internal ScriptState Before { get; set; } = before;

    /// <summary>Whether the script runs in this job. Else the saved state knows no new run.</summary>
    internal bool Runs { get; init; } = true;

    /// <summary>The start of the run.</summary>
    internal DateTimeOffset Start => start;

    /// <summary>
    /// Why the state can't be saved, as a sentence; null if it can. Saves the run before anything is sent, because the next round must
    /// know of it; this costs a millisecond.
    /// </summary>
    /// <param name="key">The name of the key of what is about to be sent; null without one.</param>
    internal string? NotNoted(string? key = null)
    {
        if (!_notNoted.IsKnown)
        {
            _notNoted = (
                true,
                TrySave(
                    Before with
                    {
                        LastRun = Runs ? start : Before.LastRun,
                        UnansweredKey = key ?? Before.UnansweredKey,
                    }
                )
            );
        }

        return _notNoted.Trouble;
    }

    /// <summary>Saves what the bot is about to be asked about the script's incident. Why it can't be saved, as a sentence; null if it was.</summary>
    internal string? Note(ScriptIncident? incident)
    {
        var trouble = TrySave(Before with { LastRun = Runs ? start : Before.LastRun, Incident = incident });
        _notNoted = (true, trouble);
        return trouble;
    }

    /// <summary>Writes the state, or warns that it can't. False if it can't be written.</summary>
    internal bool Save(ScriptState after, JobReport report)
    {
        if (TrySave(after) is not { } trouble)
        {
            return true;
        }

        report.Warn($"its state can't be saved, so the next round does not know of this one. {trouble}");
        return false;
    }

    /// <summary>Writes the state. Returns why it can't be written, as a sentence with what to do.</summary>
    internal string? TrySave(ScriptState state)
    {
        try
        {
            state.Write(home, script);
            return null;
        }
        catch (FileNotWrittenException e)
        {
            return StateTrouble.Explain(home, script, e);
        }
    }
}
