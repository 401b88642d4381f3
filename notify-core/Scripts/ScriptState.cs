using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Notify.Files;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>A run that is over.</summary>
/// <param name="At">When it began.</param>
/// <param name="Outcome">How it ended; null where a later version has a word for it that this one does not know.</param>
/// <param name="Error">What was wrong, if anything.</param>
public sealed record LastRunOf(DateTimeOffset At, ScriptOutcome? Outcome, string? Error);

/// <summary>What is kept about a script between rounds, in <c>~/.notifications/state/{script}.json</c>.</summary>
public sealed record ScriptState
{
    /// <summary>Largest state file that is read, in bytes; ours have a few hundred.</summary>
    private const int MaxSize = 1 << 20;

    /// <summary>Warnings, and told names, that are kept.</summary>
    private const int MostTexts = 20;

    private const int LongestText = 500;

    private const double LatestUnixSeconds = 253_402_300_799; // the year 9999

    /// <summary>Its owner looks into it: quotes and umlauts stay what they are.</summary>
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string[] Known =
    [
        "last_sent",
        "last_run",
        "last_outcome",
        "error",
        "cooldown",
        "failing_since",
        "failure_told",
        "failures",
        "requested_run",
        "requested_outcome",
        "requested_error",
        "warnings",
        "told_fields",
    ];

    /// <summary>Start of the last run whose notification the bot accepted.</summary>
    public DateTimeOffset? LastSent { get; init; }

    /// <summary>Start of the last round's run.</summary>
    public DateTimeOffset? LastRun { get; init; }

    /// <summary>How the last round dealt with it.</summary>
    public ScriptOutcome? LastOutcome { get; init; }

    /// <summary>What was wrong, if anything.</summary>
    public string? Error { get; init; }

    /// <summary>The cooldown that the script last named.</summary>
    public Cooldown? Cooldown { get; init; }

    /// <summary>Since when the script is broken; null where it works.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Whether the owner's phone has been told that it is broken, and so must be told when it works again.</summary>
    public bool FailureTold { get; init; }

    /// <summary>How often it has failed lately; null where it has not.</summary>
    public FailureHistory? Failures { get; init; }

    /// <summary>The last run that was asked for, from the chat, the dashboard or by hand. Apart from the rounds': it tells neither the cooldown nor the alerts anything.</summary>
    public LastRunOf? Requested { get; init; }

    /// <summary>The later one of the last round's run and the last that was asked for; null where it has never run.</summary>
    public LastRunOf? Latest =>
        LastRun is { } run && !(Requested?.At > run) ? new LastRunOf(run, LastOutcome, Error) : Requested;

    /// <summary>What was not as it should be in the last run that gave a result, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Unknown fields of the script's result that its owner's phone has been told of.</summary>
    public IReadOnlyList<string> ToldFields { get; init; } = [];

    /// <summary>Why the file could not be read, as a sentence; null where it was read or is not there.</summary>
    public string? Problem { get; init; }

    /// <summary>Members of the file that this version does not know: kept.</summary>
    private IReadOnlyList<JsonProperty> Others { get; init; } = [];

    /// <summary>Until when the cooldown holds notifications back; null where nothing is held back.</summary>
    /// <remarks>A last sending in the future means that the clock was set back; then nothing is held back, or the script would be silent for hours.</remarks>
    public DateTimeOffset? HeldUntil(Cooldown cooldown, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(cooldown);
        return LastSent is { } sent && sent <= now && cooldown.OverAt(sent) is var over && over > now ? over : null;
    }

    /// <summary>Reads a script's state. What can't be read counts as no state, and <see cref="Problem"/> says why.</summary>
    public static ScriptState Read(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var path = home.StateFile(script);
        try
        {
            return ReadBytes(path) is { } bytes ? Parse(bytes) : new ScriptState();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            return new ScriptState
            {
                Problem = $"{path} can't be read, so no cooldown counts: {SafeText.OneLine(e.Message, 200)}",
            };
        }
    }

