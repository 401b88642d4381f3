using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Contracts;
using Notify.Text;

namespace Notify.Runs;

/// <summary>How a run ended, with its word in the history: those of <see cref="ScriptOutcome"/>, and the limits that stop a run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordedOutcome>))]
public enum RecordedOutcome
{
    /// <summary><see cref="ScriptOutcome.Delivered"/>.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary><see cref="ScriptOutcome.Queued"/>.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary><see cref="ScriptOutcome.NoAlert"/>.</summary>
    [JsonStringEnumMemberName("no_alert")]
    NoAlert,

    /// <summary><see cref="ScriptOutcome.HeldByCooldown"/>.</summary>
    [JsonStringEnumMemberName("held_by_cooldown")]
    HeldByCooldown,

    /// <summary><see cref="ScriptOutcome.NotSent"/>.</summary>
    [JsonStringEnumMemberName("not_sent")]
    NotSent,

    /// <summary><see cref="ScriptOutcome.Muted"/>.</summary>
    [JsonStringEnumMemberName("muted")]
    Muted,

    /// <summary><see cref="ScriptOutcome.HandedOver"/>.</summary>
    [JsonStringEnumMemberName("handed_over")]
    HandedOver,

    /// <summary><see cref="ScriptOutcome.NotNoted"/>.</summary>
    [JsonStringEnumMemberName("not_noted")]
    NotNoted,

    /// <summary><see cref="ScriptOutcome.Error"/>, other than the two below.</summary>
    [JsonStringEnumMemberName("error")]
    Error,

    /// <summary>It reached its time limit and was stopped.</summary>
    [JsonStringEnumMemberName("timeout")]
    TimedOut,

    /// <summary>It exceeded its memory limit and was stopped.</summary>
    [JsonStringEnumMemberName("memory")]
    OutOfMemory,
}

/// <summary>The words of <see cref="RecordedOutcome"/>.</summary>
public static class RecordedOutcomes
{
    private static readonly WireWords<RecordedOutcome> Words = new();

    /// <summary>The word in files and answers, such as <c>no_alert</c>.</summary>
    public static string Word(this RecordedOutcome outcome) => Words[outcome];

    /// <summary>The outcome of a word; null for a word of another version.</summary>
    public static RecordedOutcome? Find(string? word) => Words.Find(word);

    /// <summary>The outcome of a run.</summary>
    /// <param name="outcome">How it ended for its state.</param>
    /// <param name="failure">Why it gave no result, if so.</param>
    public static RecordedOutcome Of(ScriptOutcome outcome, ScriptFailure? failure = null) =>
        (outcome, failure) switch
        {
            (ScriptOutcome.Error, ScriptFailure.TimedOut) => RecordedOutcome.TimedOut,
            (ScriptOutcome.Error, ScriptFailure.OutOfMemory) => RecordedOutcome.OutOfMemory,
            _ => Words.Find(outcome.Word())!.Value,
        };
}

/// <summary>A run of a script, as its history keeps it: one line of JSON, with times in UTC and whole seconds.</summary>
public sealed record RunRecord
{
    /// <summary>Most lines of <see cref="Stderr"/>.</summary>
    public const int MaxErrorLines = 15;

    /// <summary>Most bytes of <see cref="Stderr"/> and of <see cref="Error"/>.</summary>
    public const int MaxTextBytes = 2000;

    private const int MaxIdLength = 100;

    /// <summary>Ten years. More is no length of a run.</summary>
    private const long MaxMilliseconds = 10L * 366 * 24 * 3600 * 1000;

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it ran, in milliseconds.</summary>
    public required long TookMs { get; init; }

    /// <summary>Who or what started it; null for a word of another version.</summary>
    [JsonConverter(typeof(TriggerConverter))]
    public RunTrigger? Trigger { get; init; }

    /// <summary>The time of its schedule that it ran for.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>How many seconds after that it began.</summary>
    public long? LateS { get; init; }

    /// <summary>How it ended; null for a word of another version.</summary>
    [JsonConverter(typeof(OutcomeConverter))]
    public RecordedOutcome? Outcome { get; init; }

    /// <summary>Its exit status; null if a signal ended it, or it never ran.</summary>
    public int? Exit { get; init; }

    /// <summary>What was wrong, in a sentence.</summary>
    public string? Error { get; init; }

    /// <summary>The last lines of its stderr.</summary>
    public string? Stderr { get; init; }

    /// <summary>The most memory seen, in MiB.</summary>
    public long? PeakMb { get; init; }

    /// <summary>The id of its notification.</summary>
    public string? Notification { get; init; }

    /// <summary>Whether something went wrong: the script failed, or its notification was not sent.</summary>
    [JsonIgnore]
    public bool IsFailed =>
        Outcome switch
        {
            RecordedOutcome.Error
            or RecordedOutcome.TimedOut
            or RecordedOutcome.OutOfMemory
            or RecordedOutcome.NotSent => true,
            null => Error is not null,
            _ => false,
        };

    /// <summary>The same with texts that are within their bounds and safe to show.</summary>
    internal RunRecord Bounded() =>
        this with
        {
            Error = Error is null ? null : Start(SafeText.Lines(Error)),
            Stderr = Stderr is null ? null : End(SafeText.Lines(Stderr).TrimEnd()),
            Notification = Notification is null ? null : SafeText.Line(Notification, MaxIdLength),
            TookMs = Math.Clamp(TookMs, 0, MaxMilliseconds),
            LateS = LateS is { } late ? Math.Clamp(late, 0, MaxMilliseconds / 1000) : null,
        };

    private static string Start(string text)
    {
        var (bytes, length) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxTextBytes)
            {
                return text[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return text;
    }

    private static string End(string text)
    {
        var start = text.Length;
        for (var (bytes, lines) = (0, 1); start > 0; )
        {
            _ = Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var rune, out var length);
            bytes += rune.Utf8SequenceLength;
            lines += text[start - 1] == '\n' ? 1 : 0;
            if (bytes > MaxTextBytes || lines > MaxErrorLines)
            {
                break;
            }

            start -= length;
        }

        return text[start..];
    }

    /// <summary>Reads a word of a later version as null, so that its record is not lost.</summary>
    internal abstract class WordConverter<TEnum>(Func<string?, TEnum?> find, Func<TEnum, string> word)
        : JsonConverter<TEnum?>
        where TEnum : struct, Enum
    {
        public override TEnum? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? find(reader.GetString()) : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, TEnum? value, JsonSerializerOptions options)
        {
            if (value is { } known)
            {
                writer.WriteStringValue(word(known));
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }

    internal sealed class TriggerConverter() : WordConverter<RunTrigger>(RunTriggers.Find, RunTriggers.Word);

    internal sealed class OutcomeConverter()
        : WordConverter<RecordedOutcome>(RecordedOutcomes.Find, RecordedOutcomes.Word);
}

/// <summary><c>GET /scripts/NAME/runs</c>: the runs of a script.</summary>
/// <param name="Runs">The newest first.</param>
public sealed record RunsAnswer(IReadOnlyList<RunRecord> Runs);

/// <summary>JSON of the history of runs.</summary>
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(IReadOnlyList<RunRecord>))]
[JsonSerializable(typeof(RunsAnswer))]
public sealed partial class RunsContract : JsonSerializerContext
{
    /// <summary>As it is in the files and on the wire.</summary>
    public static RunsContract Json { get; } = new(WireJson.NewOptions());
}
