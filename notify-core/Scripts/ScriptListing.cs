namespace Notify.Scripts;

/// <summary>A user's scripts with what is known of each: for the bot's commands, the dashboard and the terminal.</summary>
public static class ScriptListing
{
    /// <summary>The scripts of a folder, by name.</summary>
    public static IReadOnlyList<ListedScript> Read(ScriptHome home, ScriptFolder folder, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var trouble = folder.Scripts.Count > 0 ? StateTrouble.OfFolder(home) : null;
        return
        [
            .. folder.Scripts.Select(script => Read(home, script, StateTrouble.InPlace(home, script) ?? trouble, now)),
        ];
    }

    /// <summary>The scripts as they are now, and among them what is passed over, with the reason as its error: who looks for it finds out why it never runs.</summary>
    /// <exception cref="IOException">The folder can't be read, or holds no script although scripts have run before; the message says what to do.</exception>
    public static IReadOnlyList<ListedScript> ReadAll(ScriptHome home, DateTimeOffset now)
    {
        var folder = ScriptFolder.Read(home);
        if (folder.NothingThere(home) is { } trouble)
        {
            throw new IOException(trouble);
        }

        return
        [
            .. Read(home, folder, now)
                .Concat(
                    folder
                        .PassedOver.Where(file => file.Name is not null)
                        .Select(file => new ListedScript
                        {
                            Name = file.Name!.Value,
                            Stem = file.Name.Stem,
                            LastOutcome = ScriptOutcome.Error,
                            Error = file.Sentence,
                        })
                )
                .OrderBy(script => script.Name, StringComparer.Ordinal),
        ];
    }

    /// <param name="home">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="trouble">Why its state can't be written: then what stands there is older than what happened, and is not shown as the last.</param>
    /// <param name="now">The time.</param>
    private static ListedScript Read(ScriptHome home, ScriptName script, string? trouble, DateTimeOffset now)
    {
        if (trouble is not null)
        {
            return new ListedScript
            {
                Name = script.Value,
                Stem = script.Stem,
                LastOutcome = ScriptOutcome.NotNoted,
                Error = NotNoted(trouble),
                Running = ScriptLock.IsHeld(home, script),
            };
        }

        var state = ScriptState.Read(home, script);
        var last = state.Latest;
        return new ListedScript
        {
            Name = script.Value,
            Stem = script.Stem,
            LastRun = last is { At: var run } ? ScriptAge.Ago(now - run) : null,
            LastRunAt = last?.At,
            LastRoundAt = state.LastRun,
            LastSent = state.LastSent,
            CooldownEnds = state.HeldUntil(state.Cooldown ?? Cooldown.Default, now),
            LastOutcome = last?.Outcome,
            Error = state.Problem ?? last?.Error,
            Running = ScriptLock.IsHeld(home, script),
            Warnings = state.Warnings.Count > 0 ? state.Warnings : null,
        };
    }

    /// <summary>What is said of a script whose state can't be written.</summary>
    public static string NotNoted(string trouble) => $"How its last rounds went can't be noted. {trouble}";
}
