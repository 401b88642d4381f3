using Notify.Contracts;
using Notify.Schedules;

namespace Notify.Scripts;

/// <summary>When and how a script runs: its own settings (<c># notify:</c> lines), with the user's and the admin's applied.</summary>
public sealed class ScriptPlan
{
    private readonly ScriptName _script;
    private readonly string _crontab;
    private readonly Lazy<TimeZoneInfo> _zone;

    private ScriptPlan(ScriptName script, ScriptHeader header, ScriptSettings settings, Schedule schedule)
    {
        _script = script;
        _crontab = settings.CrontabText;
        Header = header;
        Schedule = schedule;
        Limits = settings.Limits(header.TimeLimit, header.MemoryLimit);
        Warnings =
        [
            .. header.Warnings.Select(warning => warning.Message),
            .. Capped(
                header.TimeLimit > Limits.Time,
                $"Its time limit is {Limits.Time.TotalSeconds:0} s, the most that the admin allows ({ScriptSettings.MaxTimeLimitName}), not {header.TimeLimit?.TotalSeconds:0} s."
            ),
            .. Capped(
                header.MemoryLimit > Limits.Memory,
                $"Its memory limit is {RunLimits.MemoryText(Limits.Memory ?? 0)}, the most that the admin allows ({ScriptSettings.MaxMemoryName}), not {RunLimits.MemoryText(header.MemoryLimit ?? 0)}."
            ),
        ];
        // A zone costs a millisecond, and most scripts have no times.
        _zone = new Lazy<TimeZoneInfo>(() =>
            header.TimeZone?.Find() ?? settings.TimeZone?.Find() ?? TimeZoneInfo.Local
        );
    }

    /// <summary>The script's own settings.</summary>
    public ScriptHeader Header { get; }

    /// <summary>When rounds run it.</summary>
    public Schedule Schedule { get; }

    /// <summary>The limits of a run.</summary>
    public RunLimits Limits { get; }

    /// <summary>What its owner should change, one sentence each. The script runs all the same.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Why the script must not run, one sentence a line; null if its settings are right.</summary>
    public string? Problem =>
        Header.Problems.Count > 0
            ? $"Its settings can't be read, so it does not run. {string.Join('\n', Header.Problems.Select(problem => problem.Message))}"
            : null;

    /// <summary>The schedule for people, such as <c>weekdays 09:00</c> or <c>every 15m</c>; null for each round.</summary>
    public string? ScheduleText =>
        Schedule switch
        {
            Schedule.At at => at.Text,
            Schedule.Every every => $"every {every.Interval.Text}",
            Schedule.Manual => "on request",
            _ => null,
        };

    /// <summary>The settings as they count, for people.</summary>
    /// <param name="cooldown">The cooldown of its last result.</param>
    /// <param name="now">The time.</param>
    public ScriptSettingsAnswer InAnswer(Cooldown cooldown, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(cooldown);
        return new ScriptSettingsAnswer(
            cooldown.Text,
            Limits.Time.TotalSeconds,
            Limits.Memory,
            Header.Retries,
            Header.Incident,
            Schedule is Schedule.At ? _zone.Value.Id : null,
            Schedule is Schedule.At at ? [.. Times(at.Times, now).Take(ScriptSettingsAnswer.MaxTimes)] : null
        );
    }

    private IEnumerable<DateTimeOffset> Times(DueTimes times, DateTimeOffset after)
    {
        while (times.Next(after, _zone.Value) is { } next)
        {
            yield return next;
            after = next;
        }
    }

