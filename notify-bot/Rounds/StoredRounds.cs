using System.Text.Json.Serialization;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Rounds;

/// <summary>The content of <c>private/rounds.json</c>.</summary>
/// <param name="CountedS">The watch clock, in seconds.</param>
/// <param name="At">The time of day at that moment.</param>
/// <param name="Users">By name.</param>
/// <param name="Many">Whether many stopped together.</param>
internal sealed record StoredRounds(
    double CountedS,
    DateTimeOffset? At,
    Dictionary<string, StoredUser?>? Users,
    StoredMany? Many
)
{
    /// <summary>A stored span, cut to what it may be: an earlier version took and stored any.</summary>
    internal static TimeSpan Span(double seconds, TimeSpan most) =>
        seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, most.TotalSeconds)) : TimeSpan.Zero;
}

internal sealed record StoredLongest(double S, DateTimeOffset At)
{
    internal static StoredLongest Of(Longest longest) => new(longest.Span.TotalSeconds, longest.At);

    internal Longest ToLongest(TimeSpan most) => new(StoredRounds.Span(S, most), At);
}

internal sealed record StoredMany(double FoundS, int? Told);

internal sealed record StoredStop(DateTimeOffset Last, double FoundS);

internal sealed record StoredUser
{
    public uint? Uid { get; init; }

    public bool Off { get; init; }

    public DateTimeOffset? Last { get; init; }

    public double? EveryS { get; init; }

    public DateTimeOffset? Next { get; init; }

    public StoredLongest? Took { get; init; }

    public StoredLongest? Pause { get; init; }

    public double HeardS { get; init; }

    public int? Scripts { get; init; }

    public IReadOnlyList<string?>? Failing { get; init; }

    public StoredStop? Stop { get; init; }

    public DateTimeOffset? Back { get; init; }

    internal static StoredUser Of(UserRounds rounds) =>
        new()
        {
            Uid = rounds.Account.Uid,
            Off = rounds.IsOff,
            Last = rounds.Last,
            EveryS = rounds.Every?.TotalSeconds,
            Next = rounds.Next,
            Took = StoredLongest.Of(rounds.Took),
            Pause = StoredLongest.Of(rounds.Pause),
            HeardS = rounds.Heard.TotalSeconds,
            Scripts = rounds.Scripts,
            Failing = rounds.Failing.Count > 0 ? rounds.Failing : null,
            Stop = rounds.Stop is { } stop ? new StoredStop(stop.Last, stop.Found.TotalSeconds) : null,
            Back = rounds.Back,
        };

    /// <summary>The rounds. What no round may say is cut to what it may.</summary>
    /// <param name="counted">The stored <see cref="WatchClock"/>.</param>
    /// <param name="now">The time of day.</param>
    internal UserRounds ToRounds(TimeSpan counted, DateTimeOffset now) =>
        new()
        {
            Account = new AccountId(Uid),
            IsOff = Off,
            Last = Last,
            Every = EveryS is { } every ? StoredRounds.Span(every, PostedRound.MaxEvery) : null,
            Next = Next - now <= PostedRound.MaxAway + PostedRound.MaxPause ? Next : null,
            Took = Took?.ToLongest(PostedRound.MaxTook) ?? Longest.None,
            Pause = Pause?.ToLongest(PostedRound.MaxPause) ?? Longest.None,
            Heard = StoredRounds.Span(HeardS, counted),
            Scripts = Math.Clamp(Scripts ?? 0, 0, RoundField.MaxScripts),
            Failing = UserRounds.Bounded(
                (Failing ?? []).OfType<string>().Where(name => ScriptName.TryParse(name, out _))
            ),
            Stop = Stop is { } stop ? new RoundStop(stop.Last, StoredRounds.Span(stop.FoundS, counted)) : null,
            Back = Back,
        };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(StoredRounds))]
internal sealed partial class RoundStoreJson : JsonSerializerContext;
