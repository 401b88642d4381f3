using System.Globalization;
using Notify.Sandbox;
using Notify.Sandbox.Control;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>Several charts of one notification: one album with its caption under the first. Whatever fails, each chart arrives, and none more than twice.</summary>
public sealed class AlbumTests
{
    /// <summary>Telegram takes an album, and its answer is lost.</summary>
    private static readonly Fault Lost = new()
    {
        Kind = FaultKind.Drop,
        Method = "sendMediaGroup",
        Taken = true,
        Times = 1,
    };

    /// <summary>Telegram refuses an album as a whole.</summary>
    private static readonly Fault Refused = new()
    {
        Kind = FaultKind.Answer,
        Method = "sendMediaGroup",
        Status = 400,
        Description = "Bad Request: MEDIA_INVALID",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_charts_are_one_album_with_the_caption_under_the_first()
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(10);

        (await SendAsync(scene, charts, ("title", "Daily"), ("text", "*Ten* charts"))).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(charts.Select(TestPictures.Sha), messages.Select(m => m.Photo!.Sha256));
        Assert.Equal("Daily\nTen charts", messages[0].Text);
        Assert.All(messages.Skip(1), m => Assert.Equal("", m.Text));
        Assert.Single(messages.Select(m => m.MediaGroupId).Distinct());
        Assert.NotNull(messages[0].MediaGroupId);
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMediaGroup"));
    }

