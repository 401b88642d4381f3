using Notify.Contracts;
using Notify.Schedules;

namespace Notify.Scripts;

/// <summary>Lists a user's scripts with their states, for the bot, the dashboard and the terminal.</summary>
public static class ScriptListing
{
    /// <summary>The scripts of a folder, by name.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="settings">The settings of rounds.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<ListedScript> Read(
        ScriptHome home,
        ScriptFolder folder,
        ScriptSettings settings,
        DateTimeOffset now
    )
    {
        ArgumentNullException.ThrowIfNull(folder);
        var trouble = folder.Scripts.Count > 0 ? StateTrouble.OfFolder(home) : null;
        var (zones, lastRounds) = (new ZoneNames(), RoundTimes.Read(home));
        return
        [
            .. folder.Scripts.Select(script =>
                Planned(
                    Read(home, script, StateTrouble.InPlace(home, script) ?? trouble, now, out var state),
                    TryRead(() => ScriptPlan.Read(home, script, settings, zones)),
                    state,
                    lastRounds,
                    now
                )
            ),
        ];
    }

    /// <summary>The current scripts. Files that are passed over are among them, with the reason as their error, because their owner may look for them.</summary>
    /// <exception cref="IOException">The folder can't be read, or has lost all its scripts; the message says what to do.</exception>
    public static IReadOnlyList<ListedScript> ReadAll(ScriptHome home, ScriptSettings settings, DateTimeOffset now)
    {
        var folder = ScriptFolder.Read(home);
        if (folder.NothingThere(home) is { } trouble)
        {
            throw new IOException(trouble);
        }

        return
        [
            .. Read(home, folder, settings, now)
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

    /// <summary>The scripts with what needs attention first: failing ones, then the others by name.</summary>
    public static IEnumerable<ListedScript> FailingFirst(IEnumerable<ListedScript> scripts) =>
        scripts.OrderBy(script => !IsFailing(script)).ThenBy(script => script.Name, StringComparer.Ordinal);

    /// <summary>Whether something is wrong with a script.</summary>
    public static bool IsFailing(ListedScript script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return ScriptOutcomes.IsFailing(script.LastOutcome);
    }

    /// <param name="home">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="trouble">Why its state can't be written. Then the file is out of date and not shown as the last outcome.</param>
    /// <param name="now">The time.</param>
    /// <param name="state">Its state.</param>
    private static ListedScript Read(
        ScriptHome home,
        ScriptName script,
        string? trouble,
        DateTimeOffset now,
        out ScriptState state
    )
    {
        state = ScriptState.Read(home, script);
        var isRunning = ScriptLock.IsHeld(home, script);
        if (trouble is not null)
        {
            return new ListedScript
            {
                Name = script.Value,
                Stem = script.Stem,
                LastOutcome = ScriptOutcome.NotNoted,
                Error = NotNoted(trouble),
                Running = isRunning,
            };
        }

        var last = state.Latest;
        return new ListedScript
        {
            Name = script.Value,
            Stem = script.Stem,
            LastRun = last is { At: var run } ? ScriptAge.Ago(now - run) : null,
            LastRunAt = last?.At,
            TookMs = (long?)last?.Took?.TotalMilliseconds,
            LastRoundAt = state.LastRun,
            LastSent = state.LastSent,
            CooldownEnds = state.HeldUntil(state.Cooldown ?? Cooldown.Default, now),
            LastOutcome = last?.Outcome,
            Error = state.Problem ?? last?.Error,
            Running = isRunning,
            Warnings = state.Warnings.Count > 0 ? state.Warnings : null,
            Incident = state.Incident is { IsOver: false } incident ? incident.Since : null,
        };
    }

    /// <summary>Adds when it runs. Settings that can't be read count as an error: the script does not run.</summary>
    private static ListedScript Planned(
        ListedScript listed,
        ScriptPlan? plan,
        ScriptState state,
        RoundTimes lastRounds,
        DateTimeOffset now
    ) =>
        plan is null
            ? listed
            : listed with
            {
                // A round that finds a script not due shows that cron calls the runner.
                LastRoundAt =
                    plan.Schedule is Schedule.EachRound || listed.LastOutcome == ScriptOutcome.NotNoted
                        ? listed.LastRoundAt
                        : lastRounds.Last ?? listed.LastRoundAt,
                Schedule = plan.ScheduleText,
                Next = plan.NextInWords(state, lastRounds, now)["next: ".Length..],
                NextAt = plan.Next(state, lastRounds, now),
                Settings = plan.InAnswer(state.Cooldown ?? Cooldown.Default, now),
                LastOutcome = plan.Problem is null ? listed.LastOutcome : ScriptOutcome.Error,
                Error = plan.Problem ?? listed.Error,
                Warnings = listed.Warnings ?? (plan.Warnings.Count > 0 ? plan.Warnings : null),
            };

    private static ScriptPlan? TryRead(Func<ScriptPlan> read)
    {
        try
        {
            return read();
        }
        catch (IOException)
        {
            // It has just gone.
            return null;
        }
    }

    /// <summary>The sentence about a script whose state can't be written.</summary>
    public static string NotNoted(string trouble) => $"The state of this script can't be saved. {trouble}";
}
