namespace Notify.Scripts;

/// <summary>News about a failing script for its owner.</summary>
public enum FailureNews
{
    /// <summary>Nothing new.</summary>
    None,

    /// <summary>It is failing.</summary>
    Failing,

    /// <summary>It fails now and then; the counts say how often.</summary>
    NowAndThen,

    /// <summary>It works again.</summary>
    WorksAgain,
}

/// <summary>
/// How often a script failed lately, and what its owner was told. A script that fails every other round must neither fill a phone
/// nor fall silent.
/// </summary>
/// <remarks>
/// Within 24 hours there are at most four notices. The fourth says that the script fails now and then. After it there is one
/// notice a day, until the script has worked for a whole day or fails in every round.
/// </remarks>
public sealed record FailureHistory
{
    private const int MaxNoticesPerDay = 4;

    /// <summary>This many failures in a row are no longer <em>now and then</em>.</summary>
    private const int FailingForGood = 4;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>The start of counting: the first failed run.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Runs since then.</summary>
    public int Runs { get; init; }

    /// <summary>Failed runs among them.</summary>
    public int Failed { get; init; }

    /// <summary>Failed runs in a row up to the last run; 0 if the last worked.</summary>
    public int FailedInARow { get; init; }

    /// <summary>Start of the last run that failed.</summary>
    public required DateTimeOffset LastFailed { get; init; }

    /// <summary>Times of notices within a day before the last one.</summary>
    public IReadOnlyList<DateTimeOffset> Notices { get; init; } = [];

    /// <summary>Whether the owner was told that it fails now and then.</summary>
    public bool IsNowAndThen { get; init; }

    /// <summary>The history with one more run; null if there is nothing to remember. A clock that was set back begins a new one.</summary>
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

    /// <summary>The news after the last run.</summary>
    /// <param name="told">Whether the owner was told that it is failing.</param>
    /// <param name="now">The start of that run.</param>
    public FailureNews Due(bool told, DateTimeOffset now)
    {
        var isFailing = FailedInARow > 0;
        if (!IsNowAndThen)
        {
            return isFailing == told ? FailureNews.None
                : Notices.Count(notice => now - notice < Day) >= MaxNoticesPerDay - 1 ? FailureNews.NowAndThen
                : isFailing ? FailureNews.Failing
                : FailureNews.WorksAgain;
        }

        return now - Notices[^1] < Day ? FailureNews.None
            : FailedInARow >= FailingForGood ? FailureNews.Failing
            : now - LastFailed >= Day ? FailureNews.WorksAgain
            : FailureNews.NowAndThen;
    }

    /// <summary>The history with one more accepted notice.</summary>
    public FailureHistory WithNotice(FailureNews news, DateTimeOffset now)
    {
        var recent = Notices.Where(notice => now - notice < Day).ToList();
        var told = this with { Notices = [.. recent, now], IsNowAndThen = news == FailureNews.NowAndThen };

        // Counts again by day while it continues, from the first of the related notices.
        return news == FailureNews.NowAndThen ? told with { Since = now, Runs = 0, Failed = 0 }
            : news == FailureNews.Failing && recent.Count == 0 ? told with { Since = LastFailed, Runs = 1, Failed = 1 }
            : told;
    }

    /// <summary>Whether the history is obsolete: the script works, its owner knows, and the last notice is a day old.</summary>
    public bool IsOver(DateTimeOffset now) =>
        !IsNowAndThen && FailedInARow == 0 && Notices.All(notice => now - notice >= Day);
}