    [Fact]
    public async Task All_charts_are_in_the_history_for_their_owner()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await SendAsync(scene, Charts(3), ("text", "x"))).AssertDelivered();

        var entry = (await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana")).Json.GetProperty(
            "notifications"
        )[0];
        var ids = entry.GetProperty("image_ids").EnumerateArray().Select(id => id.GetString()!).ToArray();
        Assert.Equal(3, ids.Length);
        Assert.Equal(entry.GetProperty("image_id").GetString(), ids[0]);
        foreach (var id in ids)
        {
            var answer = await scene.AskAsync(HttpMethod.Get, $"/images/{id}?user=dana");
            Assert.Equal((200, "image/png"), (answer.Status, answer.Headers["content-type"]));
            Assert.Equal(404, (await scene.AskAsync(HttpMethod.Get, $"/images/{id}?user=omar")).Status);
        }
    }

    [Fact]
    public async Task Buttons_come_under_the_text_which_then_follows_the_album()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await SendAsync(
                scene,
                Charts(2),
                ("text", "Look"),
                ("script", "look.py"),
                ("buttons", """[{"text":"Open","url":"https://example.com/board"}]""")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(["", "", "Look"], messages.Select(m => m.Text));
        Assert.Equal(
            ["Open", "Snooze 1h", "Mute", "Run again"],
            messages[2].Buttons.SelectMany(row => row).Select(b => b.Text)
        );
    }

    [Fact]
    public async Task A_caption_that_is_too_long_follows_the_album()
    {
        await using var scene = await ApiScene.BeginAsync();

        (await SendAsync(scene, Charts(2), ("title", "Daily"), ("text", new string('x', 2000)))).AssertDelivered();

        Assert.Equal(["Daily", "", new string('x', 2000)], (await scene.DanasPhone()).Select(m => m.Text));
    }

    [Fact]
    public async Task What_Telegram_takes_as_no_photo_goes_as_a_file_after_the_album()
    {
        await using var scene = await ApiScene.BeginAsync();
        byte[][] charts = [TestPictures.Png(4000, 20), .. Charts(2), TestPictures.PngOfSize(10_000_001)];

        (await SendAsync(scene, charts, ("text", "x"), ("wait", "30"))).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(
            [TestPictures.Sha(charts[1]), TestPictures.Sha(charts[2]), null, null],
            messages.Select(m => m.Photo?.Sha256)
        );
        Assert.Equal(
            [null, null, TestPictures.Sha(charts[0]), TestPictures.Sha(charts[3])],
            messages.Select(m => m.Document?.Sha256)
        );
        Assert.Equal("x", messages[0].Text);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 5)]
    [InlineData(5, 5)]
    [InlineData(3, 10)]
    public async Task If_Telegram_refuses_one_chart_of_an_album_each_arrives_and_none_more_than_twice(
        int item,
        int count
    )
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(count);
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Item = item,
                Status = 400,
                Description = "IMAGE_PROCESS_FAILED",
            }
        );

        (await SendAsync(scene, charts, ("text", "x"), ("wait", "30"))).AssertDelivered();

        AssertEachOnceOrTwice(charts, await scene.DanasPhone());
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMediaGroup"));
    }

    [Fact]
    public async Task A_wait_that_hides_in_a_refused_album_is_kept()
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(4);
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Item = 2,
                Status = 429,
                RetryAfter = 2,
                Times = 1,
            }
        );

        (await SendAsync(scene, charts, ("text", "x"), ("wait", "30"))).AssertDelivered();

        AssertEachOnceOrTwice(charts, await scene.DanasPhone());
        var broken = Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMediaGroup"));
        var next = (await scene.Phone.CallsAsync(Cancellation, "sendPhoto"))[0];
        Assert.True(next.Time - broken.Time >= TimeSpan.FromSeconds(1.9), $"{next.Time - broken.Time}");
    }

    [Fact]
    public async Task An_album_that_is_refused_as_a_whole_goes_one_by_one_and_once()
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(4);
        await scene.FaultAsync(Refused);

        (await SendAsync(scene, charts, ("text", "*x*"), ("wait", "30"))).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(charts.Select(TestPictures.Sha), messages.Select(m => m.Photo!.Sha256));
        Assert.Equal("x", messages[0].Text);
    }

    [Fact]
    public async Task A_lost_answer_to_an_album_brings_it_twice()
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(3);
        await scene.FaultAsync(Lost);

        (await SendAsync(scene, charts, ("text", "x"), ("wait", "30"))).AssertDelivered();

        AssertEachOnceOrTwice(charts, await scene.DanasPhone());
    }

    [Fact]
    public async Task An_album_that_breaks_after_a_lost_answer_is_not_tried_a_third_time()
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(3);
        await scene.FaultAsync(Lost);
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Item = 2,
                Status = 400,
            }
        );

        var answer = await SendAsync(scene, charts, ("text", "x"), ("wait", "30"));

        Assert.Equal(502, answer.Status);
        Assert.Contains("went out twice", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, (await scene.DanasPhone()).Count(m => m.Photo?.Sha256 == TestPictures.Sha(charts[0])));
        Assert.Empty(await scene.Phone.CallsAsync(Cancellation, "sendPhoto"));
    }

    [Fact]
    public async Task An_album_counts_as_many_messages_as_it_has_charts_so_Telegram_never_says_stop()
    {
        await using var scene = await ApiScene.BeginAsync(options: new SandboxOptions());

        Assert.Equal(200, (await SendAsync(scene, Charts(5), ("text", "first"), ("wait", "0"))).Status);
        (await SendAsync(scene, Charts(2), ("text", "second"), ("wait", "30"))).AssertDelivered();

        Assert.Equal(7, (await scene.DanasPhone()).Count);
        Assert.All(
            await scene.Phone.CallsAsync(Cancellation, "sendMediaGroup"),
            call => Assert.Equal(200, call.Status)
        );
    }

    [Fact]
    public async Task After_a_kill_between_two_parts_it_goes_on_with_the_next_part()
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(3);
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendDocument",
                Status = 429,
                RetryAfter = 1,
                Times = 1,
            }
        );
        await scene.SendFormAsync([("a.bin", [1])], charts, ("user", "dana"), ("text", "x"), ("wait", "0"));
        await Eventually.TrueAsync(
            async () => (await scene.Phone.CallsAsync(Cancellation, "sendDocument")).Count > 0,
            () => "no document was tried",
            Cancellation
        );
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();

        var messages = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 4, Cancellation);
        Assert.Equal("a.bin", messages[3].Document!.Name);
        Assert.Equal(charts.Select(TestPictures.Sha), messages.Take(3).Select(m => m.Photo!.Sha256));
    }

    [Fact]
    public async Task A_kill_within_a_broken_album_goes_on_one_by_one()
    {
        await using var scene = await ApiScene.BeginAsync();
        var charts = Charts(4);
        await scene.FaultAsync(Refused);
        await SendAsync(scene, charts, ("text", "x"), ("wait", "0"));
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 1, Cancellation);
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();

        await Eventually.TrueAsync(
            async () =>
                (await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana"))
                    .Json.GetProperty("notifications")[0]
                    .GetProperty("state")
                    .GetString() == "delivered",
            () => "it does not end",
            Cancellation
        );
        AssertEachOnceOrTwice(charts, await scene.DanasPhone());
    }

    /// <summary>Pictures that differ.</summary>
    private static byte[][] Charts(int count) =>
        [.. Enumerable.Range(1, count).Select(i => TestPictures.Png(40 + i, 30))];

    private static Task<ApiAnswer> SendAsync(ApiScene scene, byte[][] charts, params (string, string)[] fields) =>
        scene.SendFormAsync([], charts, [("user", "dana"), .. fields]);

    private static void AssertEachOnceOrTwice(byte[][] charts, IReadOnlyList<MessageView> messages)
    {
        foreach (var (i, chart) in charts.Index())
        {
            var copies = messages.Count(m => (m.Photo ?? m.Document)?.Sha256 == TestPictures.Sha(chart));
            Assert.True(
                copies is 1 or 2,
                string.Create(CultureInfo.InvariantCulture, $"chart {i + 1} arrived {copies} times")
            );
        }

        Assert.Contains(messages, m => m.Text == "x");
    }
}
