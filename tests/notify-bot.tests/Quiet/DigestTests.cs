using System.Globalization;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Linking;
using Notify.Testing;

namespace Notify.Tests.Quiet;

/// <summary>What comes in quiet hours, and how it arrives at their end, on a clock that the test turns.</summary>
public sealed class DigestTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Forty_alerts_of_a_night_are_one_digest_in_the_morning_whose_lines_open()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-02 21:00");
        await scene.QuietAsync("22:00-07:00");
        await scene.SendAsync("Evening");
        await scene.MessagesAsync(1);
        await scene.GoToAsync("2026-03-02 22:00");
        for (var i = 1; i <= 40; i++)
        {
            await scene.HoldAsync($"Alert {i}");
            await scene.GoToAsync($"2026-03-{(i < 10 ? "02 22" : "03 0" + (i / 10))}:{10 + (i % 10):00}");
        }

        Assert.Single(await scene.TextsAsync());
        await scene.GoToAsync("2026-03-03 06:59:50");
        Assert.Single(await scene.TextsAsync());
        await scene.GoToAsync("2026-03-03 07:00");

        var digest = (await scene.MessagesAsync(2))[1];
        await scene.UntilDeliveredAsync();
        var lines = digest.Text.Split('\n');
        Assert.Equal("40 notifications while it was quiet", lines[0]);
        Assert.Equal("22:00 Alert 1 (night)", lines[1]);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => $"Alert {i}"), lines[1..].Select(l => l[6..^8]));
        Assert.Equal(11, digest.Buttons.Count);
        Assert.EndsWith("Alert 31", digest.Buttons[0][0].Text, StringComparison.Ordinal);
        Assert.EndsWith("Alert 40", digest.Buttons[9][0].Text, StringComparison.Ordinal);
        Assert.Equal("Show all", digest.Buttons[10][0].Text);
        Assert.All(scene.History(), n => Assert.Equal(DeliveryState.Delivered, n.Progress.State));
        Assert.Equal(2, (await scene.TextsAsync()).Length);

        await scene.PressAsync(digest.Buttons[9][0].Data!);
        var whole = (await scene.MessagesAsync(3))[2];
        Assert.Equal("Alert 40\nThe whole text of Alert 40.", whole.Text);
        Assert.Equal("Run again", whole.Buttons[^1][^1].Text);

        await scene.PressAsync(digest.Buttons[10][0].Data!);
        await scene.PressAsync(digest.Buttons[10][0].Data!);
        var all = (await scene.MessagesAsync(43)).Skip(3);
        Assert.Equal(
            Enumerable.Range(1, 40).Select(i => $"Alert {i}\nThe whole text of Alert {i}."),
            all.Select(m => m.Text)
        );
        Assert.DoesNotContain(await scene.Phone.CallsAsync(Cancellation), c => c.Status == 429);
    }

    [Fact]
    public async Task An_urgent_one_arrives_at_once_and_a_single_one_by_itself_with_its_chart()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 03:12");
        await scene.QuietAsync("22:00-07:00");
        var chart = TestPictures.Png(40, 30);

        await scene.SendAsync("Held", chart: chart);
        await scene.SendAsync("Urgent", urgent: true);

        Assert.StartsWith("Urgent", Assert.Single(await scene.MessagesAsync(1)).Text, StringComparison.Ordinal);
        Assert.Equal(
            QuietScene.At("2026-03-03 03:12").ToUnixTimeSeconds(),
            scene.History()[^1].CreatedAt.ToUnixTimeSeconds()
        );
        await scene.GoToAsync("2026-03-03 07:00");
        var alone = (await scene.MessagesAsync(2))[1];
        Assert.StartsWith("Held", alone.Text, StringComparison.Ordinal);
        Assert.NotNull(alone.Photo);
        await scene.UntilDeliveredAsync();
        Assert.Equal(2, scene.History().Length);
    }

    [Fact]
    public async Task One_that_was_held_for_a_whole_weekend_is_not_too_old()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-06 22:30");
        await scene.QuietAsync("22:00-07:00, weekends");
        var accepted = Assert.IsType<DeliveryOutcome.Accepted>(await scene.SendAsync("Friday"));
        Assert.Equal(QuietScene.At("2026-03-09 07:00"), accepted.Progress.NextTryAt);
        await scene.Phone.BeginOutageAsync(Cancellation);
        await scene.GoToAsync("2026-03-09 07:00");

        // A bot that ends before it is delivered counts its age from Monday, too.
        await scene.StopAsync();
        await scene.Phone.EndOutageAsync(Cancellation);
        scene.Start();
        Assert.StartsWith("Friday", Assert.Single(await scene.MessagesAsync(1)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("off", "2026-03-03 02:00")]
    [InlineData("22:00-01:00", "2026-03-03 02:00")]
    [InlineData("22:00-02:30", "2026-03-03 02:30")]
    [InlineData("22:00-09:00", "2026-03-03 09:00")]
    public async Task Changed_hours_count_from_then_on(string hours, string end)
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 01:00");
        await scene.QuietAsync("22:00-07:00");
        await scene.HoldAsync("one");
        await scene.HoldAsync("two");
        await scene.GoToAsync("2026-03-03 02:00");
        await scene.QuietAsync(hours);
        await scene.GoToAsync("2026-03-03 02:00:01");
        if (QuietScene.At(end) > scene.Time.GetUtcNow())
        {
            scene.Time.Advance(QuietScene.At(end) - scene.Time.GetUtcNow() - TimeSpan.FromSeconds(5));
            await scene.GoToAsync(end[..^1] + end[^1]);
            await scene.GoToAsync(end);
        }

        var digest = (await scene.MessagesAsync(1))[0];
        Assert.StartsWith("2 notifications", digest.Text, StringComparison.Ordinal);
        Assert.InRange(digest.Date, QuietScene.At(end).AddSeconds(-1), QuietScene.At(end).AddMinutes(2));
    }

    [Theory]
    [InlineData("2026-03-28 23:00", "2026-03-29 07:00")]
    [InlineData("2026-10-24 23:00", "2026-10-25 07:00")]
    public async Task A_change_of_clocks_in_the_night_moves_no_end(string from, string end)
    {
        await using var scene = await QuietScene.BeginAsync(from);
        await scene.QuietAsync("22:00-07:00");
        await scene.HoldAsync("one");
        await scene.GoToAsync(end.Replace("07:00", "06:59", StringComparison.Ordinal));
        await scene.HoldAsync("two");
        Assert.Empty(await scene.TextsAsync());
        await scene.GoToAsync(end);
        Assert.Contains("06:59 two", (await scene.MessagesAsync(1))[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bot_that_is_down_at_the_end_tells_when_it_is_back()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00");
        await scene.QuietAsync("22:00-07:00");
        await scene.HoldAsync("one");
        await scene.HoldAsync("two");
        await scene.GoToAsync("2026-03-03 06:50");
        await scene.StopAsync();
        scene.Time.Advance(TimeSpan.FromMinutes(20));
        scene.Start();
        Assert.StartsWith("2 notifications", (await scene.MessagesAsync(1))[0].Text, StringComparison.Ordinal);

        await scene.StopAsync();
        scene.Start();
        await scene.GoToAsync("2026-03-03 07:30");
        await scene.UntilDeliveredAsync();
        Assert.Single(await scene.TextsAsync());
    }

    [Fact]
    public async Task What_is_muted_in_quiet_hours_stays_muted_and_urgent_passes_no_mute()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 01:00");
        await scene.QuietAsync("22:00-07:00");
        await scene.Outbox.MuteAsync(QuietScene.Dana, "night.py", scene.Time.GetUtcNow().AddHours(1));
        await scene.SendAsync("muted");
        await scene.SendAsync("muted and urgent", urgent: true);
        await scene.GoToAsync("2026-03-03 07:10");
        await scene.UntilDeliveredAsync();
        Assert.Empty(await scene.TextsAsync());
        Assert.All(scene.History(), n => Assert.Equal(DeliveryState.Muted, n.Progress.State));
    }

    [Fact]
    public async Task A_digest_waits_for_the_end_of_a_mute_of_everything()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00");
        await scene.QuietAsync("22:00-07:00");
        await scene.HoldAsync("one");
        await scene.HoldAsync("two");
        await scene.Outbox.MuteAsync(QuietScene.Dana, null, QuietScene.At("2026-03-03 09:00"));
        await scene.GoToAsync("2026-03-03 08:59");
        Assert.Empty(scene.Outbox.Waiting());
        await scene.GoToAsync("2026-03-03 09:00");
        Assert.StartsWith("2 notifications", (await scene.MessagesAsync(1))[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_result_of_a_run_that_its_user_asks_for_arrives_at_once()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 01:00");
        await scene.QuietAsync("22:00-07:00");
        await scene.SendAsync("asked for", isRequested: true);
        Assert.StartsWith("asked for", (await scene.MessagesAsync(1))[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_opens_with_its_charts()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00");
        await scene.QuietAsync("22:00-07:00");
        await scene.SendAsync("one chart", chart: TestPictures.Png(40, 30));
        await scene.SendAsync("an album", chart: TestPictures.Png(40, 30), charts: 3);
        await scene.GoToAsync("2026-03-03 07:00");
        var digest = (await scene.MessagesAsync(1))[0];

        await scene.PressAsync(digest.Buttons[0][0].Data!);
        Assert.NotNull((await scene.MessagesAsync(2))[1].Photo);
        await scene.PressAsync(digest.Buttons[1][0].Data!);
        var album = (await scene.MessagesAsync(6)).Skip(2).ToArray();
        Assert.Equal(3, album.Count(m => m.Photo is not null));
        Assert.StartsWith("an album", album[^1].Text, StringComparison.Ordinal);
        Assert.DoesNotContain(await scene.Phone.CallsAsync(Cancellation), c => c.Status == 429);
    }

    [Fact]
    public async Task A_group_gets_the_lines_without_buttons()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00", people: 2);
        var group = await scene.Phone.AddGroupAsync("Team", [QuietScene.Chat(1)], Cancellation);
        await scene.Links.LinkAsync(QuietScene.Dana, new ChatId(group), Cancellation);
        await scene.QuietAsync("22:00-07:00");
        await scene.HoldAsync("one");
        await scene.HoldAsync("two");
        await scene.GoToAsync("2026-03-03 07:00");
        await scene.UntilDeliveredAsync();
        var digest = Assert.Single(await scene.Phone.BotMessagesAsync(group, Cancellation));
        Assert.Equal(3, digest.Text.Split('\n').Length);
        Assert.Empty(digest.Buttons);
    }

    [Fact]
    public async Task A_repeat_of_a_held_one_is_the_same_notification()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 01:00");
        await scene.QuietAsync("22:00-07:00");
        var first = Assert.IsType<DeliveryOutcome.Accepted>(await scene.SendAsync("one", key: "k"));
        var again = Assert.IsType<DeliveryOutcome.Accepted>(await scene.SendAsync("one", key: "k"));
        Assert.True(again.IsRepeat);
        Assert.Equal((first.Id, DeliveryState.Held), (again.Id, again.Progress.State));
    }

    [Fact]
    public async Task A_digest_of_silent_ones_is_silent()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:50");
        await scene.QuietAsync("22:00-07:00");
        await scene.SendAsync("one", silent: true);
        await scene.SendAsync("two", silent: true);
        await scene.GoToAsync("2026-03-03 07:00");
        Assert.True((await scene.MessagesAsync(1))[0].Silent);
    }

    [Fact]
    public async Task Many_lines_are_several_messages_and_the_last_one_has_the_buttons()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00");
        await scene.QuietAsync("22:00-07:00");
        for (var i = 0; i < 120; i++)
        {
            await scene.HoldAsync($"Alert {i} {new string('x', 60)}");
        }

        await scene.GoToAsync("2026-03-03 07:00");
        var messages = await scene.MessagesAsync(3);
        await scene.UntilDeliveredAsync();
        messages = await scene.Phone.BotMessagesAsync(QuietScene.Chat(0), Cancellation);
        Assert.Equal(
            120,
            messages.Sum(m => m.Text.Split('\n').Count(l => l.Contains(" Alert ", StringComparison.Ordinal)))
        );
        Assert.All(messages.SkipLast(1), m => Assert.Empty(m.Buttons));
        Assert.Equal(11, messages[^1].Buttons.Count);
    }

    [Fact]
    public async Task More_than_one_digest_holds_are_told_by_a_second_one_and_nothing_is_left_out()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00");
        await scene.QuietAsync("22:00-07:00");
        string[] titles = [.. Enumerable.Range(0, 400).Select(i => $"Alert {i:000} {new string('x', 86)}")];
        foreach (var title in titles)
        {
            await scene.HoldAsync(title);
        }

        await scene.GoToAsync("2026-03-03 07:00");
        await scene.UntilAsync(
            () => Task.FromResult(scene.Outbox.HeldOf(QuietScene.Dana).Count == 0),
            () => $"{scene.Outbox.HeldOf(QuietScene.Dana)} are held"
        );
        await scene.UntilDeliveredAsync();

        string[] lines = [.. (await scene.TextsAsync()).SelectMany(text => text.Split('\n'))];
        string[] heads = [.. lines.Where(IsHead)];
        Assert.Equal(2, heads.Length);
        Assert.Equal(400, heads.Sum(l => int.Parse(l.Split(' ')[0], CultureInfo.InvariantCulture)));
        // Nothing stands between the lines, such as a note of what was left out.
        Assert.Equal(titles.Select(title => $"06:00 {title} (night)"), lines.Where(l => !IsHead(l)));

        static bool IsHead(string line) => line.EndsWith(" while it was quiet", StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_incident_that_first_fires_at_night_is_one_message_in_the_morning()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 02:00");
        await scene.QuietAsync("22:00-07:00");
        var fires = new IncidentCall("orders", true, TimeSpan.FromHours(1), true);
        var first = Assert.IsType<DeliveryOutcome.Accepted>(await scene.SendAsync("Orders", incident: fires));
        Assert.Equal(DeliveryState.Held, first.Progress.State);
        await scene.GoToAsync("2026-03-03 04:00");
        await scene.SendAsync("Orders", incident: fires);
        await scene.GoToAsync("2026-03-03 06:59:50");
        Assert.Empty(await scene.TextsAsync());

        await scene.GoToAsync("2026-03-03 07:00");
        await scene.MessagesAsync(1);
        await scene.UntilDeliveredAsync();

        Assert.StartsWith(
            "Orders\nThe whole text of Orders.",
            Assert.Single(await scene.TextsAsync()),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_thousand_are_held_and_the_next_one_is_refused_until_their_digest_has_arrived()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 01:00");
        await scene.QuietAsync("22:00-07:00");
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => scene.HoldAsync($"{i}")));
        var refused = Assert.IsType<DeliveryOutcome.TooManyWaiting>(await scene.SendAsync("too many"));
        Assert.Equal(1000, refused.Waiting);
        Assert.Equal(QuietScene.At("2026-03-03 07:00"), refused.HeldUntil);
        Assert.Equal("1000 notifications of user0", refused.Said(" of user0"));
        Assert.IsType<DeliveryOutcome.Accepted>(await scene.SendAsync("urgent", urgent: true));
        await scene.UntilDeliveredAsync();

        // Their digest waits for Telegram, and they are kept until it has arrived.
        await scene.Phone.BeginOutageAsync(Cancellation);
        await scene.GoToAsync("2026-03-03 07:00");
        Assert.True(Assert.Single(scene.Outbox.Waiting()).IsDigest);
        await scene.QuietAsync("22:00-12:00");
        Assert.IsType<DeliveryOutcome.TooManyWaiting>(await scene.SendAsync("a second load"));
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.UntilAsync(
            () => Task.FromResult(scene.Outbox.Waiting().Count == 0),
            () => "the digest waits",
            TimeSpan.FromSeconds(2)
        );
        await scene.HoldAsync("a second load");
    }

    [Fact]
    public async Task An_unlinked_chat_and_a_dead_one_fail_with_the_reason_in_the_history()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00", people: 2);
        foreach (var person in (int[])[0, 1])
        {
            await scene.QuietAsync("22:00-07:00", person);
            await scene.HoldAsync("one", person);
            await scene.HoldAsync("two", person);
        }

        await scene.Links.UnlinkAsync(QuietScene.User(0), Cancellation);
        await scene.Phone.BlockAsync(QuietScene.Chat(1), Cancellation);
        await scene.GoToAsync("2026-03-03 07:00");
        await scene.UntilDeliveredAsync();

        Assert.Equal(3, scene.History(0).Length);
        Assert.All(scene.History(0), n => Assert.Equal(DeliveryReason.NoLink, n.Progress.Reason));
        Assert.Equal(3, scene.History(1).Length);
        Assert.All(scene.History(1), n => Assert.Equal(DeliveryReason.Blocked, n.Progress.Reason));
    }

    [Fact]
    public async Task Nothing_of_an_earlier_account_of_the_name_is_shown()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00");
        var earlier = new AccountId(4711);
        var held = new List<StoredNotification>();
        foreach (var title in (string[])["old one", "old two"])
        {
            var notification = new AcceptedNotification
            {
                Id = AttachmentStore.NewId(),
                User = QuietScene.Dana,
                Account = earlier,
                Message = title,
                ParseMode = Formatting.ParseMode.Plain,
                CreatedAt = scene.Time.GetUtcNow(),
            };
            held.Add(
                Assert
                    .IsType<Acceptance.Stored>(
                        await scene.Outbox.AcceptAsync(
                            notification,
                            DeliveryProgress.HeldUntil(QuietScene.At("2026-03-03 07:00")),
                            Cancellation
                        )
                    )
                    .Notification
            );
        }

        // The name has no account of that id: the digest waits for a day, and is for nobody else.
        await scene.GoToAsync("2026-03-04 12:00");
        await scene.UntilAsync(
            () => Task.FromResult(scene.Outbox.Waiting().Count == 0),
            () => "it waits",
            TimeSpan.FromMinutes(1)
        );
        await scene.PressAsync($"show:{held[0].Accepted.Id}");
        Assert.Empty(await scene.TextsAsync());
        Assert.Empty(scene.History());
        Assert.Equal(DeliveryState.Failed, scene.Outbox.Find(held[0].Accepted.Id)!.Progress.State);
    }

    [Fact]
    public async Task A_forged_button_shows_nothing_of_another_user()
    {
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:00", people: 2);
        await scene.QuietAsync("22:00-07:00");
        var secret = await scene.HoldAsync("secret");
        await scene.HoldAsync("secret too");
        await scene.GoToAsync("2026-03-03 07:00");
        await scene.MessagesAsync(1);
        var digest = scene.History()[^1].Id;

        foreach (var data in (string[])[$"show:{secret}", $"showall:{digest}", "show:", "showall:*", "show:nonsense"])
        {
            await scene.PressAsync(data, person: 1);
        }

        await scene.UntilDeliveredAsync();
        Assert.Empty(await scene.TextsAsync(1));
        var answers = await scene.Phone.CallsAsync(Cancellation, "answerCallbackQuery");
        Assert.Equal(5, answers.Count);
    }

    [Fact]
    public async Task The_digests_of_two_thousand_users_keep_Telegrams_rates_and_delay_no_alert()
    {
        const int People = 2000;
        await using var scene = await QuietScene.BeginAsync("2026-03-03 06:59", People);
        foreach (var some in Enumerable.Range(0, People).Chunk(100))
        {
            await Task.WhenAll(
                some.Select(async person =>
                {
                    await scene.QuietAsync("22:00-07:00", person);
                    await scene.HoldAsync("one", person);
                    await scene.HoldAsync("two", person);
                })
            );
        }

        await scene.GoToAsync("2026-03-03 07:00");
        await scene.UntilAsync(
            () => Task.FromResult(scene.Time.GetUtcNow() >= QuietScene.At("2026-03-03 07:00:10")),
            () => "the clock stands"
        );
        await scene.SendAsync("now", person: People - 1);
        var before = await SendsAsync();
        await scene.UntilAsync(
            async () => (await scene.TextsAsync(People - 1)).Any(t => t.StartsWith("now", StringComparison.Ordinal)),
            () => "it waits"
        );
        Assert.InRange((await SendsAsync()).Length - before.Length, 1, 90);
        Assert.InRange(before.Length, 1, People / 2);
        await scene.UntilDeliveredAsync();

        var chats = await SendsAsync();
        Assert.Equal(People + 1, chats.Length);
        Assert.Equal(Enumerable.Range(0, People).Select(QuietScene.Chat), chats.Distinct().Order());
        Assert.DoesNotContain(await scene.Phone.CallsAsync(Cancellation), c => c.Status == 429);

        async Task<long[]> SendsAsync() =>
            [.. (await scene.Phone.CallsAsync(Cancellation, "sendMessage")).Select(c => c.ChatId!.Value)];
    }
}
