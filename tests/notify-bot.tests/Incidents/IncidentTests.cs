using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Quiet;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Incidents;

/// <summary>An incident is one message: edited while it fires, reminded of, ended.</summary>
public sealed class IncidentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_metric_that_flaps_for_a_day_is_one_message_with_hourly_reminders()
    {
        await using var scene = await IncidentScene.BeginAsync();
        for (var quarter = 0; quarter < 96; quarter++)
        {
            if (quarter % 2 == 0)
            {
                await scene.FireAsync();
            }
            else
            {
                await scene.EndAsync(isConfirmed: false);
            }

            await scene.SettleAsync();
            Assert.InRange((await scene.MessagesAsync())[0].Edits, 0, quarter);
            await scene.PassAsync(TimeSpan.FromMinutes(15));
        }

        await scene.EndAsync();
        await scene.SettleAsync();

        var messages = await scene.MessagesAsync();
        var (first, replies) = (messages[0], messages.Skip(1).ToArray());
        Assert.Equal("Orders\ndown by 25 %\n\nover after 23 h 45 min (00:00 to 23:45)", first.Text);
        Assert.InRange(first.Edits, 90, 96);
        Assert.Equal(
            [
                .. Enumerable.Range(1, 23).Select(hour => $"still: Orders, for {hour} h"),
                "over: Orders, after 23 h 45 min",
            ],
            replies.Select(reply => reply.Text)
        );
        Assert.All(replies, reply => Assert.Equal(first.MessageId, reply.ReplyTo));
    }

    [Fact]
    public async Task Three_firings_hours_apart_are_three_messages_with_three_ends()
    {
        await using var scene = await IncidentScene.BeginAsync();
        for (var i = 1; i <= 3; i++)
        {
            await scene.FireAsync($"down by {i} %");
            await scene.PassAsync(TimeSpan.FromMinutes(30));
            await scene.EndAsync();
            await scene.PassAsync(TimeSpan.FromHours(4));
        }

        Assert.Equal(
            [
                "Orders\ndown by 1 %\n\nover after 30 min (00:00 to 00:30)",
                "over: Orders, after 30 min",
                "Orders\ndown by 2 %\n\nover after 30 min (04:30 to 05:00)",
                "over: Orders, after 30 min",
                "Orders\ndown by 3 %\n\nover after 30 min (09:00 to 09:30)",
                "over: Orders, after 30 min",
            ],
            (await scene.MessagesAsync()).Select(m => m.Text)
        );
    }

    [Fact]
    public async Task News_within_a_minute_are_one_silent_edit_with_the_newest()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync("1");
        foreach (var text in (string[])["2", "3", "4"])
        {
            await scene.PassAsync(TimeSpan.FromSeconds(10));
            await scene.FireAsync(text);
            await scene.SettleAsync();
        }

        Assert.Equal(("Orders\n1", 0), Shown(Assert.Single(await scene.MessagesAsync())));
        await scene.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(("Orders\n4", 1), Shown(Assert.Single(await scene.MessagesAsync())));
        await scene.PassAsync(TimeSpan.FromMinutes(9));
        await scene.FireAsync("4");
        await scene.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, Assert.Single(await scene.MessagesAsync()).Edits);
        await scene.FireAsync("5");
        await scene.SettleAsync();
        Assert.Equal(
            ("Orders\n5\n\nsince 00:00, last seen 00:11", 2),
            Shown(Assert.Single(await scene.MessagesAsync()))
        );
    }

    [Fact]
    public async Task A_deleted_message_comes_again_once_while_the_incident_is_open()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync("1");
        await scene.Phone.DeleteMessageAsync(
            IncidentScene.Chat,
            (await scene.MessagesAsync())[0].MessageId,
            Cancellation
        );
        await scene.PassAsync(TimeSpan.FromMinutes(5));
        await scene.FireAsync("2");
        await scene.SettleAsync();

        Assert.Equal("Orders\n2\n\nsince 00:00, last seen 00:05", Assert.Single(await scene.MessagesAsync()).Text);
        await scene.PassAsync(TimeSpan.FromMinutes(5));
        await scene.FireAsync("3");
        await scene.SettleAsync();
        Assert.Equal("Orders\n3\n\nsince 00:00, last seen 00:10", Assert.Single(await scene.MessagesAsync()).Text);

        await scene.Phone.ClearChatAsync(IncidentScene.Chat, Cancellation);
        await scene.PassAsync(TimeSpan.FromHours(1));
        await scene.EndAsync();
        await scene.SettleAsync();
        Assert.Equal(["over: Orders, after 1 h 10 min"], (await scene.MessagesAsync()).Select(m => m.Text));
    }

    [Fact]
    public async Task A_muted_incident_is_shown_as_it_stands_when_the_mute_ends()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.Outbox.MuteAsync(IncidentScene.Dana, "orders.py", scene.Clock.GetUtcNow() + TimeSpan.FromHours(2));
        await scene.FireAsync("1");
        await scene.FireAsync("unseen", key: "brief");
        await scene.PassAsync(TimeSpan.FromMinutes(90));
        await scene.FireAsync("2");
        await scene.EndAsync(key: "brief");
        await scene.SettleAsync();
        Assert.Empty(await scene.MessagesAsync());
        Assert.Null(scene.Incident().ToldAt);

        await scene.PassAsync(TimeSpan.FromMinutes(31));
        await scene.SettleAsync();

        Assert.Equal(["Orders\n2\n\nsince 00:00, last seen 01:30"], (await scene.MessagesAsync()).Select(m => m.Text));
        await scene.PassAsync(TimeSpan.FromMinutes(9));
        await scene.EndAsync();
        await scene.SettleAsync();
        Assert.Equal(
            ["Orders\n2\n\nover after 2 h 10 min (00:00 to 02:10)", "over: Orders, after 2 h 10 min"],
            (await scene.MessagesAsync()).Select(m => m.Text)
        );
    }

    [Fact]
    public async Task A_late_press_of_snooze_hides_the_end_only_until_the_mute_ends()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync();
        var pressed = (await scene.MessagesAsync())[0];
        await scene.PassAsync(TimeSpan.FromMinutes(30));
        await scene.EndAsync();
        await scene.SettleAsync();
        Assert.Equal(
            "Orders\ndown by 25 %\n\nover after 30 min (00:00 to 00:30)",
            (await scene.MessagesAsync())[0].Text
        );

        // The phone had not shown the end yet.
        await scene.PressAsync("Snooze 1h", pressed);
        await scene.SettleAsync();
        Assert.StartsWith(
            "Orders\ndown by 25 %\n🔕 muted by dana until ",
            (await scene.MessagesAsync())[0].Text,
            StringComparison.Ordinal
        );
        await scene.PassAsync(TimeSpan.FromMinutes(61));

        var shown = (await scene.MessagesAsync())[0];
        Assert.Equal("Orders\ndown by 25 %\n\nover after 30 min (00:00 to 00:30)", shown.Text);
        Assert.Equal(["Run again"], Buttons(shown));
        await scene.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(shown.Edits, (await scene.MessagesAsync())[0].Edits);
    }

    [Fact]
    public async Task A_chart_is_added_and_changed_and_stays_above_a_later_text()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync("text");
        var charts = new List<string>();
        foreach (var width in (int[])[40, 60])
        {
            await scene.PassAsync(TimeSpan.FromMinutes(2));
            await scene.FireAsync($"chart {width}", chart: TestPictures.Png(width, 30));
            await scene.SettleAsync();
            var shown = Assert.Single(await scene.MessagesAsync());
            Assert.Equal(width, shown.Photo?.Width);
            Assert.StartsWith($"Orders\nchart {width}\n\nsince", shown.Text, StringComparison.Ordinal);
            charts.Add(shown.Photo!.Sha256);
        }

        Assert.Equal(2, charts.Distinct(StringComparer.Ordinal).Count());
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.FireAsync(new string('x', 3000));
        await scene.SettleAsync();
        var last = Assert.Single(await scene.MessagesAsync());
        Assert.StartsWith("Orders\nxxx", last.Text, StringComparison.Ordinal);
        Assert.EndsWith("…\n\nsince 00:00, last seen 00:06", last.Text, StringComparison.Ordinal);
        Assert.InRange(last.Text.Length, 900, 1024);
    }

    [Fact]
    public async Task The_message_under_an_album_shows_the_first_chart_of_another_album()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync("", title: null, charts: [TestPictures.Png(40, 30), TestPictures.Png(50, 30)]);
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.FireAsync("worse", title: null, charts: [TestPictures.Png(40, 30), TestPictures.Png(50, 30)]);
        await scene.SettleAsync();
        Assert.Equal([40, 50, null], (await scene.MessagesAsync()).Select(m => m.Photo?.Width));
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.FireAsync("worse", title: null, charts: [TestPictures.Png(60, 30), TestPictures.Png(70, 30)]);
        await scene.SettleAsync();

        var shown = await scene.MessagesAsync();
        Assert.Equal([40, 50, 60], shown.Select(m => m.Photo?.Width));
        Assert.Equal("worse\n\nsince 00:00, last seen 00:04\n(chart 1 of 2)", shown[2].Text);
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.EndAsync();
        await scene.SettleAsync();
        var last = await scene.MessagesAsync();
        Assert.Equal(shown.Select(m => m.MessageId), last.SkipLast(1).Select(m => m.MessageId));
        Assert.Equal(["", ""], last.Take(2).Select(m => m.Text));
        Assert.Equal("worse\n\nover after 6 min (00:00 to 00:06)\n(chart 1 of 2)", last[2].Text);
        Assert.Equal(("over: worse, after 6 min", last[2].MessageId), (last[3].Text, last[3].ReplyTo));
    }

    [Fact]
    public async Task Of_two_charts_that_are_documents_the_one_with_the_text_is_edited()
    {
        await using var scene = await IncidentScene.BeginAsync();
        // Telegram takes nothing so wide as a photo.
        await scene.FireAsync("1", charts: [TestPictures.Png(100, 4), TestPictures.Png(200, 4)]);
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.FireAsync("2", charts: [TestPictures.Png(300, 4), TestPictures.Png(400, 4)]);
        await scene.SettleAsync();
        var shown = await scene.MessagesAsync();
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.EndAsync();
        await scene.SettleAsync();

        var last = await scene.MessagesAsync();
        Assert.Equal(
            ["Orders\n2\n\nover after 4 min (00:00 to 00:04)", "", "over: Orders, after 4 min"],
            last.Select(m => m.Text)
        );
        Assert.Equal([true, true, false], last.Select(m => m.Document is not null));
        Assert.Equal(shown.Select(m => m.MessageId), last.SkipLast(1).Select(m => m.MessageId));
        Assert.Equal("Orders\n2\n\nsince 00:00, last seen 00:02", shown[0].Text);
        Assert.Equal(0, last[1].Edits);
    }

    [Fact]
    public async Task Who_is_on_it_ends_reminders_and_the_button()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync();
        Assert.Equal(["I'm on it", "Snooze 1h", "Run again"], Buttons((await scene.MessagesAsync())[0]));
        await scene.PassAsync(TimeSpan.FromSeconds(20));

        await scene.Outbox.AcknowledgeIncidentAsync(scene.Incident().Id, "dana");
        Assert.Equal(
            "dana",
            (await scene.Outbox.AcknowledgeIncidentAsync(scene.Incident().Id, "omar"))?.AcknowledgedBy
        );
        await scene.SettleAsync();

        var shown = Assert.Single(await scene.MessagesAsync());
        Assert.Equal("Orders\ndown by 25 %\n\ndana is on it since 00:00", shown.Text);
        Assert.Equal(["Snooze 1h", "Run again"], Buttons(shown));
        await scene.PassAsync(TimeSpan.FromHours(5));
        await scene.FireAsync("worse");
        await scene.SettleAsync();
        Assert.Equal(
            "Orders\nworse\n\nsince 00:00, last seen 05:00\ndana is on it since 00:00",
            Assert.Single(await scene.MessagesAsync()).Text
        );
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.EndAsync();
        await scene.SettleAsync();
        shown = (await scene.MessagesAsync())[0];
        Assert.Equal(["Run again"], Buttons(shown));
        Assert.EndsWith(
            "over after 5 h 2 min (00:00 to 05:02)\ndana was on it since 00:00",
            shown.Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_edit_waits_for_an_outage_and_for_what_Telegram_asks()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync("1");
        await scene.Phone.BeginOutageAsync(Cancellation);
        await scene.PassAsync(TimeSpan.FromMinutes(2), settles: false);
        await scene.FireAsync("2", wait: TimeSpan.Zero);
        await scene.Edits.LookAsync(Cancellation);
        await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "editMessageText",
                Status = 429,
                RetryAfter = 1,
                Times = 1,
            },
            Cancellation
        );

        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.SettleAsync();

        Assert.Equal(
            ("Orders\n2\n\nsince 00:00, last seen 00:02", 1),
            Shown(Assert.Single(await scene.MessagesAsync()))
        );
        Assert.Equal(2, (await scene.Phone.CallsAsync(Cancellation, "editMessageText")).Count);
    }

    [Fact]
    public async Task An_address_that_Telegram_refuses_becomes_a_line_of_the_edit()
    {
        await using var scene = await IncidentScene.BeginAsync();
        var button = new NotificationButton("Open", "https://shop.example/orders", null);
        await scene.FireAsync("1", buttons: [button]);
        Assert.Contains("Open", Buttons((await scene.MessagesAsync())[0]));
        await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "editMessageText",
                Status = 400,
                Description = "Bad Request: BUTTON_URL_INVALID",
                Times = 1,
            },
            Cancellation
        );
        await scene.PassAsync(TimeSpan.FromMinutes(2));
        await scene.FireAsync("2", buttons: [button]);
        await scene.SettleAsync();

        var shown = Assert.Single(await scene.MessagesAsync());
        Assert.EndsWith("https://shop.example/orders", shown.Text, StringComparison.Ordinal);
        Assert.Equal(["I'm on it", "Snooze 1h", "Run again"], Buttons(shown));
    }

    [Fact]
    public async Task In_quiet_hours_edits_go_on_and_reminders_and_new_messages_do_not()
    {
        await using var scene = await IncidentScene.BeginAsync();
        Assert.True(QuietHours.TryRead("22:00-07:00", out var hours, out _));
        await scene.Outbox.SetQuietAsync(IncidentScene.Dana, hours);
        await scene.PassAsync(TimeSpan.FromHours(21));
        await scene.FireAsync("evening");
        await scene.PassAsync(TimeSpan.FromHours(3));
        await scene.FireAsync("midnight");
        var atNight = Assert.IsType<DeliveryOutcome.Accepted>(await scene.FireAsync("new at night", key: "other"));
        await scene.SettleAsync();

        Assert.Equal(DeliveryState.Held, atNight.Progress.State);
        Assert.NotNull(atNight.Incident);
        Assert.Equal(
            ["Orders\nmidnight\n\nsince 2026-03-02 21:00, last seen 00:00"],
            (await scene.MessagesAsync()).Select(m => m.Text)
        );
        await scene.PassAsync(TimeSpan.FromHours(8));
        await scene.FireAsync("midnight");
        Assert.Equal("still: Orders, for 11 h", (await scene.MessagesAsync())[^1].Text);
    }

    [Fact]
    public void All_new_messages_go_before_an_edit()
    {
        var queues = new FairQueue(TimeProvider.System);
        var edit = new IncidentEditJob(null!, "orders", TimeProvider.System);
        var message = new NewMessage();
        queues.Add(edit);
        queues.Add(message);

        Assert.Same(message, queues.TakeNext()?.Jobs.Peek());
        Assert.Same(edit, queues.TakeNext()?.Jobs.Peek());
    }

    [Fact]
    public async Task An_untitled_incident_is_named_by_its_first_line_without_markup()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.FireAsync("*Disk* full\nmore", title: null, mode: ParseMode.Markdown);
        await scene.EndAsync();
        Assert.Equal("over: Disk full, after 1 min", (await scene.MessagesAsync())[^1].Text);
    }

    [Fact]
    public async Task Two_posts_of_a_key_at_the_same_moment_are_one_incident()
    {
        await using var scene = await IncidentScene.BeginAsync();

        var posts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => scene.FireAsync()));
        await scene.SettleAsync();

        Assert.Single(await scene.MessagesAsync());
        Assert.Single(posts.Cast<DeliveryOutcome.Accepted>().Select(post => (post.Id, post.Incident!.Id)).Distinct());
    }

    [Fact]
    public async Task A_user_has_500_open_incidents_at_most()
    {
        await using var scene = await IncidentScene.BeginAsync();
        await scene.Outbox.MuteAsync(IncidentScene.Dana, null, Mutes.Forever);
        for (var i = 0; i < 500; i++)
        {
            Assert.IsType<DeliveryOutcome.Accepted>(await scene.FireAsync(key: $"{i}"));
        }

        Assert.IsType<DeliveryOutcome.TooManyIncidents>(await scene.FireAsync(key: "one more"));
        await scene.EndAsync(key: "7");
        Assert.IsType<DeliveryOutcome.Accepted>(await scene.FireAsync(key: "one more"));
    }

    private static (string Text, int Edits) Shown(MessageView message) => (message.Text, message.Edits);

    private static IEnumerable<string> Buttons(MessageView message) =>
        message.Buttons.SelectMany(row => row).Select(button => button.Text);

    private sealed class NewMessage : DeliveryJob
    {
        public override object QueueKey => IncidentScene.Dana;

        public override TimeSpan Left => TimeSpan.MaxValue;

        public override ChatId? Chat() => null;

        public override Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping) =>
            throw new NotSupportedException();
    }
}
