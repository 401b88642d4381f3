namespace Notify.Scripts;

/// <summary>What the owner of a script is to be told about its failing.</summary>
public enum FailureNews
{
    /// <summary>Nothing new.</summary>
    None,

    /// <summary>It is failing.</summary>
    Failing,

    /// <summary>It fails now and then; how often stands in the counts.</summary>
    NowAndThen,

    /// <summary>It works again.</summary>
    WorksAgain,
}

/// <summary>
/// How often a script has failed lately, and what its owner was told about it: a script that fails every other round must not fill a phone,
/// and must not fall silent.
/// </summary>
/// <remarks>
/// Within any 24 hours there are at most four notices. The fourth says that the script fails now and then. After that there is one
/// notice a day, until the script has worked for a whole day, or fails in each round and so is simply failing.
/// </remarks>
public sealed record FailureHistory
{
    private const int MostNoticesInADay = 4;

    /// <summary>So many failures in a row are no longer <em>now and then</em>.</summary>
    private const int FailingForGood = 4;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Since when runs are counted: the start of the first that failed.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Runs since then.</summary>
    public int Runs { get; init; }

    /// <summary>Those of them that failed.</summary>
    public int Failed { get; init; }

    /// <summary>How many runs have failed one after the other up to the last; 0 where the last worked.</summary>
    public int FailedInARow { get; init; }

    /// <summary>Start of the last run that failed.</summary>
    public required DateTimeOffset LastFailed { get; init; }

    /// <summary>When the owner was told of something, within a day before the last notice.</summary>
    public IReadOnlyList<DateTimeOffset> Notices { get; init; } = [];

    /// <summary>Whether the owner was told that it fails now and then.</summary>
    public bool IsNowAndThen { get; init; }

    /// <summary>The history with one more run; null where there is nothing to remember. A clock that was set back begins a new one.</summary>
    public static FailureHistory? After(FailureHistory? before, bool failed, DateTimeOffset start)
    {
        if (before is null || before.Since > start)
        {
            return failed
                ? new FailureHistory
                {
                    Since = start,
                    Runs = 1,
                    Failed = 1,
                    FailedInARow = 1,
                    LastFailed = start,
                }
                : null;
        }

        return before with
        {
            Runs = before.Runs + 1,
            Failed = before.Failed + (failed ? 1 : 0),
            FailedInARow = failed ? before.FailedInARow + 1 : 0,
            LastFailed = failed ? start : before.LastFailed,
        };
    }

    /// <summary>What is to be told after the last run.</summary>
    /// <param name="told">Whether the owner takes the script for failing.</param>
    /// <param name="now">The start of that run.</param>
    public FailureNews Due(bool told, DateTimeOffset now)
    {
        var isFailing = FailedInARow > 0;
        if (!IsNowAndThen)
        {
            return isFailing == told ? FailureNews.None
                : Notices.Count(notice => now - notice < Day) >= MostNoticesInADay - 1 ? FailureNews.NowAndThen
                : isFailing ? FailureNews.Failing
                : FailureNews.WorksAgain;
        }

        return now - Notices[^1] < Day ? FailureNews.None
            : FailedInARow >= FailingForGood ? FailureNews.Failing
            : now - LastFailed >= Day ? FailureNews.WorksAgain
            : FailureNews.NowAndThen;
    }

    /// <summary>The history with a notice that was accepted.</summary>
    public FailureHistory WithNotice(FailureNews news, DateTimeOffset now)
    {
        var recent = Notices.Where(notice => now - notice < Day).ToList();
        var told = this with { Notices = [.. recent, now], IsNowAndThen = news == FailureNews.NowAndThen };

        // Counted anew: by day where it goes on, and from the first of the notices that belong together.
        return news == FailureNews.NowAndThen ? told with { Since = now, Runs = 0, Failed = 0 }
            : news == FailureNews.Failing && recent.Count == 0 ? told with { Since = LastFailed, Runs = 1, Failed = 1 }
            : told;
    }

    /// <summary>Whether nothing of it is needed any more: the script works, its owner knows, and the last notice is a day old.</summary>
    public bool IsOver(DateTimeOffset now) =>
        !IsNowAndThen && FailedInARow == 0 && Notices.All(notice => now - notice >= Day);
}
