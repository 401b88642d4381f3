using Notify.Bot.Rounds;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Linking;
using Notify.Tests.Callers;

namespace Notify.Tests.Rounds;

/// <summary>Whom the watch tells what, and that nothing is told twice.</summary>
public sealed class RoundWatchTests(People people) : IClassFixture<People>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(12);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stop_and_its_end_are_told_by_one_notification_each()
    {
        using var scene = new WatchScene("alice");
        await scene.RunAsync(TimeSpan.FromMinutes(1));
        scene.Round("alice");

        await scene.RunAsync(TimeSpan.FromMinutes(10));
        Assert.Empty(scene.History("alice"));
        await scene.RunAsync(TimeSpan.FromHours(3));

        var stopped = Assert.Single(scene.History("alice"));
        Assert.Equal("⚠️ Your scripts have not run since 2026-03-02 09:01 Europe/Prague", stopped.Title);
        Assert.Equal(ParseMode.Html, stopped.ParseMode);
        foreach (var words in new[] { "every 1 min", "crontab -l", "systemctl status cron", "/watch off" })
        {
            Assert.Contains(words, stopped.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, scene.Overdue);
        scene.Round("alice");
        await scene.RunAsync(TimeSpan.FromMinutes(5));

        var back = scene.History("alice")[1];
        Assert.Equal("✔ Your scripts run again", back.Title);
        Assert.Equal("They run again since 2026-03-02 12:11 Europe/Prague. They stopped for 3 h 10 min.", back.Message);
        Assert.Equal((2, 0), (scene.History("alice").Count, scene.Overdue));
    }

    [Fact]
    public async Task A_kill_between_the_message_and_its_note_tells_nothing_twice()
    {
        using var scene = new WatchScene("alice");
        scene.Round("alice");
        await scene.RunAsync(TimeSpan.FromMinutes(9));
        var before = await File.ReadAllBytesAsync(scene.RoundsFile, Cancellation);
        await scene.RunAsync(Long);
        Assert.Single(scene.History("alice"));

        await File.WriteAllBytesAsync(scene.RoundsFile, before, Cancellation);
        scene.Restart();
        await scene.RunAsync(Long);
        Assert.Single(scene.History("alice"));

        before = await File.ReadAllBytesAsync(scene.RoundsFile, Cancellation);
        scene.Round("alice");
        await scene.RunAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, scene.History("alice").Count);

        await File.WriteAllBytesAsync(scene.RoundsFile, before, Cancellation);
        scene.Restart();
        scene.Round("alice");
        await scene.RunAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(2, scene.History("alice").Count);
    }

    [Fact]
    public async Task Who_muted_everything_finds_the_messages_in_the_history()
    {
        using var scene = new WatchScene("alice");
        scene.Round("alice");
        await scene.Outbox.MuteAsync(UserName.Parse("alice"), null, DateTimeOffset.MaxValue);

        await scene.RunAsync(Long);

        Assert.Equal(DeliveryState.Muted, Assert.Single(scene.History("alice")).Progress.State);
    }

    [Fact]
    public async Task Nobody_is_told_without_a_round_a_distance_or_a_link_or_of_another_account()
    {
        using var scene = new WatchScene("never", "first", "other");
        scene.Store.Add(
            UserName.Parse("first"),
            AccountId.None,
            new PostedRound(scene.Time.GetUtcNow(), TimeSpan.Zero, null, null)
        );
        scene.Round("unlinked");
        scene.Round("other", account: new AccountId(4711));

        await scene.RunAsync(TimeSpan.FromHours(1));

        Assert.All(["never", "first", "unlinked", "other"], user => Assert.Empty(scene.History(user)));
        Assert.Equal(0, scene.Overdue);
    }

    [Fact]
    public async Task A_switched_off_watch_stays_off_over_a_restart_and_counts_anew_when_it_is_switched_on()
    {
        using var scene = new WatchScene("alice");
        var alice = UserName.Parse("alice");
        scene.Round("alice");
        scene.Time.Advance(TimeSpan.FromSeconds(5));
        await scene.Store.SwitchAsync(alice, AccountId.None, isOn: false, Cancellation);

        scene.Restart();
        scene.Round("alice");
        await scene.RunAsync(Long);
        Assert.Empty(scene.History("alice"));

        scene.Time.Advance(TimeSpan.FromSeconds(5));
        await scene.Store.SwitchAsync(alice, AccountId.None, isOn: true, Cancellation);
        await scene.RunAsync(TimeSpan.FromMinutes(9));
        Assert.Empty(scene.History("alice"));
        await scene.RunAsync(TimeSpan.FromMinutes(2));
        Assert.Single(scene.History("alice"));
    }

    [Fact]
    public async Task A_disabled_runner_is_no_stop_until_it_is_enabled_again()
    {
        using var scene = new WatchScene("alice");
        scene.Round("alice");
        await scene.Store.EndAsync(UserName.Parse("alice"), AccountId.None, Cancellation);

        scene.Restart();
        await scene.RunAsync(Long);
        Assert.Empty(scene.History("alice"));

        scene.Round("alice");
        await scene.RunAsync(Long);
        Assert.Single(scene.History("alice"));
    }

    [Fact]
    public async Task Who_blocked_the_bot_is_told_when_the_chat_takes_messages_again()
    {
        using var scene = new WatchScene("alice");
        scene.Round("alice");
        await scene.Links.MarkDeadAsync(new ChatId(7001), DeadLinkReason.Blocked, Cancellation);
        await scene.RunAsync(Long);
        Assert.Empty(scene.History("alice"));

        await scene.Links.MarkAliveAsync(new ChatId(7001), Cancellation);
        await scene.RunAsync(TimeSpan.FromMinutes(1));
        Assert.Single(scene.History("alice"));
    }

    [Fact]
    public async Task Thirty_users_who_stop_at_once_are_told_once_each_and_the_linked_operators_once()
    {
        Testing.TestAccount.SkipUnlessRoot();
        var users = Enumerable.Range(0, 30).Select(i => $"user{i}").ToList();
        using var scene = new WatchScene([.. users, people.Dana.Name, people.Alice.Name]);
        users.ForEach(user => scene.Round(user));

        await scene.RunAsync(TimeSpan.FromMinutes(14));
        scene.Restart();
        await scene.RunAsync(TimeSpan.FromHours(1));

        Assert.All(users, user => Assert.Single(scene.History(user)));
        Assert.Equal(30, scene.Overdue);
        Assert.Empty(scene.History(people.Alice.Name));
        var told = Assert.Single(scene.History(people.Dana.Name));
        Assert.Equal("⚠️ The scripts of 30 users have stopped", told.Title);
        Assert.Contains("The bot watches 30 users", told.Message, StringComparison.Ordinal);
        Assert.Contains("and 20 more", told.Message, StringComparison.Ordinal);

        users.ForEach(user => scene.Round(user));
        await scene.RunAsync(TimeSpan.FromMinutes(5));
        Assert.All(users, user => Assert.Equal(2, scene.History(user).Count));
        Assert.Equal("✔ The scripts of 30 of 30 users run again", scene.History(people.Dana.Name)[1].Title);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"counted_s\": 17, \"users\": {\"alice\": {\"last\"")]
    [InlineData("{\"counted_s\": 1e300, \"users\": {}}")]
    [InlineData("{\"counted_s\": 920000000000, \"users\": {}}")]
    [InlineData("{\"counted_s\": -1, \"users\": {}}")]
    [InlineData("{\"at\": \"0001-01-01T00:00:00+14:00\"}")]
    public async Task A_damaged_file_is_set_aside_and_the_watch_begins_anew(string content)
    {
        using var scene = new WatchScene("alice");
        await File.WriteAllTextAsync(scene.RoundsFile, content, Cancellation);

        scene.Restart();
        scene.Round("alice");
        await scene.RunAsync(Long);

        Assert.Single(scene.History("alice"));
        Assert.Equal(content, await File.ReadAllTextAsync(scene.RoundsFile + ".damaged", Cancellation));
    }

    [Fact]
    public async Task Stored_spans_and_moments_beyond_the_calendar_keep_nobody_from_the_watch()
    {
        using var scene = new WatchScene("alice", "bob", "carol");
        await File.WriteAllTextAsync(
            scene.RoundsFile,
            """
            {"counted_s": 100000, "at": "2026-03-02T07:00:00+00:00", "many": {"found_s": -1e300, "told": 3}, "users": {
              "alice": {"last": "2026-03-01T20:00:00+00:00", "every_s": 60, "heard_s": 99000},
              "bob": {"last": "0001-01-01T00:00:00+00:00", "every_s": 1e300, "heard_s": -9e11,
                "next": "2026-03-02T07:30:00+00:00", "took": {"s": 1e300, "at": "9999-12-31T23:59:59+00:00"},
                "pause": {"s": 315537897599, "at": "0001-01-01T00:00:00+00:00"},
                "stop": {"last": "9999-12-31T23:59:59+00:00", "found_s": 1e300}},
              "carol": {"last": "0001-01-01T00:00:00+00:00", "every_s": 60, "heard_s": -9e11, "next": "9999-12-31T23:59:59+00:00"},
              "nobody": null}}
            """,
            Cancellation
        );

        scene.Restart();
        await scene.RunAsync(TimeSpan.FromSeconds(20));

        Assert.Single(scene.History("alice"));
        Assert.Single(scene.History("carol"));
        scene.Round("bob");
        await scene.RunAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("✔ Your scripts run again", Assert.Single(scene.History("bob")).Title);
        Assert.Empty(scene.Log.Lines);
    }

    [Fact]
    public async Task What_fails_for_one_user_is_logged_once_and_the_others_are_told()
    {
        using var scene = new WatchScene("alice", "bob");
        scene.Store.Add(
            UserName.Parse("bob"),
            AccountId.None,
            new PostedRound(scene.Time.GetUtcNow(), TimeSpan.Zero, TimeSpan.MaxValue, null)
        );
        scene.Round("alice");

        await scene.RunAsync(Long);

        Assert.Single(scene.History("alice"));
        Assert.StartsWith(
            "1808 Looking at the rounds of bob",
            Assert.Single(scene.Log.Lines),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_look_that_fails_is_logged_once_and_the_loop_goes_on()
    {
        using var scene = new WatchScene("alice");
        scene.Round("alice");
        await scene.RunAsync(Long);
        scene.Store.Many = new ManyStopped(TimeSpan.MinValue, null);
        await scene.StartLoopAsync();
        await scene.WaitForAsync(() => scene.WatchLog.Lines.Any(IsFailure));

        scene.Round("alice");
        await scene.WaitForAsync(() => scene.History("alice").Count == 2);

        Assert.Single(scene.WatchLog.Lines, IsFailure);

        static bool IsFailure(string line) =>
            line.StartsWith("1006 The watch of rounds failed", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_later_version_is_read_for_what_is_known()
    {
        using var scene = new WatchScene("alice");
        await File.WriteAllTextAsync(
            scene.RoundsFile,
            """
            {"version": 9, "counted_s": 100000, "at": "2026-03-02T07:00:00+00:00", "users": {
              "alice": {"last": "2026-03-01T20:00:00+00:00", "every_s": 60, "heard_s": 99000, "mood": "good"},
              "../etc": {"every_s": 1}}}
            """,
            Cancellation
        );

        scene.Restart();
        await scene.RunAsync(TimeSpan.FromSeconds(20));

        Assert.Contains("2026-03-01 21:00", Assert.Single(scene.History("alice")).Title, StringComparison.Ordinal);
    }
}
