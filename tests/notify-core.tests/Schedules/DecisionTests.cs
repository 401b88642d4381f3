using System.Globalization;
using Notify.Schedules;
using Xunit;

namespace Notify.Tests.Schedules;

public sealed class DecisionTests
{
    private static readonly TimeZoneInfo Prague = TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague");

    /// <summary>A moment that Prague's clock shows.</summary>
    private static DateTimeOffset At(string text)
    {
        var time = DateTime.Parse(text, CultureInfo.InvariantCulture);
        return new DateTimeOffset(time, Prague.GetUtcOffset(time));
    }

    private static Schedule.At Schedule(string value) => new(AtLine.Read(value).Value!, value);

    private static Decision Decide(string value, string? dealtWith, string now, bool passedOver = false) =>
        Schedule(value)
            .Decide(null, dealtWith is null ? null : new DealtWith(At(dealtWith), passedOver), At(now), Prague);

    [Fact]
    public void A_new_script_begins_with_its_next_time()
    {
        var decision = Assert.IsType<Decision.NotDue>(Decide("daily 09:00", null, "2026-06-01 09:00:20"));

        Assert.Equal(At("2026-06-02 09:00"), decision.Next);
        Assert.Equal(new DealtWith(At("2026-06-01 09:00:20"), PassedOver: false), decision.DealtWith);
    }

    [Theory]
    [InlineData("2026-06-02 09:00:00", 0, false)]
    [InlineData("2026-06-02 09:00:59.9", 59.9, false)]
    [InlineData("2026-06-02 11:00:00", 7200, true)]
    [InlineData("2026-06-05 04:00:00", 68400, true)] // off for three days: one run, of the newest time
    public void A_missed_time_runs_once_and_says_how_late(string now, double late, bool caughtUp)
    {
        var decision = Assert.IsType<Decision.Run>(Decide("daily 09:00", "2026-06-01 09:00", now));

        Assert.Equal((TimeSpan.FromSeconds(late), caughtUp), (decision.Late, decision.IsCaughtUp));
        Assert.Equal(At(now) - decision.Late, decision.Due);
        Assert.Equal(new DealtWith(decision.Due!.Value, PassedOver: false), decision.DealtWith);
        Assert.IsType<Decision.NotDue>(Schedule("daily 09:00").Decide(null, decision.DealtWith, At(now), Prague));
    }

    [Theory]
    [InlineData("2026-06-02 06:35", true)] // 2 h 25 min to the next are more than a tenth of a day
    [InlineData("2026-06-02 06:37", false)] // 2 h 23 min are less
    [InlineData("2026-06-02 08:59:59", false)]
    public void A_missed_time_is_passed_over_if_the_next_is_nearer_than_a_tenth(string now, bool runs)
    {
        var decision = Decide("daily 09:00", "2026-05-31 09:00", now);

        if (runs)
        {
            Assert.IsType<Decision.Run>(decision);
            return;
        }

        var passedOver = Assert.IsType<Decision.PassedOver>(decision);
        Assert.Equal((At("2026-06-01 09:00"), At("2026-06-02 09:00")), (passedOver.Due, passedOver.Next));
        Assert.Equal(new DealtWith(At("2026-06-01 09:00"), PassedOver: true), passedOver.DealtWith);
    }

    [Fact]
    public void A_time_that_is_late_by_less_than_a_minute_is_never_passed_over() =>
        Assert.IsType<Decision.Run>(Decide("cron * * * * *", "2026-06-01 09:00", "2026-06-01 09:01:59.5"));