    /// <summary>Writes the state in one step.</summary>
    /// <exception cref="FileNotWrittenException">It can't be written; the old one is whole.</exception>
    public void Write(ScriptHome home, ScriptName script)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(script);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartObject();
            WriteTime(writer, "last_sent", LastSent);
            WriteTime(writer, "last_run", LastRun);
            WriteText(writer, "last_outcome", LastOutcome is { } outcome ? OutcomeName(outcome) : null);
            WriteText(writer, "error", Error);
            WriteText(writer, "cooldown", Cooldown?.Text);
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
                WriteText(writer, "requested_outcome", requested.Outcome is { } ended ? OutcomeName(ended) : null);
                WriteText(writer, "requested_error", requested.Error);
            }

            WriteTexts(writer, "warnings", [.. Warnings.Take(MostTexts)]);
            WriteTexts(writer, "told_fields", [.. ToldFields.TakeLast(MostTexts)]);
            foreach (var other in Others)
            {
                other.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        AtomicFile.Replace(home.StateFile(script), buffer.WrittenSpan, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static byte[]? ReadBytes(string path)
    {
        var descriptor = LibC.Open(
            path,
            LibC.OpenReadOnly | LibC.OpenNoFollow | LibC.OpenNonBlocking | LibC.OpenCloseOnExec,
            0
        );
        if (descriptor < 0)
        {
            return Marshal.GetLastPInvokeError() == LibC.NoSuchFile ? null : throw new IOException(LibC.LastError());
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var status = FileStatus.Of(file);
        if (status.Kind != FileKind.Regular || status.Size > MaxSize)
        {
            throw new IOException("it is not a file of a reasonable size.");
        }

        var bytes = new byte[status.Size];
        return bytes[..RandomAccess.Read(file, bytes, 0)];
    }

    private static ScriptState Parse(byte[] bytes)
    {
        // Not disposed: the members that are kept live in it.
        var root = JsonDocument.Parse(bytes).RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("it is not a JSON object.");
        }

        return new ScriptState
        {
            LastSent = Time(root, "last_sent"),
            LastRun = Time(root, "last_run"),
            LastOutcome = Text(root, "last_outcome") is { } word ? OutcomeOf(word) : null,
            Error = Text(root, "error"),
            Cooldown = Text(root, "cooldown") is { } cooldown ? Cooldown.TryParse(cooldown) : null,
            FailingSince = Time(root, "failing_since"),
            FailureTold = root.TryGetProperty("failure_told", out var told) && told.ValueKind == JsonValueKind.True,
            Failures =
                root.TryGetProperty("failures", out var failures) && failures.ValueKind == JsonValueKind.Object
                    ? TryReadFailures(failures)
                    : null,
            Requested = Time(root, "requested_run") is { } at
                ? new LastRunOf(
                    at,
                    Text(root, "requested_outcome") is { } ended ? OutcomeOf(ended) : null,
                    Text(root, "requested_error")
                )
                : null,
            Warnings = Texts(root, "warnings"),
            ToldFields = Texts(root, "told_fields"),
            Others =
            [
                .. root.EnumerateObject()
                    .Where(member => !Known.Contains(member.Name, StringComparer.Ordinal))
                    .DistinctBy(member => member.Name, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>Counts that can't be read cost themselves, not the cooldown.</summary>
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

    private static int Count(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt32(out var count)
            ? Math.Max(0, count)
            : 0;

    private static DateTimeOffset? Time(JsonElement root, string name)
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

    private static string? Text(JsonElement root, string name) =>
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
            writer.WriteStringValue(SafeText.OneLine(text, LongestText));
        }

        writer.WriteEndArray();
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } set)
        {
            writer.WriteNumber(name, set.ToUnixTimeMilliseconds() / 1000m);
        }
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private static string OutcomeName(ScriptOutcome outcome) =>
        JsonSerializer.Serialize(outcome, ScriptsJson.Default.ScriptOutcome).Trim('"');

    private static ScriptOutcome? OutcomeOf(string word)
    {
        try
        {
            return JsonSerializer.Deserialize($"\"{word}\"", ScriptsJson.Default.ScriptOutcome);
        }
        catch (JsonException)
        {
            // A word of a later version: no outcome is better than no cooldown.
            return null;
        }
    }
}
