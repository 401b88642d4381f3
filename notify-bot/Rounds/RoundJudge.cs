namespace Notify.Bot.Rounds;

/// <summary>A message that is due.</summary>
internal abstract record RoundNotice
{
    private RoundNotice() { }

    /// <summary>A user's rounds have stopped.</summary>
    public sealed record Stopped(UserName User, UserRounds Rounds) : RoundNotice;

    /// <summary>A user's rounds are back.</summary>
    public sealed record Back(UserName User, UserRounds Rounds) : RoundNotice;
}

/// <summary>A message to the operators that is due.</summary>
internal abstract record ManyNotice
{
    private ManyNotice() { }

    /// <summary>Many users stopped together.</summary>
    /// <param name="Users">The users.</param>
    /// <param name="Watched">How many are watched in all.</param>
    /// <param name="Since">The newest round of them.</param>
    public sealed record Stopped(IReadOnlyList<UserName> Users, int Watched, DateTimeOffset Since) : ManyNotice;

    /// <summary>They are back.</summary>
    /// <param name="Count">How many had stopped.</param>
    /// <param name="Left">The users who are not back.</param>
    public sealed record Back(int Count, IReadOnlyList<UserName> Left) : ManyNotice;
}

/// <summary>Decides which messages about rounds are due. Knows no clock and sends nothing.</summary>
internal static class RoundJudge
{
    /// <summary>Users who stop within this time stop together. It covers what the limits of usual crontabs differ by.</summary>
    internal static readonly TimeSpan Together = TimeSpan.FromMinutes(30);

    /// <summary>How long others may follow before the operators hear of it, so their one message counts all. A crontab of each minute is noticed 5 minutes before one of every 5.</summary>
    internal static readonly TimeSpan Gather = TimeSpan.FromMinutes(6);

    /// <summary>After this time the operators hear no more of it, and the next stop of many is a new one.</summary>
    private static readonly TimeSpan GivenUp = TimeSpan.FromDays(7);

    /// <summary>From here on many users stopped, however many are watched.</summary>
    private const int Many = 11;

    /// <summary>Fewer are never many.</summary>
    private const int LeastMany = 3;

    /// <summary>The message to a watched user; null if none is due.</summary>
    /// <param name="user">The user.</param>
    /// <param name="rounds">The user's rounds.</param>
    /// <param name="counted">The <see cref="WatchClock"/>.</param>
    internal static RoundNotice? Notice(UserName user, UserRounds rounds, TimeSpan counted) =>
        rounds switch
        {
            { Back: not null } => new RoundNotice.Back(user, rounds),
            { Stop: null } when rounds.IsOverdue(counted) => new RoundNotice.Stopped(user, rounds),
            _ => null,
        };

    /// <summary>Whether many stopped together, and the message to the operators if one is due.</summary>
    /// <param name="watched">The watched users with rounds.</param>
    /// <param name="counted">The <see cref="WatchClock"/>.</param>
    /// <param name="many">The state so far.</param>
    /// <returns>The next state. With a message it holds from when the message is stored.</returns>
    internal static (ManyStopped? Next, ManyNotice? Notice) LookAtAll(
        IReadOnlyCollection<KeyValuePair<UserName, UserRounds>> watched,
        TimeSpan counted,
        ManyStopped? many
    )
    {
        var around = many?.Found ?? counted;
        var stopped = watched
            .Where(user => user.Value is { Stop: { } stop, Back: null } && (stop.Found - around).Duration() <= Together)
            .ToList();
        switch (many)
        {
            case null:
                var areMany =
                    stopped.Count >= Many || (stopped.Count >= LeastMany && 3 * stopped.Count >= watched.Count);
                return (areMany ? new ManyStopped(counted, null) : null, null);
            case { Told: null }:
                return counted - many.Found < Gather ? (many, null)
                    : stopped.Count < LeastMany ? (null, null)
                    : (
                        many with
                        {
                            Told = stopped.Count,
                        },
                        new ManyNotice.Stopped(
                            [.. stopped.Select(user => user.Key)],
                            watched.Count,
                            stopped.Max(user => user.Value.Stop!.Last)
                        )
                    );
            case { Told: { } told }:
                return stopped.Count < LeastMany && 3 * stopped.Count <= told
                        ? (null, new ManyNotice.Back(told, [.. stopped.Select(user => user.Key)]))
                    : counted - many.Found > GivenUp ? (null, null)
                    : (many, null);
        }
    }
}