    /// <summary>Reads a script's settings.</summary>
    /// <param name="home">Whose.</param>
    /// <param name="script">Which.</param>
    /// <param name="settings">The user's and the admin's.</param>
    /// <param name="zones">Names of time zones. One object serves many scripts.</param>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static ScriptPlan Read(ScriptHome home, ScriptName script, ScriptSettings settings, ZoneNames zones)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(settings);
        var header = ScriptHeader.ReadFile(Path.Combine(home.ScriptsFolder, script.Value), zones);
        return new ScriptPlan(
            script,
            header,
            settings,
            header.Schedule is Schedule.EachRound && settings.DefaultEvery is { } every
                ? new Schedule.Every(every)
                : header.Schedule
        );
    }

    /// <summary>What a round does with the script now.</summary>
    /// <param name="state">The script's state.</param>
    /// <param name="isStateKept">Whether the state can be saved. Without it, a time counts in the round that comes right after it.</param>
    /// <param name="rounds">The user's last rounds.</param>
    /// <param name="now">The time.</param>
    public Decision Decide(ScriptState state, bool isStateKept, RoundTimes rounds, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(rounds);
        var isBack = IsBack(state, rounds);
        var dealtWith = isStateKept && !isBack ? Known(state, rounds, now) : SinceLastRound(rounds, now);
        var zone = Schedule is Schedule.EachRound or Schedule.Manual ? TimeZoneInfo.Utc : _zone.Value;
        var decision = Schedule.Decide(state.LastRun, dealtWith, now, zone, rounds.Every);
        if (isBack)
        {
            // Kept, or the next round would find the times that it missed. What was to be tried again is as old as they are.
            return decision.DealtWith is null ? decision with { DealtWith = dealtWith } : decision;
        }

        return decision is not Decision.Run && Schedule is not Schedule.Manual && state.Retry?.At <= now
            ? new Decision.Run(state.DealtWith?.Due, now - (state.DealtWith?.Due ?? now))
            : decision;
    }

    /// <summary>Whether a script with times was moved away and is back since the last round. It did not miss the times meanwhile.</summary>
    public bool IsBack(ScriptState state, RoundTimes rounds)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(rounds);
        return Schedule is Schedule.At && state.DealtWith is not null && rounds.Missed(_script);
    }

    /// <summary>The schedule of a state's <see cref="ScriptState.DealtWith"/>; null without times.</summary>
    public string? ScheduleKey => Schedule is Schedule.At at ? $"{at.Text} {_zone.Value.Id}" : null;

    /// <summary>The time that the state knows. Another schedule begins anew. Without a readable state the last round is all that is known.</summary>
    private DealtWith? Known(ScriptState state, RoundTimes rounds, DateTimeOffset now) =>
        state.Problem is not null ? SinceLastRound(rounds, now)
        : state.Schedule is null || state.Schedule == ScheduleKey ? state.DealtWith
        : null;

    private static DealtWith SinceLastRound(RoundTimes rounds, DateTimeOffset now) =>
        new(now - Longer(rounds.Every, TimeSpan.FromMinutes(1)), PassedOver: false);

    /// <summary>When a round runs it next; null if that is with the next round, or never.</summary>
    /// <param name="state">The script's state.</param>
    /// <param name="rounds">The user's last rounds.</param>
    /// <param name="now">The time.</param>
    public DateTimeOffset? Next(ScriptState state, RoundTimes rounds, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Decide(state, isStateKept: true, rounds, now) switch
        {
            _ when Header.Problems.Count > 0 => null,
            Decision.NotDue { Next: var next } => Sooner(Retry(state, rounds, now), next),
            Decision.PassedOver { Next: var next } => Sooner(Retry(state, rounds, now), next),
            _ => null,
        };
    }

    /// <summary>The next run in words, such as <c>next: Mon 09:00, in 14 h</c>.</summary>
    /// <inheritdoc cref="Next"/>
    public string NextInWords(ScriptState state, RoundTimes rounds, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Header.Problems.Count > 0 ? "next: not before its settings are right"
            : Retry(state, rounds, now) is { } retry && Next(state, rounds, now) == retry
                ? NextRun.InWords(retry, now, _zone.Value, TimeZoneInfo.Local, RoundFrom)
            : NextRun.InWords(
                Schedule,
                Decide(state, isStateKept: true, rounds, now),
                now,
                Schedule is Schedule.At ? _zone.Value : TimeZoneInfo.Local,
                TimeZoneInfo.Local,
                RoundFrom
            );
    }

    /// <summary>The first round that cron starts at a moment or after it; null if the crontab does not say.</summary>
    private DateTimeOffset? RoundFrom(DateTimeOffset moment) =>
        _crontab.Length == 0 ? null : CrontabLine.NextCall(_crontab, moment.AddTicks(-1), TimeZoneInfo.Local);

    private DateTimeOffset? Retry(ScriptState state, RoundTimes rounds, DateTimeOffset now) =>
        Schedule is not Schedule.Manual && state.Retry?.At > now && !IsBack(state, rounds) ? state.Retry.At : null;

    private static DateTimeOffset? Sooner(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other < one ? other : one;

    private static string[] Capped(bool isCapped, string sentence) => isCapped ? [sentence] : [];

    private static TimeSpan Longer(TimeSpan? one, TimeSpan other) => one > other ? one.Value : other;
}
