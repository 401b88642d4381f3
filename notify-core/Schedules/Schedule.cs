namespace Notify.Schedules;

/// <summary>When rounds run a script.</summary>
public abstract record Schedule
{
    /// <summary>A time that is done with and further ahead than this comes from a clock that was wrong.</summary>
    private static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(2);

    private Schedule() { }

    /// <summary>Each round runs it. The schedule of a script that has none.</summary>
    public sealed record EachRound : Schedule;

    /// <summary>At most this often, counted from the start of the last run. The interval may end early, as a cooldown may.</summary>
    public sealed record Every(Interval Interval) : Schedule;

    /// <summary>At certain times.</summary>
    /// <param name="Times">The times.</param>
    /// <param name="Text">The lines without <c>at</c>, in one form and with <c>; </c> between them, such as <c>weekdays 09:00; sat 10:00</c>.</param>
    public sealed record At(DueTimes Times, string Text) : Schedule;

    /// <summary>No round runs it, only a request.</summary>
    public sealed record Manual : Schedule;

    /// <summary>Whether a round runs the script now.</summary>
    /// <param name="lastStart">Start of the last run by a round; null if there was none.</param>
    /// <param name="dealtWith">The <see cref="Decision.DealtWith"/> that was last kept; null for a new script.</param>
    /// <param name="now">The time.</param>
    /// <param name="zone">The clock of the times, and of intervals of days.</param>
    /// <param name="roundsEvery">The usual distance of rounds; null if it is not known.</param>
    public Decision Decide(
        DateTimeOffset? lastStart,
        DealtWith? dealtWith,
        DateTimeOffset now,
        TimeZoneInfo zone,
        TimeSpan? roundsEvery = null
    )
    {
        ArgumentNullException.ThrowIfNull(zone);
        return this switch
        {
            EachRound => new Decision.Run(null, TimeSpan.Zero),
            Every { Interval: var interval } => lastStart is { } last
            && interval.HeldUntil(last, now, zone.GetUtcOffset) is { } next
                ? new Decision.NotDue(next)
                : new Decision.Run(null, TimeSpan.Zero),
            At { Times: var times } => Decide(times, dealtWith, now, zone, roundsEvery),
            _ => new Decision.NotDue(null),
        };
    }

    private static Decision Decide(
        DueTimes times,
        DealtWith? dealtWith,
        DateTimeOffset now,
        TimeZoneInfo zone,
        TimeSpan? roundsEvery
    )
    {
        if (dealtWith is not { Due: var last, PassedOver: var passedOver, Ran: var ran } || last - now > MaxAhead)
        {
            // A new script begins with its next time. So does one whose last time is ahead. Either clock may be the wrong one.
            ran = dealtWith is null || dealtWith.Ran > dealtWith.Due ? dealtWith?.Ran : dealtWith.Due;
            return new Decision.NotDue(Next(now)) { DealtWith = new DealtWith(now, PassedOver: false) { Ran = ran } };
        }

        if (last >= now || times.Newest(last, now, zone) is not { } due)
        {
            return new Decision.NotDue(Next(last > now ? last : now));
        }

        if (due == ran)
        {
            return new Decision.NotDue(Next(now)) { DealtWith = new DealtWith(due, PassedOver: false) };
        }

        var late = now - due;
        var done = new DealtWith(due, PassedOver: false) { Ran = ran > due ? ran : null };
        return
            late >= Decision.LateFrom
            && !passedOver
            && Next(now) is { } next
            && next - now < (next - due) / 10
            && !(roundsEvery > next - now)
            ? new Decision.PassedOver(due, late, next) { DealtWith = done with { PassedOver = true } }
            : new Decision.Run(due, late) { DealtWith = done };

        DateTimeOffset? Next(DateTimeOffset after) =>
            times.Next(after, zone) is var next && next is { } known && known == ran ? times.Next(known, zone) : next;
    }
}

/// <summary>The last time of an <c>at</c> schedule that rounds are done with. A script's state keeps it.</summary>
/// <param name="Due">The time; for a new script, when a round first saw it.</param>
/// <param name="PassedOver">Whether it was passed over. Two in a row never are, so a script can't starve.</param>
public sealed record DealtWith(DateTimeOffset Due, bool PassedOver)
{
    /// <summary>A later time that has run, from before the clock was set back. It does not run again. Null without one.</summary>
    public DateTimeOffset? Ran { get; init; }
}

/// <summary>What a round does with a script.</summary>
public abstract record Decision
{
    /// <summary>From when on a time is late: a round starts some seconds after its minute.</summary>
    internal static readonly TimeSpan LateFrom = TimeSpan.FromMinutes(1);

    private Decision() { }

    /// <summary>What the script's state has to keep from now on; null to leave it as it is. Keep it before the run, or a killed round runs the time again.</summary>
    public DealtWith? DealtWith { get; init; }

    /// <summary>Run it.</summary>
    /// <param name="Due">The time of an <c>at</c> schedule; the newest, if several were missed.</param>
    /// <param name="Late">How long ago that is; zero without a time.</param>
    public sealed record Run(DateTimeOffset? Due, TimeSpan Late) : Decision
    {
        /// <summary>Whether it is so late that people are told.</summary>
        public bool IsCaughtUp => Late >= LateFrom;
    }

    /// <summary>Don't run it: it missed its time, and the next one is near. A round comes before that.</summary>
    /// <param name="Due">The missed time.</param>
    /// <param name="Late">How long ago that is.</param>
    /// <param name="Next">The next time, nearer than a tenth of the time between the two.</param>
    public sealed record PassedOver(DateTimeOffset Due, TimeSpan Late, DateTimeOffset Next) : Decision;

    /// <summary>Don't run it.</summary>
    /// <param name="Next">When it is due; null if never.</param>
    public sealed record NotDue(DateTimeOffset? Next) : Decision;
}