    [Theory]
    [InlineData(60, 23)] // no round comes between the next time and the one after it
    [InlineData(null, 11)] // never two in a row
    public void An_hourly_crontab_five_minutes_before_the_hour_does_not_starve_an_hourly_script(
        int? roundsEvery,
        int expected
    )
    {
        var schedule = Schedule("cron 0 * * * *");
        DealtWith? dealtWith = null;
        var runs = 0;
        for (var round = 0; round < 24; round++)
        {
            var decision = schedule.Decide(
                null,
                dealtWith,
                At("2026-06-01 00:55").AddHours(round),
                Prague,
                roundsEvery is { } minutes ? TimeSpan.FromMinutes(minutes) : null
            );
            dealtWith = decision.DealtWith ?? dealtWith;
            runs += decision is Decision.Run ? 1 : 0;
        }

        Assert.Equal(expected, runs);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void A_time_is_passed_over_only_if_a_round_comes_before_the_next(int roundsEvery, bool passedOver)
    {
        var decision = Schedule("cron 0 * * * *")
            .Decide(
                null,
                new DealtWith(At("2026-06-01 07:00"), PassedOver: false),
                At("2026-06-01 08:55"),
                Prague,
                TimeSpan.FromMinutes(roundsEvery)
            );

        Assert.Equal(passedOver, decision is Decision.PassedOver);
    }

    [Theory]
    [InlineData("2026-06-02 07:00")] // by 20 hours: less than a day
    [InlineData("2026-06-01 11:03")]
    [InlineData("2028-06-02 09:00")]
    public void A_clock_that_was_ahead_when_the_script_was_new_does_not_silence_it(string wrong)
    {
        var times = Schedule("cron 0 * * * *");
        var first = Assert.IsType<Decision.NotDue>(
            times.Decide(null, new DealtWith(At(wrong), PassedOver: false), At("2026-06-01 11:00:30"), Prague)
        );

        Assert.Equal(At("2026-06-01 12:00"), first.Next);
        Assert.IsType<Decision.Run>(times.Decide(null, first.DealtWith, At("2026-06-01 12:00:01"), Prague));
    }

    /// <summary>Hourly times. The rounds' clock, and which rounds run the time of the hour.</summary>
    [Theory]
    [InlineData("09:00:05 08:05 09:06 10:00", "09:00 10:00")] // an hour back for one round
    [InlineData("09:00:05 08:59:50 09:00:01 10:00", "09:00 10:00")] // some seconds back
    [InlineData("12:00:05 09:59 10:00 12:02 13:00", "12:00 10:00 13:00")]
    [InlineData("12:00:05 09:05 10:00 11:00 12:00 13:00", "12:00 10:00 11:00 13:00")] // it was ahead by three hours
    [InlineData("12:00:05 09:05 06:05 12:01 13:00", "12:00 13:00")] // twice back
    [InlineData("09:00:05 08:05 10:01", "09:00 10:00")]
    public void A_clock_set_back_runs_no_time_twice(string rounds, string expected)
    {
        var schedule = Schedule("cron 0 * * * *");
        var dealtWith = new DealtWith(At("2026-06-01 05:30"), PassedOver: false);
        var runs = new List<string>();
        foreach (var round in rounds.Split(' '))
        {
            var decision = schedule.Decide(null, dealtWith, At("2026-06-01 " + round), Prague);
            dealtWith = decision.DealtWith ?? dealtWith;
            if (decision is Decision.Run { Due: { } due })
            {
                runs.Add(TimeZoneInfo.ConvertTime(due, Prague).ToString("HH:mm", CultureInfo.InvariantCulture));
            }
        }

        Assert.Equal(expected, string.Join(' ', runs));
    }

    [Fact]
    public void A_time_that_ran_before_the_clock_was_set_back_is_not_the_next()
    {
        var waits = Assert.IsType<Decision.NotDue>(Decide("daily 09:00", "2026-06-02 09:00", "2026-06-02 08:05"));

        Assert.Equal(At("2026-06-03 09:00"), waits.Next);
        Assert.Equal(
            new DealtWith(At("2026-06-02 08:05"), PassedOver: false) { Ran = At("2026-06-02 09:00") },
            waits.DealtWith
        );
    }

    [Fact]
    public void The_newest_of_many_times_is_found_in_few_steps()
    {
        var times = AtLine.Read("cron * * * * *").Value!;
        var (after, upTo, steps) = (At("2025-04-01 00:00"), At("2026-05-06 13:37:30"), 0);

        var newest = DueTimes.Newest(
            after,
            upTo,
            moment =>
            {
                steps++;
                return times.Next(moment, Prague);
            }
        );

        Assert.Equal(At("2026-05-06 13:37"), newest);
        Assert.InRange(steps, 1, 25);
    }

    [Theory]
    [InlineData("* 0-11 * * *")]
    [InlineData("0 9 * * *")]
    [InlineData("* * 1 1 *")]
    [InlineData("*/7 2 * * 0")]
    public void The_newest_time_is_the_last_of_the_next_ones(string cron)
    {
        var times = AtLine.Read("cron " + cron).Value!;
        for (var upTo = At("2026-03-28 11:30:30"); upTo < At("2026-03-30"); upTo = upTo.AddMinutes(97))
        {
            var after = At("2025-12-30");
            DateTimeOffset? last = null;
            for (var next = times.Next(after, Prague); next <= upTo; next = times.Next(next.Value, Prague))
            {
                last = next;
            }

            Assert.Equal(last, times.Newest(after, upTo, Prague));
        }
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("2026-06-01 08:45:00.9", true)]
    [InlineData("2026-06-01 08:46:00", true)] // a minute early, as a cooldown
    [InlineData("2026-06-01 08:46:00.1", false)]
    [InlineData("2026-06-01 09:30", true)] // the clock was set back
    public void An_interval_counts_from_the_start_of_the_last_run(string? last, bool runs)
    {
        var schedule = new Schedule.Every(Interval.TryParse("15m")!);

        var decision = schedule.Decide(last is null ? null : At(last), null, At("2026-06-01 09:00"), Prague);

        Assert.Equal(runs, decision is Decision.Run { Due: null });
        Assert.Null(decision.DealtWith);
        if (!runs)
        {
            Assert.Equal(At(last!).AddMinutes(14), Assert.IsType<Decision.NotDue>(decision).Next);
        }
    }

    [Fact]
    public void Days_of_an_interval_follow_the_clock_of_its_zone() =>
        Assert.Equal(
            At("2026-03-29 07:59"),
            Assert
                .IsType<Decision.NotDue>(
                    new Schedule.Every(Interval.TryParse("1d")!).Decide(
                        At("2026-03-28 08:00"),
                        null,
                        At("2026-03-28 09:00"),
                        Prague
                    )
                )
                .Next
        );

    [Fact]
    public void A_script_without_a_schedule_runs_in_each_round_and_a_manual_one_in_none()
    {
        Assert.Equal(
            new Decision.Run(null, TimeSpan.Zero),
            new Schedule.EachRound().Decide(null, null, At("2026-06-01"), Prague)
        );
        Assert.Equal(new Decision.NotDue(null), new Schedule.Manual().Decide(null, null, At("2026-06-01"), Prague));
    }

    [Theory]
    [InlineData("2026-06-01 09:00", "next: Mon 09:00, in 14 h")]
    [InlineData("2026-05-31 19:05", "next: Sun 19:05, in 5 min")]
    [InlineData("2026-05-31 20:30", "next: Sun 20:30, in 90 min")]
    [InlineData("2026-05-31 19:00:30", "next: Sun 19:00, in less than a minute")]
    [InlineData("2026-06-04 08:00", "next: Thu 08:00, in 4 d")]
    [InlineData("2026-06-12 08:00", "next: 12 Jun 08:00, in 12 d")]
    [InlineData("2027-06-01 08:00", "next: 1 Jun 2027 08:00, in 366 d")]
    [InlineData("2026-05-31 19:00", "next: with the next round")]
    public void The_next_run_in_words(string next, string words)
    {
        Assert.Equal(words, NextRun.InWords(At(next), At("2026-05-31 19:00"), Prague, Prague));
    }

    [Fact]
    public void A_clock_that_is_not_the_servers_is_named()
    {
        Assert.Equal(
            "next: Mon 09:00 Europe/Prague, in 14 h",
            NextRun.InWords(At("2026-06-01 09:00"), At("2026-05-31 19:00"), Prague, TimeZoneInfo.Utc)
        );
    }

    [Theory]
    [InlineData(0.0, "next: Mon 09:05, in 14 h")]
    [InlineData(0.9, "next: Mon 09:05, in 14 h")] // the round of that minute
    [InlineData(10.0, "next: Mon 09:15 (due 09:05), in 14 h")]
    [InlineData(24 * 60.0, "next: Tue 09:05 (due Mon 09:05), in 38 h")]
    [InlineData(null, "next: Mon 09:05, in 14 h")]
    public void A_round_that_comes_after_the_time_is_named(double? minutes, string words)
    {
        var due = At("2026-06-01 09:05");

        Assert.Equal(
            words,
            NextRun.InWords(
                due,
                At("2026-05-31 19:00"),
                Prague,
                Prague,
                moment => minutes is { } later ? moment.AddMinutes(later) : null
            )
        );
    }

    [Fact]
    public void A_schedule_says_its_next_run()
    {
        var now = At("2026-05-31 19:00");
        string Words(Schedule schedule) =>
            NextRun.InWords(schedule, schedule.Decide(now.AddMinutes(-1), null, now, Prague), now, Prague, Prague);

        Assert.Equal("next: with the next round", Words(new Schedule.EachRound()));
        Assert.Equal("next: on request only", Words(new Schedule.Manual()));
        Assert.Equal("next: Mon 09:00, in 14 h", Words(Schedule("daily 09:00")));
        Assert.Equal("next: Sun 19:58, in 58 min", Words(new Schedule.Every(Interval.TryParse("1h")!)));
    }
}
