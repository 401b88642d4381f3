using Notify.Bot.Rounds;

namespace Notify.Tests.Rounds;

/// <summary>Which messages come, in days of simulated time.</summary>
public sealed class SimulatedDaysTests
{
    /// <summary>Three weeks before the clocks of Prague change.</summary>
    private static readonly DateTimeOffset Start = new(2026, 10, 5, 6, 0, 7, TimeSpan.Zero);

    private static readonly TimeZoneInfo Prague = TimeZoneInfo.FindSystemTimeZoneById("Europe/Prague");

    /// <summary>A Friday evening's or a night's pause is no stop where the runner says when cron calls it again.</summary>
    private static bool OfficeHours(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, Prague);
        return local.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)
            && local.Hour is >= 8 and <= 18
            && local.Minute % 10 == 0;
    }

    [Fact]
    public void Thirty_days_of_all_usual_crontabs_over_weekends_a_change_of_clocks_restarts_and_sleep_give_no_message()
    {
        using var machine = new SimulatedMachine(Start);
        var chance = new Chance(20261005);
        machine.Add("minutely", SimulatedMachine.Every(1));
        machine.Add("jitter", SimulatedMachine.Every(5), _ => TimeSpan.FromSeconds(chance.Next(1, 280)));
        machine.Add("hourly", SimulatedMachine.Every(60));
        machine.Add("daily", SimulatedMachine.Every(24 * 60));
        machine.Add("slow", SimulatedMachine.Every(5), _ => TimeSpan.FromMinutes(20));
        machine
            .Add("sometimes_slow", SimulatedMachine.Every(1), n => TimeSpan.FromMinutes(n % 500 == 400 ? 20 : 0.1))
            .SaysRunning = true;
        machine.Add("office", OfficeHours).SaysNext = true;

        for (var day = 0; day < 30; day++)
        {
            machine.Run(TimeSpan.FromMinutes(chance.Next(60, 12 * 60)));
            switch (day % 5)
            {
                case 0:
                    machine.StopBot(isKilled: chance.Next(0, 2) == 0);
                    machine.Run(TimeSpan.FromSeconds(chance.Next(1, 20) * 10));
                    machine.StartBot();
                    break;
                case 1:
                    machine.Suspend(TimeSpan.FromHours(chance.Next(1, 14)));
                    break;
                case 2:
                    machine.Reboot(TimeSpan.FromMinutes(chance.Next(2, 200)));
                    break;
                case 3:
                    machine.SetClock(TimeSpan.FromHours(chance.Next(1, 5)));
                    break;
                default:
                    machine.SetClock(-TimeSpan.FromHours(chance.Next(1, 5)));
                    break;
            }

            machine.Run(TimeSpan.FromHours(12));
        }

        Assert.Empty(machine.Messages);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(5, 15)]
    [InlineData(60, 180)]
    public void A_stop_is_told_once_after_three_rounds_or_ten_minutes_and_its_end_once(int every, int limit)
    {
        using var machine = new SimulatedMachine(Start);
        var user = machine.Add("alice", SimulatedMachine.Every(every));
        machine.Add("bob", SimulatedMachine.Every(1));
        machine.Run(TimeSpan.FromDays(1));

        user.HasCron = false;
        machine.Run(TimeSpan.FromMinutes(limit - every));
        Assert.Empty(machine.Messages);
        machine.Run(TimeSpan.FromMinutes(every + 1));
        Assert.Equal(["stopped"], machine.TakeMessages("alice"));

        // Hours later, and over a restart, nothing more.
        machine.Run(TimeSpan.FromHours(5));
        machine.StopBot(isKilled: true);
        machine.StartBot();
        machine.Run(TimeSpan.FromHours(5));
        Assert.Empty(machine.Messages);

        user.HasCron = true;
        machine.Run(TimeSpan.FromMinutes(every + 1));
        machine.StopBot(isKilled: true);
        machine.StartBot();
        machine.Run(TimeSpan.FromDays(2));
        Assert.Equal(["back"], machine.TakeMessages());
    }

    [Fact]
    public void A_round_that_hangs_is_told_once_also_if_it_says_that_it_runs()
    {
        using var machine = new SimulatedMachine(Start);
        var user = machine.Add(
            "alice",
            SimulatedMachine.Every(5),
            n => n == 100 ? TimeSpan.FromHours(20) : TimeSpan.FromSeconds(5)
        );
        user.SaysRunning = true;

        machine.Run(TimeSpan.FromMinutes(5 * 100) + UserRounds.MaxRoundDuration);
        Assert.Empty(machine.Messages);
        machine.Run(TimeSpan.FromHours(1));
        Assert.Equal(["stopped"], machine.TakeMessages());
        machine.Run(TimeSpan.FromHours(24));
        Assert.Equal(["back"], machine.TakeMessages());
    }

    [Fact]
    public void Time_in_which_the_bot_or_the_machine_was_away_does_not_count_and_a_stop_is_told_all_the_same()
    {
        using var machine = new SimulatedMachine(Start);
        var user = machine.Add("alice", SimulatedMachine.Every(5));
        machine.Run(TimeSpan.FromHours(3));
        user.HasCron = false;
        machine.Run(TimeSpan.FromMinutes(6));

        machine.Suspend(TimeSpan.FromHours(9));
        machine.Run(TimeSpan.FromMinutes(1));
        machine.SetClock(TimeSpan.FromHours(7));
        machine.Run(TimeSpan.FromMinutes(1));
        machine.SetClock(-TimeSpan.FromHours(12));
        machine.Run(TimeSpan.FromMinutes(1));
        machine.StopBot(isKilled: false);
        machine.Run(TimeSpan.FromHours(2));
        machine.StartBot();
        machine.Run(TimeSpan.FromMinutes(1));
        machine.Reboot(TimeSpan.FromHours(4));
        machine.Run(TimeSpan.FromMinutes(1));
        Assert.Empty(machine.Messages);

        machine.Run(TimeSpan.FromMinutes(8));
        Assert.Equal(["stopped"], machine.TakeMessages());
    }

    [Fact]
    public void A_bot_that_is_killed_every_few_minutes_still_tells_of_a_stop()
    {
        using var machine = new SimulatedMachine(Start);
        var user = machine.Add("alice", SimulatedMachine.Every(5));
        machine.Run(TimeSpan.FromHours(1));
        user.HasCron = false;

        for (var kills = 0; kills < 10; kills++)
        {
            machine.Run(TimeSpan.FromMinutes(3));
            machine.StopBot(isKilled: true);
            machine.StartBot();
        }

        Assert.Equal(["stopped"], machine.TakeMessages());
    }

    [Fact]
    public void Thirty_users_whose_cron_stops_are_told_one_by_one_and_the_operators_once_and_so_is_the_end()
    {
        using var machine = new SimulatedMachine(Start);
        for (var i = 0; i < 30; i++)
        {
            machine.Add($"user{i}", SimulatedMachine.Every(i % 2 == 0 ? 1 : 5));
        }

        machine.Run(TimeSpan.FromHours(2));
        machine.HasCron = false;
        machine.Run(TimeSpan.FromHours(4));
        Assert.Equal(["30 of 30 stopped"], machine.TakeMessages("operators"));
        Assert.Equal(Enumerable.Repeat("stopped", 30), machine.TakeMessages());

        machine.HasCron = true;
        machine.StopBot(isKilled: true);
        machine.StartBot();
        machine.Run(TimeSpan.FromHours(4));
        Assert.Equal(["30 of 30 back"], machine.TakeMessages("operators"));
        Assert.Equal(Enumerable.Repeat("back", 30), machine.TakeMessages());
    }

    [Theory]
    [InlineData(2, 2, false)]
    [InlineData(9, 2, false)]
    [InlineData(9, 3, true)]
    [InlineData(30, 9, false)]
    [InlineData(30, 10, true)]
    [InlineData(200, 10, false)]
    [InlineData(200, 11, true)]
    public void The_operators_hear_of_more_than_ten_or_of_a_third_that_is_at_least_three(int all, int stop, bool isTold)
    {
        using var machine = new SimulatedMachine(Start);
        var users = Enumerable.Range(0, all).Select(i => machine.Add($"user{i}", SimulatedMachine.Every(1))).ToList();
        machine.Run(TimeSpan.FromMinutes(30));

        users.Take(stop).ToList().ForEach(user => user.HasCron = false);
        machine.Run(TimeSpan.FromHours(1));

        Assert.Equal(isTold ? [$"{stop} of {all} stopped"] : [], machine.TakeMessages("operators"));
        Assert.Equal(Enumerable.Repeat("stopped", stop), machine.TakeMessages());
    }

    [Fact]
    public void Users_who_stop_hours_apart_do_not_stop_together()
    {
        using var machine = new SimulatedMachine(Start);
        var users = Enumerable.Range(0, 6).Select(i => machine.Add($"user{i}", SimulatedMachine.Every(1))).ToList();
        machine.Run(TimeSpan.FromMinutes(30));

        foreach (var user in users)
        {
            user.HasCron = false;
            machine.Run(TimeSpan.FromMinutes(40));
        }

        Assert.Empty(machine.TakeMessages("operators"));
    }

    [Fact]
    public void A_crontab_that_pauses_at_night_stops_only_if_it_does_not_come_back_in_the_morning()
    {
        using var machine = new SimulatedMachine(Start);
        var user = machine.Add("alice", OfficeHours);
        user.SaysNext = true;
        machine.Run(TimeSpan.FromDays(3));
        Assert.Empty(machine.Messages);

        // In the night of Wednesday to Thursday somebody removes the line.
        machine.Run(TimeSpan.FromHours(16));
        user.HasCron = false;
        machine.Run(TimeSpan.FromHours(8) - TimeSpan.FromMinutes(10));
        Assert.Empty(machine.Messages);
        machine.Run(TimeSpan.FromHours(1));
        Assert.Equal(["stopped"], machine.TakeMessages());
    }

    /// <summary>Numbers without an order, the same in each run (Numerical Recipes' generator).</summary>
    private sealed class Chance(uint seed)
    {
        private uint _last = seed;

        /// <summary>A number from the first to below the second.</summary>
        public int Next(int from, int below)
        {
            _last = unchecked((_last * 1664525) + 1013904223);
            return from + (int)((_last >> 16) % (uint)(below - from));
        }
    }
}
