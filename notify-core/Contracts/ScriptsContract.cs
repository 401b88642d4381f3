using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>The outcome of a script's last round, with its word in state files, <c>notify-scripts list</c> and the send API.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScriptOutcome>))]
public enum ScriptOutcome
{
    /// <summary>Telegram took the notification.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary>The bot has stored the notification; Telegram has not taken it yet.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>The script had no alert.</summary>
    [JsonStringEnumMemberName("no_alert")]
    NoAlert,

    /// <summary>The script had an alert within its cooldown.</summary>
    [JsonStringEnumMemberName("held_by_cooldown")]
    HeldByCooldown,

    /// <summary>The bot could not be reached or refused the notification.</summary>
    [JsonStringEnumMemberName("not_sent")]
    NotSent,

    /// <summary>The notification is muted: its owner muted the script or everything.</summary>
    [JsonStringEnumMemberName("muted")]
    Muted,

    /// <summary>A run on request gave its notification to the caller; the bot's history has its state.</summary>
    [JsonStringEnumMemberName("handed_over")]
    HandedOver,

    /// <summary>The last outcome is unknown, because the state can't be written; the error says why.</summary>
    [JsonStringEnumMemberName("not_noted")]
    NotNoted,

    /// <summary>The script is failing: it crashed, ran too long or printed no readable result.</summary>
    [JsonStringEnumMemberName("error")]
    Error,
}

/// <summary>The words of <see cref="ScriptOutcome"/>.</summary>
public static class ScriptOutcomes
{
    private static readonly WireWords<ScriptOutcome> Words = new();

    /// <summary>The word in files and answers, such as <c>no_alert</c>.</summary>
    public static string Word(this ScriptOutcome outcome) => Words[outcome];

    /// <summary>Whether something is wrong that its owner has to fix.</summary>
    public static bool IsFailing(ScriptOutcome? outcome) =>
        outcome is ScriptOutcome.Error or ScriptOutcome.NotSent or ScriptOutcome.NotNoted;

    /// <summary>The outcome of a word; null for a word of another version.</summary>
    public static ScriptOutcome? Find(string? word) => Words.Find(word);
}

/// <summary>The outcome of a run on request.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunOutcome>))]
public enum RunOutcome
{
    /// <summary>Telegram, or without a phone a desktop, took the notification.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary>The notification is queued.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>No alert.</summary>
    [JsonStringEnumMemberName("no_alert")]
    NoAlert,

    /// <summary>The script or the delivery failed.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>Not run, because the script is already running.</summary>
    [JsonStringEnumMemberName("already_running")]
    AlreadyRunning,
}

/// <summary>The words of <see cref="RunOutcome"/>.</summary>
public static class RunOutcomes
{
    private static readonly WireWords<RunOutcome> Words = new();

    /// <summary>The word in answers and metrics, such as <c>already_running</c>.</summary>
    public static string Word(this RunOutcome outcome) => Words[outcome];
}

/// <summary><c>GET /scripts</c>: the scripts of a user.</summary>
/// <param name="Scripts">By name.</param>
/// <param name="MutedUntil">The end of the mute of all notifications, whichever script they come from.</param>
public sealed record ScriptsAnswer(IReadOnlyList<ScriptAnswer> Scripts, DateTimeOffset? MutedUntil)
{
    /// <summary>The field of the query that asks for <see cref="ScriptAnswer.LastRuns"/> and <see cref="ScriptAnswer.Settings"/>, with the value 1.</summary>
    public const string LastRunsField = "last_runs";
}

/// <summary>A script of a user, with what is known of it.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Stem">The same without <c>.py</c>: what people see.</param>
/// <param name="LastRun">When it last ran, in a round or on request.</param>
/// <param name="LastRound">When a round last ran it; null: cron does not.</param>
/// <param name="LastSent">When it last had something sent.</param>
/// <param name="CooldownEnds">The end of its cooldown; null if there is none.</param>
/// <param name="LastOutcome">How its last run ended; null before the first.</param>
/// <param name="Error">The last lines of what went wrong.</param>
/// <param name="Running">Whether it runs now.</param>
/// <param name="MutedUntil">The end of its mute, or of the mute of all, whichever is later.</param>
/// <param name="NoRun">Why it can't be run on request; null if it can.</param>
/// <param name="Warnings">What was wrong in its last run and did not cost the notification, one sentence each.</param>
/// <param name="TookMs">How long its last run took, in milliseconds; null before the first.</param>
/// <param name="Schedule">Its schedule for people, such as <c>weekdays 09:00</c>; null if each round runs it.</param>
/// <param name="Next">Its next run for people, such as <c>Mon 09:00, in 14 h</c>.</param>
/// <param name="NextAt">The same as a moment; null if that is with the next round, or on request only.</param>
/// <param name="Incident">Its open incident; null for none.</param>
/// <param name="LastRuns">Outcomes of its last runs, a letter each, the oldest first; null unless asked for, or without runs.</param>
/// <param name="Settings">Its settings as they count; null unless asked for.</param>
public sealed record ScriptAnswer(
    string Name,
    string Stem,
    DateTimeOffset? LastRun,
    DateTimeOffset? LastRound,
    DateTimeOffset? LastSent,
    DateTimeOffset? CooldownEnds,
    ScriptOutcome? LastOutcome,
    string? Error,
    bool Running,
    DateTimeOffset? MutedUntil,
    string? NoRun,
    IReadOnlyList<string>? Warnings,
    long? TookMs = null,
    string? Schedule = null,
    string? Next = null,
    DateTimeOffset? NextAt = null,
    IncidentAnswer? Incident = null,
    string? LastRuns = null,
    ScriptSettingsAnswer? Settings = null
);

