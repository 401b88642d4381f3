using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>Charts: as a photo where Telegram takes it as one, else as a document; and what is too large or no picture at all.</summary>
public sealed class PictureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chart_arrives_as_a_photo_with_its_caption_and_byte_for_byte()
    {
        await using var scene = await ApiScene.BeginAsync();
        var chart = TestPictures.Png(640, 480);

        (
            await scene.SendPhotoAsync(chart, ("user", "dana"), ("title", "Daily report"), ("caption", "*12 %* up"))
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Daily report\n12 % up", message.Text.Replace("\n\n", "\n", StringComparison.Ordinal));
        Assert.Equal(TestPictures.Sha(chart), message.Photo?.Sha256);
    }

    [Fact]
    public async Task A_chart_without_words_is_enough()
    {
        await using var scene = await ApiScene.BeginAsync();

        (await scene.SendPhotoAsync(TestPictures.Png(64, 48), ("user", "dana"))).AssertDelivered();

        Assert.Equal("", Assert.Single(await scene.DanasPhone()).Text);
        var history = await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana");
        Assert.True(history.Status == 200, history.ToString());
        Assert.Equal("", history.Json.GetProperty("notifications")[0].GetProperty("message").GetString());
    }

    [Theory]
    [InlineData(4000, 20)]
    [InlineData(20, 4000)]
    [InlineData(9000, 1001)]
    public async Task A_picture_of_a_shape_that_is_no_photo_goes_as_a_document(int width, int height)
    {
        await using var scene = await ApiScene.BeginAsync();
        var chart = TestPictures.Png(width, height);

        (
            await scene.SendPhotoAsync(
                chart,
                ("user", "dana"),
                ("title", "Timeline"),
                ("message", "One bar only today")
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal(TestPictures.Sha(chart), message.Document?.Sha256);
        Assert.Contains("Timeline", message.Text, StringComparison.Ordinal);
        Assert.Contains("One bar only today", message.Text, StringComparison.Ordinal);
        Assert.Empty(await scene.Phone.CallsAsync(Cancellation, "sendPhoto"));
    }

    [Fact]
    public async Task A_picture_that_Telegram_does_not_take_as_a_photo_all_the_same_is_sent_as_a_document_next()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendPhoto",
                Status = 400,
                Description = "Bad Request: PHOTO_INVALID_DIMENSIONS",
            }
        );
        var chart = TestPictures.Png(640, 480);

        (await scene.SendPhotoAsync(chart, ("user", "dana"))).AssertDelivered();

        Assert.Equal(TestPictures.Sha(chart), Assert.Single(await scene.DanasPhone()).Document?.Sha256);
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendPhoto"));
    }

    [Fact]
    public async Task A_picture_over_10_MB_goes_as_a_document()
    {
        await using var scene = await ApiScene.BeginAsync();
        var chart = TestPictures.PngOfSize((10 * 1024 * 1024) + 1);

        (
            await scene.SendPhotoAsync(chart, ("user", "dana"), ("title", "Heat map"), ("message", "Full resolution"))
        ).AssertDelivered();

        Assert.Equal(TestPictures.Sha(chart), Assert.Single(await scene.DanasPhone()).Document?.Sha256);
        Assert.Empty(await scene.Phone.CallsAsync(Cancellation, "sendPhoto"));
    }

    [Fact]
    public async Task A_proxy_that_refuses_a_large_body_with_a_page_costs_the_chart_alone()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendDocument",
                Status = 413,
                Body = "<html><head><title>413 Request Entity Too Large</title></head></html>",
            }
        );

        (
            await scene.SendPhotoAsync(TestPictures.Png(4000, 20), ("user", "dana"), ("caption", "hello"))
        ).AssertDelivered();
        (await scene.SendAsync(new { user = "dana", text = "the bot is still there" })).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Matches(@"^hello\n\(The chart could not be sent: .*413.*\)$", messages[0].Text);
        Assert.Equal("the bot is still there", messages[1].Text);
    }

    [Fact]
    public async Task A_caption_over_Telegrams_limit_goes_on_in_a_message_of_its_own()
    {
        await using var scene = await ApiScene.BeginAsync();
        var text = string.Join(' ', Enumerable.Range(1, 400).Select(n => $"word{n}"));

        (
            await scene.SendPhotoAsync(
                TestPictures.Png(64, 48),
                ("user", "dana"),
                ("title", "Report"),
                ("caption", text)
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(2, messages.Count);
        Assert.Equal("Report", messages[0].Text);
        Assert.NotNull(messages[0].Photo);
        Assert.Equal(text, messages[1].Text);
    }

    [Fact]
    public async Task A_caption_at_the_limit_stays_with_its_photo()
    {
        await using var scene = await ApiScene.BeginAsync();
        var text = new string('a', 1024);

        (await scene.SendPhotoAsync(TestPictures.Png(64, 48), ("user", "dana"), ("caption", text))).AssertDelivered();

        Assert.Equal(text, Assert.Single(await scene.DanasPhone()).Text);
    }

    [Fact]
    public async Task What_is_no_PNG_or_JPEG_is_refused_whatever_it_is_called()
    {
        await using var scene = await ApiScene.BeginAsync();
        foreach (
            var (what, bytes) in new (string, byte[])[]
            {
                ("text", "no picture"u8.ToArray()),
                ("nothing", []),
                ("GIF", "GIF89a\x01\x00\x01\x00\x80\x00\x00"u8.ToArray()),
                ("PDF", "%PDF-1.7\n"u8.ToArray()),
                ("the first bytes of a PNG", [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]),
                ("SVG", """<svg xmlns="http://www.w3.org/2000/svg"/>"""u8.ToArray()),
            }
        )
        {
            (await scene.SendPhotoAsync(bytes, ("user", "dana"))).AssertRefused(415, "PNG or JPEG", what);
        }

        Assert.Empty(await scene.DanasPhone());
    }

    [Fact]
    public async Task A_photo_path_is_read_and_one_that_is_too_large_is_refused_by_its_size()
    {
        await using var scene = await ApiScene.BeginAsync();
        var chart = TestPictures.Png(64, 48);
        var (path, large) = (Path.Combine(scene.Bot.Folder, "chart.png"), Path.Combine(scene.Bot.Folder, "large.png"));
        await File.WriteAllBytesAsync(path, chart, Cancellation);
        await File.WriteAllBytesAsync(large, chart, Cancellation);
        await using (var file = File.OpenWrite(large))
        {
            file.SetLength(50_000_001);
        }

        (
            await scene.SendJsonAsync($$"""{"user":"dana","photo_path":"{{path}}","caption":"*here*"}""", "/send_photo")
        ).AssertDelivered();
        (await scene.SendJsonAsync($$"""{"user":"dana","photo_path":"{{large}}"}""", "/send_photo")).AssertRefused(
            413,
            "50000001 bytes"
        );

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal(("here", TestPictures.Sha(chart)), (message.Text, message.Photo?.Sha256));
    }
}
