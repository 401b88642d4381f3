using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Notify.Contracts;
using Notify.Files;
using Notify.Posix;
using Notify.Schedules;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>An ended run.</summary>
/// <param name="At">When it began.</param>
/// <param name="Outcome">Its outcome; null for an unknown word of a later version.</param>
/// <param name="Error">What was wrong, if anything.</param>
/// <param name="Took">How long it took; null if an older version ran it.</param>
public sealed record LastRunOf(DateTimeOffset At, ScriptOutcome? Outcome, string? Error, TimeSpan? Took = null);

/// <summary>A run that is made again.</summary>
/// <param name="At">From when on a round makes it.</param>
/// <param name="Count">How many tries came before it.</param>
public sealed record ScriptRetry(DateTimeOffset At, int Count);

/// <summary>A script's state between rounds, in <c>~/.notifications/state/{script}.json</c>.</summary>
public sealed record ScriptState
{
    /// <summary>Largest readable state file, in bytes; ours have a few hundred.</summary>
    private const int MaxSize = 1 << 20;

    /// <summary>Most kept warnings and told names.</summary>
    private const int MaxTexts = 20;

    private const int MaxTextLength = 500;

    private const double LatestUnixSeconds = 253_402_300_799; // the year 9999

    /// <summary>Leaves quotes and umlauts unescaped, because the owner may read the file.</summary>
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string[] Known =
    [
        "last_sent",
        "unanswered_key",
        "last_run",
        "last_outcome",
        "took_ms",
        "error",
        "cooldown",
        "cooldown_reset",
        "failing_since",
        "failure_told",
        "failures",
        "requested_run",
        "requested_outcome",
        "requested_error",
        "requested_took_ms",
        "dealt_with",
        "schedule",
        "passed_over",
        "ran_ahead",
        "retry_at",
        "retries",
        "told_settings",
        "warnings",
        "told_fields",
        "incident",
    ];

    /// <summary>Start of the last run whose notification the bot accepted.</summary>
    public DateTimeOffset? LastSent { get; init; }

    /// <summary>The key of a notification that the bot may have accepted without an answer. The next one uses it again, so the bot takes only one of them.</summary>
    public string? UnansweredKey { get; init; }

    /// <summary>Start of the last round's run.</summary>
    public DateTimeOffset? LastRun { get; init; }

    /// <summary>The last round's outcome.</summary>
    public ScriptOutcome? LastOutcome { get; init; }

    /// <summary>How long the last round's run took.</summary>
    public TimeSpan? Took { get; init; }

    /// <summary>What was wrong, if anything.</summary>
    public string? Error { get; init; }

    /// <summary>The last of its times that rounds are done with; null without times, or before the first round.</summary>
    public DealtWith? DealtWith { get; init; }

    /// <summary>The schedule of <see cref="DealtWith"/>, with its time zone. Another one begins anew.</summary>
    public string? Schedule { get; init; }

    /// <summary>The next try of a run that failed or could not be sent; null without one.</summary>
    public ScriptRetry? Retry { get; init; }

    /// <summary>What the owner was told about its own settings; null without anything wrong.</summary>
    public string? ToldSettings { get; init; }

    /// <summary>The script's last cooldown.</summary>
    public Cooldown? Cooldown { get; init; }

    /// <summary>When its owner last ended its cooldown early; null if that never happened.</summary>
    public DateTimeOffset? CooldownReset { get; init; }

    /// <summary>Where its cooldown counts from: the last sending, or a reset after it. Null without either.</summary>
    public DateTimeOffset? CooldownFrom => CooldownReset >= LastSent ? CooldownReset : LastSent;

    /// <summary>Since when the script is failing; null if it works.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Whether the owner's phone was told that it is failing, and has to hear when it works again.</summary>
    public bool FailureTold { get; init; }

    /// <summary>How often it failed lately; null if it did not.</summary>
    public FailureHistory? Failures { get; init; }

    /// <summary>The last run on request, from the chat, the dashboard or by hand. It affects neither cooldown nor failure notices.</summary>
    public LastRunOf? Requested { get; init; }

    /// <summary>The later of the last round's run and the last run on request; null if it never ran.</summary>
    public LastRunOf? Latest =>
        LastRun is { } run && !(Requested?.At > run) ? new LastRunOf(run, LastOutcome, Error, Took) : Requested;

    /// <summary>Faults of the last run with a result, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Unknown fields that the owner's phone was told about.</summary>
    public IReadOnlyList<string> ToldFields { get; init; } = [];

