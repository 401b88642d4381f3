using System.Text.Json;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>A script's incident, as its state keeps it from the first firing until the bot knows that it is over for good.</summary>
/// <param name="Since">When it began to fire.</param>
public sealed record ScriptIncident(DateTimeOffset Since)
{
    private const int MaxTextLength = 200;

    private static readonly string[] Known =
    [
        "since",
        "content_hash",
        "cooldown",
        "told_at",
        "told_run",
        "quiet",
        "over",
        "asked",
        "key",
    ];

    /// <summary>The hash of the content that the bot shows; null if that is not known, or if it was told the end.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The script's cooldown when it last fired.</summary>
    public Cooldown? Cooldown { get; init; }

    /// <summary>When the bot last told its user: the first message or a reminder. Null if it said nothing, as during a mute.</summary>
    public DateTimeOffset? ToldAt { get; init; }

    /// <summary>The start of the run that <see cref="ToldAt"/> belongs to. Reminders are counted from it, because runs take different times.</summary>
    public DateTimeOffset? ToldRun { get; init; }

    /// <summary>How many runs in a row had no alert.</summary>
    public int QuietRuns { get; init; }

    /// <summary>Whether the bot took its end. It may still have to be confirmed.</summary>
    public bool IsOver { get; init; }

    /// <summary>What the bot was asked without an answer; null if it has answered. It may have done it.</summary>
    public string? Asked { get; init; }

    /// <summary>The key of that call.</summary>
    public string? AskedKey { get; init; }

    /// <summary>Unknown members, which are kept.</summary>
    private IReadOnlyList<JsonProperty> Others { get; init; } = [];

    internal void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject("incident");
        ScriptState.WriteTime(writer, "since", Since);
        ScriptState.WriteText(writer, "content_hash", ContentHash);
        ScriptState.WriteText(writer, "cooldown", Cooldown?.Text);
        ScriptState.WriteTime(writer, "told_at", ToldAt);
        ScriptState.WriteTime(writer, "told_run", ToldRun);
        if (QuietRuns > 0)
        {
            writer.WriteNumber("quiet", QuietRuns);
        }

        if (IsOver)
        {
            writer.WriteBoolean("over", true);
        }

        ScriptState.WriteText(writer, "asked", Asked);
        ScriptState.WriteText(writer, "key", AskedKey);
        foreach (var other in Others)
        {
            other.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads it. A member that can't be read counts as not known: then the bot is asked again, and nothing is lost.</summary>
    /// <param name="state">The whole state.</param>
    /// <param name="lastRun">The last run, for an incident without a beginning.</param>
    internal static ScriptIncident? Read(JsonElement state, DateTimeOffset? lastRun)
    {
        if (!state.TryGetProperty("incident", out var root) || root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return new ScriptIncident(TimeOrNull(root, "since") ?? lastRun ?? DateTimeOffset.UnixEpoch)
        {
            ContentHash = Text(root, "content_hash"),
            Cooldown = Text(root, "cooldown") is { } cooldown ? Cooldown.TryParse(cooldown) : null,
            ToldAt = TimeOrNull(root, "told_at"),
            ToldRun = TimeOrNull(root, "told_run"),
            QuietRuns = ScriptState.Count(root, "quiet"),
            IsOver = ScriptState.IsTrue(root, "over"),
            Asked = Text(root, "asked"),
            AskedKey = Text(root, "key"),
            Others =
            [
                .. root.EnumerateObject()
                    .Where(member => !Known.Contains(member.Name, StringComparer.Ordinal))
                    .DistinctBy(member => member.Name, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>Somebody may have edited the file; a text of ours is short.</summary>
    private static string? Text(JsonElement root, string name) =>
        ScriptState.Text(root, name) is { Length: > 0 and <= MaxTextLength } text && SafeText.Line(text) == text
            ? text
            : null;

    private static DateTimeOffset? TimeOrNull(JsonElement root, string name)
    {
        try
        {
            return ScriptState.Time(root, name);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
