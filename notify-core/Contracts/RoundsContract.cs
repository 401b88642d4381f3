using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>The fields of <c>POST /rounds</c>, and their limits (docs/send-api.md).</summary>
public static class RoundField
{
    /// <summary>The user; only the caller's own name is accepted.</summary>
    public const string User = "user";

    /// <summary>When the round began.</summary>
    public const string Started = "started";

    /// <summary>How long it took, in milliseconds.</summary>
    public const string TookMs = "took_ms";

    /// <summary>The usual distance of rounds, in seconds.</summary>
    public const string EveryS = "every_s";

    /// <summary>When cron calls the runner again.</summary>
    public const string NextRound = "next_round";

    /// <summary>The scripts of the round.</summary>
    public const string Scripts = "scripts";

    /// <summary>A script's file name.</summary>
    public const string Name = "name";

    /// <summary>A script's outcome.</summary>
    public const string Outcome = "outcome";

    /// <summary>When a script is due again.</summary>
    public const string NextDue = "next_due";

    /// <summary>Most scripts of one round.</summary>
    public const int MaxScripts = 500;

    /// <summary>Longest body in bytes.</summary>
    public const int MaxBody = 256_000;
}

/// <summary>The body of <c>POST /rounds</c>: a round of the caller's scripts.</summary>
public sealed record RoundCall
{
    /// <summary>When the round began.</summary>
    [JsonPropertyName(RoundField.Started)]
    public required DateTimeOffset Started { get; init; }

    /// <summary>How long it took, in milliseconds; null while it still runs. A long round posts now and then, so the bot does not miss it.</summary>
    [JsonPropertyName(RoundField.TookMs)]
    public long? TookMs { get; init; }

    /// <summary>The median distance of the caller's last rounds, in seconds; null before the second round.</summary>
    [JsonPropertyName(RoundField.EveryS)]
    public long? EveryS { get; init; }

    /// <summary>When cron calls the runner again; null if that is not known. Silence before that moment does not count.</summary>
    [JsonPropertyName(RoundField.NextRound)]
    public DateTimeOffset? NextRound { get; init; }

    /// <summary>The scripts of the folder; null for none.</summary>
    [JsonPropertyName(RoundField.Scripts)]
    public IReadOnlyList<RoundScript>? Scripts { get; init; }
}

/// <summary>A script in a round.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Outcome">A word of <see cref="ScriptOutcome"/>, or of a later version; null if it did not run.</param>
/// <param name="NextDue">When it is due again; null if it runs in every round, or on request only.</param>
public sealed record RoundScript(
    [property: JsonPropertyName(RoundField.Name)] string Name,
    [property: JsonPropertyName(RoundField.Outcome)] string? Outcome = null,
    [property: JsonPropertyName(RoundField.NextDue)] DateTimeOffset? NextDue = null
);

/// <summary>The answer to <c>POST /rounds</c> and <c>DELETE /rounds</c>.</summary>
/// <param name="Ok">Always true.</param>
/// <param name="Linked">Whether the caller has a linked chat that takes messages.</param>
/// <param name="Watched">Whether the bot tells the caller if rounds stop.</param>
public sealed record RoundAnswer(bool Ok, bool Linked, bool Watched);

/// <summary>JSON of the rounds.</summary>
[JsonSerializable(typeof(RoundCall))]
[JsonSerializable(typeof(RoundAnswer))]
public sealed partial class RoundsContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static RoundsContract Json { get; } = new(WireJson.NewOptions());
}
