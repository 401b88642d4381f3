using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>Why a run gave no result, with its word in <c>notify-scripts run</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScriptFailure>))]
public enum ScriptFailure
{
    /// <summary>There is no such script, or it is not valid (a folder, a hidden file, someone else's).</summary>
    [JsonStringEnumMemberName("not_found")]
    NotFound,

    /// <summary>It is already running, from cron or another call. Nothing was started.</summary>
    [JsonStringEnumMemberName("already_running")]
    AlreadyRunning,

    /// <summary>Its Python could not start.</summary>
    [JsonStringEnumMemberName("not_started")]
    NotStarted,

    /// <summary>It ended with an exit status other than 0, or by a signal.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It reached its time limit and was stopped.</summary>
    [JsonStringEnumMemberName("timeout")]
    TimedOut,

    /// <summary>It exceeded its memory limit and was stopped.</summary>
    [JsonStringEnumMemberName("memory")]
    OutOfMemory,

    /// <summary>Its <c># notify:</c> lines can't be read. Nothing was started.</summary>
    [JsonStringEnumMemberName("wrong_settings")]
    WrongSettings,

    /// <summary>It printed too much and was stopped.</summary>
    [JsonStringEnumMemberName("too_much_output")]
    TooMuchOutput,

    /// <summary>Its output has no readable result.</summary>
    [JsonStringEnumMemberName("unreadable_output")]
    UnreadableOutput,

    /// <summary>The program that ran it was told to end, and stopped the script.</summary>
    [JsonStringEnumMemberName("interrupted")]
    Interrupted,
}

/// <summary>One script as <c>notify-scripts list</c> prints it.</summary>
public sealed record ListedScript
{
    /// <summary>Its file name, such as <c>revenue_drop.py</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its file name without <c>.py</c>.</summary>
    public required string Stem { get; init; }

    /// <summary>When it last ran, in a round or on request, for people: <c>5m ago</c>. Null if it never ran.</summary>
    public string? LastRun { get; init; }

    /// <summary>The same as a moment.</summary>
    public DateTimeOffset? LastRunAt { get; init; }

    /// <summary>When a round last ran it, or found that it is not due; null means that cron does not call the runner.</summary>
    public DateTimeOffset? LastRoundAt { get; init; }

    /// <summary>Start of the last run whose notification the bot accepted.</summary>
    public DateTimeOffset? LastSent { get; init; }

    /// <summary>When its cooldown ends; null if it is over.</summary>
    public DateTimeOffset? CooldownEnds { get; init; }

    /// <summary>How its last run ended.</summary>
    public ScriptOutcome? LastOutcome { get; init; }

    /// <summary>What was wrong, if anything. A script can fail after a delivered result.</summary>
    public string? Error { get; init; }

    /// <summary>Whether it runs now (a process holds its kernel lock).</summary>
    public bool Running { get; init; }

    /// <summary>Faults of its last run that did not cost the notification, one sentence each; null if there were none.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>How long the last run took, in milliseconds; null if it never ran, or an older version ran it.</summary>
    public long? TookMs { get; init; }

    /// <summary>Its schedule for people, such as <c>weekdays 09:00</c>, <c>every 15m</c> or <c>on request</c>; null if each round runs it.</summary>
    public string? Schedule { get; init; }

    /// <summary>Its next run for people, such as <c>Mon 09:00, in 14 h</c>.</summary>
    public string? Next { get; init; }

    /// <summary>The same as a moment; null if that is with the next round, or on request only.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Since when its incident is open; null (missing in JSON) without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Incident { get; init; }

    /// <summary>Outcomes of its last runs, a letter each, the oldest first; null (missing in JSON) unless asked for, or without runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LastRuns { get; init; }

    /// <summary>Its settings as they count; null (missing in JSON) unless asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ScriptSettingsAnswer? Settings { get; init; }
}

/// <summary>
/// The output of <c>notify-scripts run</c>: the script's result as strict JSON, or what was wrong.
/// Either <see cref="Notify"/> or <see cref="Error"/> is set.
/// </summary>
public sealed record RanScript
{
    /// <summary>Whether there is an alert.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Notify { get; init; }

    /// <summary>The bold header; literal text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Title { get; init; }

    /// <summary>The message in Markdown. Its last line explains a missing chart.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    /// <summary>The chart's path, as the script gave it. Readers must not open it: <see cref="Image"/> has the bytes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ImagePath { get; init; }

    /// <summary>The effective cooldown, such as <c>1h</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cooldown { get; init; }

    /// <summary>The script's own data: a JSON object.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Data { get; init; }

    /// <summary>The chart, read as the user.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RanScriptImage? Image { get; init; }

    /// <summary>Further charts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RanScriptImage>? MoreImages { get; init; }

    /// <summary>Files, read as the user.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RanScriptFile>? Files { get; init; }

    /// <summary>The table, as the script wrote it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Table { get; init; }

    /// <summary>The script's own buttons, or false for none of Notify's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Buttons { get; init; }

    /// <summary>True if it passes quiet hours.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Urgent { get; init; }

    /// <summary>True if the phone makes no sound.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Silent { get; init; }

    /// <summary>Faults that did not cost the notification, one sentence each.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>How the script failed after this result, with the last lines of stderr. The message has it in one line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BadEnd { get; init; }

    /// <summary>What was wrong, with the last lines of stderr if there are any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>The kind of <see cref="Error"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ScriptFailure? Reason { get; init; }
}

/// <summary>A chart's bytes inside JSON.</summary>
/// <param name="Type"><c>png</c> or <c>jpeg</c>, by content.</param>
/// <param name="Base64">The bytes of the file; at most 50 MB before encoding.</param>
public sealed record RanScriptImage(string Type, ReadOnlyMemory<byte> Base64);

/// <summary>A file's bytes inside JSON.</summary>
/// <param name="Name">Its name, cleaned.</param>
/// <param name="Base64">The bytes; with all charts and files at most 50 MB before encoding.</param>
public sealed record RanScriptFile(string Name, ReadOnlyMemory<byte> Base64);

/// <summary>The output of <c>notify-scripts reset</c>: the cooldown is reset if both are null.</summary>
/// <param name="Error">Why it is not, as a sentence.</param>
/// <param name="Reason">The kind of it, if there is one.</param>
public sealed record ResetScript(string? Error = null, ScriptFailure? Reason = null);

/// <summary>The output of <c>notify-scripts sync-status</c>: the age of the user's synchronised folder <c>~/server</c>.</summary>
/// <param name="Synced">Whether it was ever synchronised.</param>
/// <param name="ElapsedSeconds">Its age in seconds; null if it never was.</param>
/// <param name="ElapsedDisplay">The same for people, such as <c>3h ago</c>.</param>
public sealed record SyncStatus(bool Synced, long? ElapsedSeconds, string? ElapsedDisplay);

/// <summary>JSON of <c>notify-scripts</c>, for it and its readers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcSecondsConverter)]
)]
[JsonSerializable(typeof(List<ListedScript>))]
[JsonSerializable(typeof(RanScript))]
[JsonSerializable(typeof(ResetScript))]
[JsonSerializable(typeof(SyncStatus))]
public sealed partial class HelperContract : JsonSerializerContext;
