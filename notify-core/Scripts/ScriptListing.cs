namespace Notify.Scripts;

/// <summary>A user's scripts with what is known of each: for the bot's commands, the dashboard and the terminal.</summary>
public static class ScriptListing
{
    /// <summary>The scripts as they are now, by name.</summary>
    public static IReadOnlyList<ListedScript> Read(ScriptHome home, DateTimeOffset now) =>
        [.. ScriptFolder.Read(home).Scripts.Select(script => Read(home, script, now))];

    private static ListedScript Read(ScriptHome home, ScriptName script, DateTimeOffset now)
    {
        var state = ScriptState.Read(home, script);
        return new ListedScript
        {
            Name = script.Value,
            Stem = script.Stem,
            LastRun = state.LastRun is { } run ? ScriptAge.Ago(now - run) : null,
            LastRunAt = state.LastRun,
            LastSent = state.LastSent,
            CooldownEnds = state.HeldUntil(state.Cooldown ?? Cooldown.Default, now),
            LastOutcome = state.LastOutcome,
            Error = state.Problem ?? state.Error,
            Running = ScriptLock.IsHeld(home, script),
        };
    }
}
