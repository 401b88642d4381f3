using Notify.Linking;

namespace Notify.Bot.Rounds;

/// <summary>A posted round.</summary>
/// <param name="Started">When it began.</param>
/// <param name="Took">How long it took; null while it still runs.</param>
/// <param name="Every">The usual distance of rounds; null if it is not known yet.</param>
/// <param name="Next">When cron calls the runner again; null if that is not known.</param>
internal sealed record PostedRound(DateTimeOffset Started, TimeSpan? Took, TimeSpan? Every, DateTimeOffset? Next)
{
    /// <summary>The scripts of the folder; empty while the round still runs.</summary>
    public IReadOnlyList<PostedScript> Scripts { get; init; } = [];

    /// <summary>The longest round.</summary>
    internal static readonly TimeSpan MaxTook = TimeSpan.FromDays(7);

    /// <summary>Rounds of a monthly crontab line, at most.</summary>
    internal static readonly TimeSpan MaxEvery = TimeSpan.FromDays(31);

    /// <summary>Largest distance of its start from now: the longest round, and a day in which it waits for the bot.</summary>
    internal static readonly TimeSpan MaxAway = MaxTook + TimeSpan.FromDays(1);

    /// <summary>Largest distance of the next round from its start: a yearly crontab line, and a month.</summary>
    internal static readonly TimeSpan MaxPause = TimeSpan.FromDays(400);
}

/// <summary>A script of a posted round.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Fails">Whether it failed; null if it did not run.</param>
internal sealed record PostedScript(string Name, bool? Fails);

/// <summary>The rounds of one user.</summary>
internal sealed record UserRounds
{
    /// <summary>Most failing scripts that are kept, so one user's names don't fill the file of all.</summary>
    internal const int MaxFailing = 50;

    /// <summary>Their names' largest total length.</summary>
    internal const int MaxFailingLength = 2_000;

    /// <summary>The shortest silence that counts as a stop.</summary>
    internal static readonly TimeSpan LeastSilence = TimeSpan.FromMinutes(10);

    /// <summary>So many rounds in a row may be missing.</summary>
    private const int MayBeMissing = 3;

    /// <summary>A round may run so long. A round that hangs for longer counts as silence.</summary>
    internal static readonly TimeSpan MaxRoundDuration = TimeSpan.FromHours(2);

    /// <summary>The account. The rounds of an earlier account of the same name are not its own.</summary>
    public required AccountId Account { get; init; }

    /// <summary>Whether the user wants no messages about rounds.</summary>
    public bool IsOff { get; init; }

    /// <summary>When the last round began; null without one.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>The usual distance of rounds; null if it is not known yet.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>When cron calls the runner again; null if that is not known.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>The longest round of the last days.</summary>
    public Longest Took { get; init; } = Longest.None;

    /// <summary>The longest pause between two calls by cron in the last days, as rounds announced it.</summary>
    public Longest Pause { get; init; } = Longest.None;

    /// <summary>Since when silence counts, by the <see cref="WatchClock"/>.</summary>
    public TimeSpan Heard { get; init; }

    /// <summary>The number of scripts of the last round.</summary>
    public int Scripts { get; init; }

    /// <summary>The failing ones.</summary>
    public IReadOnlyList<string> Failing { get; init; } = [];

    /// <summary>The stop that the user was told about; null if there is none.</summary>
    public RoundStop? Stop { get; init; }

    /// <summary>The first round after a stop, while its message is not stored yet.</summary>
    public DateTimeOffset? Back { get; init; }

    /// <summary>The silence after which rounds count as stopped; null without rounds.</summary>
    internal TimeSpan? Limit =>
        Every is { } every
            ? Max(MayBeMissing * every, LeastSilence) + (Took.Span < MaxRoundDuration ? Took.Span : MaxRoundDuration)
            : null;

    /// <summary>Whether rounds have stopped.</summary>
    /// <param name="counted">The <see cref="WatchClock"/>.</param>
    internal bool IsOverdue(TimeSpan counted) => Limit is { } limit && counted - Heard > limit;

    /// <summary>After a round.</summary>
    /// <param name="round">The round.</param>
    /// <param name="now">The time of day.</param>
    /// <param name="counted">The <see cref="WatchClock"/>.</param>
    internal UserRounds After(PostedRound round, DateTimeOffset now, TimeSpan counted)
    {
        if (round.Took is null && now - round.Started > MaxRoundDuration)
        {
            return this;
        }

        // A clock that was set back in between must not put the round into the future.
        var started = round.Started < now ? round.Started : now;
        return this with
        {
            Last = started,
            Every = round.Every ?? Every,
            Next = round.Next,
            Took = Took.With(round.Took ?? TimeSpan.Zero, now),
            Pause = Pause.With(Max(round.Next - started ?? TimeSpan.Zero, TimeSpan.Zero), now),
            Heard = counted,
            Back = Stop is null ? null : Back ?? started,
            Scripts = round.Took is null ? Scripts : round.Scripts.Count,
            Failing = round.Took is null ? Failing : StillFailing(round.Scripts),
        };
    }

    /// <summary>A script that did not run fails if it failed before.</summary>
    private IReadOnlyList<string> StillFailing(IReadOnlyList<PostedScript> scripts) =>
        Bounded(
            scripts
                .Where(script => script.Fails ?? Failing.Contains(script.Name, StringComparer.Ordinal))
                .Select(script => script.Name)
        );

    /// <summary>The first names that are kept.</summary>
    internal static IReadOnlyList<string> Bounded(IEnumerable<string> names)
    {
        var length = 0;
        return [.. names.Take(MaxFailing).TakeWhile(name => (length += name.Length) <= MaxFailingLength)];
    }

    /// <summary>After an absence of the bot or the machine. It may hide a call by cron; then the next one comes within the longest pause.</summary>
    /// <param name="since">The beginning of the absence.</param>
    /// <param name="now">Its end.</param>
    internal UserRounds AfterAbsence(DateTimeOffset since, DateTimeOffset now) =>
        Next > since && Next <= now
            ? this with
            {
                // Whatever is stored: a moment beyond the calendar must not end the watch of all users.
                Next = DateTimeOffset.MaxValue - now > Pause.Span ? now + Pause.Span : DateTimeOffset.MaxValue,
            }
            : this;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

/// <summary>The longest span of the last days.</summary>
/// <param name="Span">How long.</param>
/// <param name="At">When it was seen.</param>
internal sealed record Longest(TimeSpan Span, DateTimeOffset At)
{
    internal static readonly Longest None = new(TimeSpan.Zero, DateTimeOffset.MinValue);

    /// <summary>Over a week: what is long is so on one day of it.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(8);

    internal Longest With(TimeSpan span, DateTimeOffset now) =>
        span >= Span || (now - At).Duration() > Kept ? new Longest(span, now) : this;
}

/// <summary>Rounds have stopped, and the user was told.</summary>
/// <param name="Last">When the last round before it began.</param>
/// <param name="Found">When the bot found it, by the <see cref="WatchClock"/>.</param>
internal sealed record RoundStop(DateTimeOffset Last, TimeSpan Found);

/// <summary>Many users stopped together.</summary>
/// <param name="Found">When there were enough of them, by the <see cref="WatchClock"/>.</param>
/// <param name="Told">How many the operators were told of; null before that.</param>
internal sealed record ManyStopped(TimeSpan Found, int? Told);
