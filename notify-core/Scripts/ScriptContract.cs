using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notify.Scripts;

/// <summary>How the last round dealt with a script. The words are those of the state files, of <c>notify-scripts list</c> and of the send API.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScriptOutcome>))]
public enum ScriptOutcome
{
    /// <summary>Telegram has taken the notification.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary>The bot has the notification safely on disk; Telegram has not taken it yet.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>The script had nothing to say.</summary>
    [JsonStringEnumMemberName("no_alert")]
    NoAlert,

    /// <summary>The script had something to say, but said it not long ago.</summary>
    [JsonStringEnumMemberName("held_by_cooldown")]
    HeldByCooldown,

    /// <summary>The script had something to say, and the bot could not be reached or did not take it.</summary>
    [JsonStringEnumMemberName("not_sent")]
    NotSent,

    /// <summary>The script had something to say, which the bot holds back since its owner has muted the script or everything.</summary>
    [JsonStringEnumMemberName("muted")]
    Muted,

    /// <summary>The script was run on request and had something to say, which whoever had asked was to send; what became of that, the bot's history knows.</summary>
    [JsonStringEnumMemberName("handed_over")]
    HandedOver,

    /// <summary>How the last rounds dealt with it is not known, since the state can't be written; the error says why.</summary>
    [JsonStringEnumMemberName("not_noted")]
    NotNoted,

    /// <summary>The script is broken: it ended badly, ran too long or printed what can't be read.</summary>
    [JsonStringEnumMemberName("error")]
    Error,
}

/// <summary>In which way a run gave no result. The words are those of <c>notify-scripts run</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScriptFailure>))]
public enum ScriptFailure
{
    /// <summary>There is no such script, or it is not one by the rules (a folder, a hidden file, someone else's).</summary>
    [JsonStringEnumMemberName("not_found")]
    NotFound,

    /// <summary>It is running already, from cron or from another call. Nothing was started.</summary>
    [JsonStringEnumMemberName("already_running")]
    AlreadyRunning,

    /// <summary>Its Python could not be started.</summary>
    [JsonStringEnumMemberName("not_started")]
    NotStarted,

    /// <summary>It ended with an exit status other than 0, or by a signal.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It was still running at its time limit and was ended.</summary>
    [JsonStringEnumMemberName("timeout")]
    TimedOut,

    /// <summary>It printed without end and was ended.</summary>
    [JsonStringEnumMemberName("too_much_output")]
    TooMuchOutput,

    /// <summary>What it printed holds no result that can be read.</summary>
    [JsonStringEnumMemberName("unreadable_output")]
    UnreadableOutput,

    /// <summary>The program that ran it was told to end, and so ended the script.</summary>
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

    /// <summary>When it last ran, in a round or on request, for people: <c>5m ago</c>. Null where it never did.</summary>
    public string? LastRun { get; init; }

    /// <summary>The same as a moment.</summary>
    public DateTimeOffset? LastRunAt { get; init; }

    /// <summary>When a round last ran it: null means that cron does not.</summary>
    public DateTimeOffset? LastRoundAt { get; init; }

    /// <summary>Start of the last run whose notification the bot accepted.</summary>
    public DateTimeOffset? LastSent { get; init; }

    /// <summary>Until when its cooldown holds notifications back; null where nothing is held back.</summary>
    public DateTimeOffset? CooldownEnds { get; init; }

    /// <summary>How its last run ended.</summary>
    public ScriptOutcome? LastOutcome { get; init; }

    /// <summary>What was wrong, if anything. A script can have said something that was delivered, and have failed after that.</summary>
    public string? Error { get; init; }

    /// <summary>Whether it runs at this moment (its kernel lock is held).</summary>
    public bool Running { get; init; }

    /// <summary>What was not as it should be in its last run and did not cost the notification, one sentence each; null where nothing was.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>
/// What <c>notify-scripts run</c> prints: the script's result, put right where it was not quite JSON, or what was wrong.
/// Either <see cref="Notify"/> or <see cref="Error"/> is there.
/// </summary>
public sealed record RanScript
{
    /// <summary>Whether the script has something to say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Notify { get; init; }

    /// <summary>The bold header; literal text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Title { get; init; }

    /// <summary>The message in Markdown. Where a chart was promised and can't be had, its last line says why.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    /// <summary>The chart's path, as the script gave it. Never to be opened by who reads this: <see cref="Image"/> has the bytes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ImagePath { get; init; }

    /// <summary>The cooldown that counts, such as <c>1h</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cooldown { get; init; }

    /// <summary>The script's own data: a JSON object.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Data { get; init; }

    /// <summary>The chart, read as the user.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RanScriptImage? Image { get; init; }

    /// <summary>What was not as it should be, one sentence each, and did not cost the notification.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>How the script ended badly after it had printed this result, with the last lines of stderr. The message says it in one line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BadEnd { get; init; }

    /// <summary>What was wrong, with the last lines of stderr where there are any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>The kind of <see cref="Error"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ScriptFailure? Reason { get; init; }
}

/// <summary>A chart's bytes inside JSON.</summary>
/// <param name="Type"><c>png</c> or <c>jpeg</c>, by content.</param>
/// <param name="Base64">The bytes of the file; at most <see cref="ChartFile.MaxSize"/> before encoding.</param>
public sealed record RanScriptImage(string Type, ReadOnlyMemory<byte> Base64);

/// <summary>What <c>notify-scripts sync-status</c> prints: the age of the user's synchronised folder <c>~/server</c>.</summary>
/// <param name="Synced">Whether it was ever synchronised.</param>
/// <param name="ElapsedSeconds">Its age in seconds; null where it was not.</param>
/// <param name="ElapsedDisplay">The same for people, such as <c>3h ago</c>.</param>
public sealed record SyncStatus(bool Synced, long? ElapsedSeconds, string? ElapsedDisplay);

/// <summary>JSON of what <c>notify-scripts</c> prints, for it and for whoever reads it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(UtcSecondsConverter)]
)]
[JsonSerializable(typeof(List<ListedScript>))]
[JsonSerializable(typeof(RanScript))]
[JsonSerializable(typeof(SyncStatus))]
[JsonSerializable(typeof(ScriptOutcome))]
public sealed partial class ScriptsJson : JsonSerializerContext;

/// <summary>Moments as <c>2026-01-30T19:20:00Z</c>: UTC, whole seconds.</summary>
public sealed class UtcSecondsConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().ToUniversalTime();

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(
            value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)
        );
    }
}