    /// <summary>Its incident; null if it has none, or if the bot knows that it is over.</summary>
    public ScriptIncident? Incident { get; init; }

    /// <summary>Why the file could not be read, as a sentence; null if it was read or does not exist.</summary>
    public string? Problem { get; init; }

    /// <summary>Unknown members of the file, which are kept.</summary>
    private IReadOnlyList<JsonProperty> Others { get; init; } = [];

    /// <summary>When the cooldown ends; null if it is over.</summary>
    public DateTimeOffset? HeldUntil(Cooldown cooldown, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(cooldown);
        return LastSent is { } sent && !(CooldownReset >= sent)
            ? cooldown.HeldUntil(sent, now, LocalClock.OffsetAt)
            : null;
    }

    /// <summary>Reads a script's state. An unreadable file counts as no state, and <see cref="Problem"/> says why.</summary>
    public static ScriptState Read(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var path = home.StateFile(script);
        try
        {
            return RegularFile.TryReadAll(path, MaxSize) is { } bytes ? Parse(bytes) : new ScriptState();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            return new ScriptState
            {
                Problem =
                    $"{path} can't be read, so its cooldown is ignored: {SafeText.Line(e.Message.Replace(path, "it", StringComparison.Ordinal), 200)}",
            };
        }
    }

    /// <summary>Writes the state in one step.</summary>
    /// <exception cref="FileNotWrittenException">Writing failed; the old file is intact.</exception>
    public void Write(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartObject();
            WriteTime(writer, "last_sent", LastSent);
            WriteText(writer, "unanswered_key", UnansweredKey);
            WriteTime(writer, "last_run", LastRun);
            WriteText(writer, "last_outcome", LastOutcome is { } outcome ? outcome.Word() : null);
            WriteSpan(writer, "took_ms", Took);
            WriteText(writer, "error", Error);
            WriteText(writer, "cooldown", Cooldown?.Text);
            WriteTime(writer, "cooldown_reset", CooldownReset);
            WriteTime(writer, "failing_since", FailingSince);
            if (FailingSince is not null)
            {
                writer.WriteBoolean("failure_told", FailureTold);
            }

            if (Failures is { } failures)
            {
                Write(writer, failures);
            }

            if (Requested is { } requested)
            {
                WriteTime(writer, "requested_run", requested.At);
                WriteText(writer, "requested_outcome", requested.Outcome is { } ended ? ended.Word() : null);
                WriteText(writer, "requested_error", requested.Error);
                WriteSpan(writer, "requested_took_ms", requested.Took);
            }

            WriteTime(writer, "dealt_with", DealtWith?.Due);
            WriteText(writer, "schedule", Schedule);
            if (DealtWith is { PassedOver: true })
            {
                writer.WriteBoolean("passed_over", true);
            }

            WriteTime(writer, "ran_ahead", DealtWith?.Ran);

            WriteTime(writer, "retry_at", Retry?.At);
            if (Retry is { Count: > 0 and var count })
            {
                writer.WriteNumber("retries", count);
            }

            WriteText(writer, "told_settings", ToldSettings);

            WriteTexts(writer, "warnings", [.. Warnings.Take(MaxTexts)]);
            WriteTexts(writer, "told_fields", [.. ToldFields.TakeLast(MaxTexts)]);
            Incident?.Write(writer);
            foreach (var other in Others)
            {
                other.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        AtomicFile.Replace(home.StateFile(script), buffer.WrittenSpan, FileModes.OwnerFile);
    }

    private static ScriptState Parse(byte[] bytes)
    {
        // Not disposed: the kept members live in it.
        var root = JsonDocument.Parse(bytes).RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("it is not a JSON object.");
        }

        return new ScriptState
        {
            LastSent = Time(root, "last_sent"),
            UnansweredKey = Text(root, "unanswered_key"),
            LastRun = Time(root, "last_run"),
            LastOutcome = Text(root, "last_outcome") is { } word ? ScriptOutcomes.Find(word) : null,
            Took = Milliseconds(root, "took_ms"),
            Error = Text(root, "error"),
            DealtWith = Time(root, "dealt_with") is { } due
                ? new DealtWith(due, IsTrue(root, "passed_over")) { Ran = Time(root, "ran_ahead") }
                : null,
            Schedule = Text(root, "schedule"),
            Retry = Time(root, "retry_at") is { } retry ? new ScriptRetry(retry, Count(root, "retries")) : null,
            ToldSettings = Text(root, "told_settings"),
            Cooldown = Text(root, "cooldown") is { } cooldown ? Cooldown.TryParse(cooldown) : null,
            CooldownReset = Time(root, "cooldown_reset"),
            FailingSince = Time(root, "failing_since"),
            FailureTold = IsTrue(root, "failure_told"),
            Failures =
                root.TryGetProperty("failures", out var failures) && failures.ValueKind == JsonValueKind.Object
                    ? TryReadFailures(failures)
                    : null,
            Requested = Time(root, "requested_run") is { } at
                ? new LastRunOf(
                    at,
                    Text(root, "requested_outcome") is { } ended ? ScriptOutcomes.Find(ended) : null,
                    Text(root, "requested_error"),
                    Milliseconds(root, "requested_took_ms")
                )
                : null,
            Warnings = Texts(root, "warnings"),
            ToldFields = Texts(root, "told_fields"),
            Incident = ScriptIncident.Read(root, Time(root, "last_run")),
            Others =
            [
                .. root.EnumerateObject()
                    .Where(member => !Known.Contains(member.Name, StringComparer.Ordinal))
                    .DistinctBy(member => member.Name, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>Unreadable counts are dropped without losing the cooldown.</summary>
    internal static FailureHistory? TryReadFailures(JsonElement root)
    {
        try
        {
            return ReadFailures(root);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static FailureHistory? ReadFailures(JsonElement root)
    {
        var notices =
            root.TryGetProperty("notices", out var list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Select(notice => Seconds(notice, "notices")).ToArray()
                : [];
        return Time(root, "since") is not { } since || Time(root, "last") is not { } last || notices.Length > 100
            ? null
            : new FailureHistory
            {
                Since = since,
                Runs = Count(root, "runs"),
                Failed = Count(root, "failed"),
                FailedInARow = Count(root, "in_a_row"),
                LastFailed = last,
                Notices = notices,
                IsNowAndThen =
                    notices.Length > 0
                    && root.TryGetProperty("now_and_then", out var word)
                    && word.ValueKind == JsonValueKind.True,
            };
    }

    internal static void Write(Utf8JsonWriter writer, FailureHistory failures)
    {
        writer.WriteStartObject("failures");
        WriteTime(writer, "since", failures.Since);
        writer.WriteNumber("runs", failures.Runs);
        writer.WriteNumber("failed", failures.Failed);
        writer.WriteNumber("in_a_row", failures.FailedInARow);
        WriteTime(writer, "last", failures.LastFailed);
        writer.WriteStartArray("notices");
        foreach (var notice in failures.Notices)
        {
            writer.WriteNumberValue(notice.ToUnixTimeMilliseconds() / 1000m);
        }

        writer.WriteEndArray();
        if (failures.IsNowAndThen)
        {
            writer.WriteBoolean("now_and_then", true);
        }

        writer.WriteEndObject();
    }

    internal static int Count(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var count)
            ? Math.Max(0, count)
            : 0;

    internal static bool IsTrue(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A span that can't be read is left out: nothing depends on it.</summary>
    private static TimeSpan? Milliseconds(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var milliseconds)
        && milliseconds is >= 0 and <= int.MaxValue
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;

    internal static DateTimeOffset? Time(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return Seconds(value, name);
    }

    private static DateTimeOffset Seconds(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var seconds)
        && seconds is >= 0 and <= LatestUnixSeconds
            ? DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Round(seconds * 1000))
            : throw new FormatException($"{name} must be a number of seconds since 1970.");

    internal static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IReadOnlyList<string> Texts(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ?
            [
                .. value
                    .EnumerateArray()
                    .Where(text => text.ValueKind == JsonValueKind.String)
                    .Select(text => text.GetString()!),
            ]
            : [];

    private static void WriteTexts(Utf8JsonWriter writer, string name, string[] texts)
    {
        if (texts.Length == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(SafeText.Line(text, MaxTextLength));
        }

        writer.WriteEndArray();
    }

    internal static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } set)
        {
            writer.WriteNumber(name, set.ToUnixTimeMilliseconds() / 1000m);
        }
    }

    private static void WriteSpan(Utf8JsonWriter writer, string name, TimeSpan? span)
    {
        if (span is { } set)
        {
            writer.WriteNumber(name, (long)set.TotalMilliseconds);
        }
    }

    internal static void WriteText(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }
}
