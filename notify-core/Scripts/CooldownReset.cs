using Notify.Contracts;
using Notify.Files;

namespace Notify.Scripts;

/// <summary>Ends the cooldown of a script early: its next alert is sent. Nothing runs, and the history of what was sent stays.</summary>
public static class CooldownReset
{
    /// <summary>Resets it.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="now">The time.</param>
    public static ResetScript Apply(ScriptHome home, ScriptName script, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        if (ScriptFolder.Objection(home, script) is { } objection)
        {
            return new ResetScript($"{script} has no cooldown: {objection}.", ScriptFailure.NotFound);
        }

        _ = home.TryMakeFolders();
        try
        {
            // A run saves the state at its end, and would undo this.
            using var held = ScriptLock.TryAcquire(home, script);
            if (held is null)
            {
                return new ResetScript(
                    $"{script} runs now. Reset its cooldown when it has ended.",
                    ScriptFailure.AlreadyRunning
                );
            }

            var state = ScriptState.Read(home, script);
            if (state.Problem is { } problem)
            {
                return new ResetScript(problem);
            }

            // The key of an unanswered notification would hold the next one back too.
            (state with { CooldownReset = now, UnansweredKey = null }).Write(home, script);
            return new ResetScript();
        }
        catch (Exception e) when (e is FileNotWrittenException or IOException)
        {
            return new ResetScript(e.Message);
        }
    }
}