/// <summary>The settings of a script as they count: its own lines, its user's and the admin's.</summary>
/// <param name="Cooldown">The shortest time between two notifications, as the script wrote it: <c>6h</c>.</param>
/// <param name="TimeLimitS">The time limit of a run in seconds.</param>
/// <param name="MemoryLimit">The memory limit of a run in bytes; null for none.</param>
/// <param name="Retries">How many failed runs in a row are tried again.</param>
/// <param name="Incident">Whether its alerts are incidents.</param>
/// <param name="Timezone">The clock of its times; null without times.</param>
/// <param name="Times">The next times, at most <see cref="MaxTimes"/>; null without times.</param>
public sealed record ScriptSettingsAnswer(
    string Cooldown,
    double TimeLimitS,
    long? MemoryLimit,
    int Retries,
    bool Incident,
    string? Timezone,
    IReadOnlyList<DateTimeOffset>? Times
)
{
    /// <summary>Maximum number of times.</summary>
    public const int MaxTimes = 3;
}

/// <summary><c>POST /scripts/NAME/run</c>: how a run ended.</summary>
/// <param name="Outcome">In a word.</param>
/// <param name="Id">The notification's, if there is one.</param>
/// <param name="Error">What went wrong, for the script's owner; also if its notification was sent and it failed after that.</param>
/// <param name="Channels">What took it; null if nothing was sent.</param>
public sealed record RunAnswer(
    RunOutcome Outcome,
    string? Id = null,
    string? Error = null,
    ChannelsAnswer? Channels = null
);

/// <summary>The body of <c>POST /scripts/NAME/mute</c>.</summary>
/// <param name="For">A number and <c>m</c>, <c>h</c> or <c>d</c>, such as <c>1h</c>; null ends the mute.</param>
public sealed record MuteCall(
    [property: JsonPropertyName(MuteCall.Field), JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? For
)
{
    /// <summary>The name of the body's member.</summary>
    public const string Field = "for";
}

/// <summary>A script was muted, or no longer is.</summary>
/// <param name="Ok">Always true.</param>
/// <param name="MutedUntil">The end of the mute; null: it is not muted.</param>
public sealed record MutedAnswer(bool Ok, DateTimeOffset? MutedUntil);

/// <summary><c>POST /scripts/NAME/reset</c>: the cooldown of a script is reset.</summary>
/// <param name="Ok">Always true.</param>
public sealed record ResetAnswer(bool Ok);

/// <summary><c>GET /mutes</c>: what a user has muted.</summary>
/// <param name="MutedUntil">The end of the mute of everything; null if there is none.</param>
/// <param name="Scripts">Single scripts that are muted.</param>
public sealed record MutesAnswer(DateTimeOffset? MutedUntil, IReadOnlyList<MutedScriptAnswer>? Scripts);

/// <summary>A script that is muted.</summary>
/// <param name="Stem">The script's name without <c>.py</c>.</param>
/// <param name="MutedUntil">The end of the mute; in the year 9999 if it has none.</param>
public sealed record MutedScriptAnswer(string Stem, DateTimeOffset MutedUntil);

/// <summary>JSON of a user's scripts and mutes.</summary>
[JsonSerializable(typeof(ScriptsAnswer))]
[JsonSerializable(typeof(RunAnswer))]
[JsonSerializable(typeof(MuteCall))]
[JsonSerializable(typeof(MutedAnswer))]
[JsonSerializable(typeof(ResetAnswer))]
[JsonSerializable(typeof(MutesAnswer))]
public sealed partial class ScriptsContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static ScriptsContract Json { get; } = new(WireJson.NewOptions());
}
