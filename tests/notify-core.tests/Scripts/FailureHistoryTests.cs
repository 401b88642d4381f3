using FsCheck.Xunit;
using Notify.Scripts;
using Xunit;

namespace Notify.Tests.Scripts;

/// <summary>What an owner is told about a script that fails, works, and fails again.</summary>
public sealed class FailureHistoryTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 9, 5, 0, TimeSpan.Zero);

    /// <summary>What is told over the runs, one each <paramref name="minutes"/>; every notice is taken.</summary>
    private static List<(int Run, FailureNews News, int Failed, int Runs)> Tell(IEnumerable<bool> failures, int minutes)
    {
        var (history, told, at, run) = ((FailureHistory?)null, false, Start, 0);
        var notices = new List<(int, FailureNews, int, int)>();
        foreach (var failed in failures)
        {
            run++;
            history = FailureHistory.After(history, failed, at);
            if (history?.Due(told, at) is { } news and not FailureNews.None)
            {
                notices.Add((run, news, history.Failed, history.Runs));
                history = history.WithNotice(news, at);
                told = news is FailureNews.Failing || (news == FailureNews.NowAndThen && failed);
            }

            history = history?.IsOver(at) == true ? null : history;
            at = at.AddMinutes(minutes);
        }

        return notices;
    }

    private static IEnumerable<bool> EveryOther(int runs) => Enumerable.Range(0, runs).Select(run => run % 2 == 0);

    [Fact]
    public void Every_other_round_is_told_four_times_a_day_and_the_fourth_says_how_often()
    {
        Assert.Equal(
            [
                (1, FailureNews.Failing, 1, 1),
                (2, FailureNews.WorksAgain, 1, 2),
                (3, FailureNews.Failing, 2, 3),
                (4, FailureNews.NowAndThen, 2, 4),
            ],
            Tell(EveryOther(288), minutes: 5)
        );
    }

    [Fact]
    public void After_that_once_a_day_until_it_has_worked_for_a_day()
    {
        var day = 288;
        var notices = Tell(EveryOther(2 * day).Concat(Enumerable.Repeat(false, 3 * day)), minutes: 5);

        Assert.Equal(
            [
                FailureNews.Failing,
                FailureNews.WorksAgain,
                FailureNews.Failing,
                FailureNews.NowAndThen,
                FailureNews.NowAndThen,
                FailureNews.NowAndThen,
                FailureNews.WorksAgain,
            ],
            notices.Select(notice => notice.News)
        );
        Assert.Equal((4 + day, 144, 288), (notices[4].Run, notices[4].Failed, notices[4].Runs));
        Assert.InRange(notices[6].Run, 3 * day, (3 * day) + 10);
    }

    [Fact]
    public void One_that_stops_working_for_good_is_told_as_failing_the_next_day()
    {
        var notices = Tell(EveryOther(4).Concat(Enumerable.Repeat(true, 600)).Append(false), minutes: 5);

        Assert.Equal((292, FailureNews.Failing), (notices[4].Run, notices[4].News));
        Assert.Equal((605, FailureNews.WorksAgain), (notices[5].Run, notices[5].News));
    }

    [Fact]
    public void A_script_that_breaks_once_a_day_is_told_each_time()
    {
        var day = new[] { true }.Concat(Enumerable.Repeat(false, 23));

        Assert.Equal(10, Tell(Enumerable.Repeat(day, 5).SelectMany(run => run), minutes: 60).Count);
    }

    [Property(MaxTest = 300)]
    public bool Never_more_than_four_within_a_day(bool[] failures, byte minutes)
    {
        var every = 5 + (minutes % 120);
        var at = Tell(Enumerable.Repeat(failures, 40).SelectMany(run => run), every)
            .ConvertAll(notice => Start.AddMinutes(notice.Run * every));
        return at.TrueForAll(notice =>
            at.Count(other => other >= notice && other - notice < TimeSpan.FromDays(1)) <= 4
        );
    }

    [Property(MaxTest = 300)]
    public bool A_script_that_is_failing_for_good_is_always_told_within_a_day(bool[] before)
    {
        var notices = Tell(before.Concat(Enumerable.Repeat(true, 30)), minutes: 60);
        return notices.Count > 0 && notices[^1].News == FailureNews.Failing;
    }

    [Fact]
    public void A_clock_that_is_set_back_starts_the_count_again()
    {
        var history = FailureHistory.After(null, failed: true, Start)!.WithNotice(FailureNews.Failing, Start);

        Assert.Equal(1, FailureHistory.After(history, failed: true, Start.AddHours(-2))!.Runs);
    }
}
