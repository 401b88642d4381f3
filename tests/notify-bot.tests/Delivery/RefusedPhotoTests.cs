using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>A chart that Telegram does not take as a photo goes as a document; one that it does not take at all does not take its words along. All of it once.</summary>
public sealed class RefusedPhotoTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")]
    [InlineData(400, "Bad Request: IMAGE_PROCESS_FAILED")]
    [InlineData(400, "Bad Request: PHOTO_SAVE_FILE_INVALID")]
    [InlineData(400, "Bad Request: PHOTO_EXT_INVALID")]
    [InlineData(400, "Bad Request: PHOTO_CROP_SIZE_SMALL")]
    [InlineData(400, "Bad Request: not enough rights to send photos to the chat")]
    [InlineData(400, "Bad Request: something that Telegram has never said before")]
    [InlineData(413, "Request Entity Too Large")]
    public async Task A_chart_that_is_refused_as_a_photo_goes_as_a_document_once_also_from_the_queue(
        int status,
        string description
    )
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendPhoto",
                Status = status,
                Description = description,
            }
        );
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendDocument",
                Status = 500,
                Times = 1,
            }
        );

        (
            await scene.SendPhotoAsync(
                TestPictures.Png(80, 50),
                ("user", "dana"),
                ("title", "Sales"),
                ("message", "by day"),
                ("wait", "30")
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.NotNull(message.Document);
        Assert.Contains("by day", message.Text, StringComparison.Ordinal);
        Assert.Equal([500, 200], (await scene.Phone.CallsAsync(Cancellation, "sendDocument")).Select(c => c.Status));
    }

    [Theory]
    [InlineData(400, "Bad Request: IMAGE_PROCESS_FAILED")]
    [InlineData(400, "Bad Request: not enough rights to send documents to the chat")]
    [InlineData(400, "Bad Request: wrong file identifier/HTTP URL specified")]
    [InlineData(413, "Request Entity Too Large")]
    public async Task A_chart_that_is_refused_as_a_document_too_leaves_its_words_and_the_reason_once_also_from_the_queue(
        int status,
        string description
    )
    {
        await using var scene = await ApiScene.BeginAsync();
        await RefuseChartsAsync(scene, status, description);
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 500,
                Times = 1,
            }
        );

        (
            await scene.SendPhotoAsync(
                TestPictures.Png(80, 50),
                ("user", "dana"),
                ("title", "Sales"),
                ("message", "by *day*"),
                ("wait", "30")
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal($"Sales\nby day\n(The chart could not be sent: {description})", message.Text);
        Assert.Equal(["Sales", "day"], message.Entities.Select(e => message.Text.Substring(e.Offset, e.Length)));
        Assert.Equal(1, Polling.PollingFaultTests.Count(scene.Bot.Log, $"({description})"));
    }

    [Fact]
    public async Task A_chart_without_words_that_is_refused_is_said_to_be_missing()
    {
        await using var scene = await ApiScene.BeginAsync();
        await RefuseChartsAsync(scene, 400, "Bad Request: IMAGE_PROCESS_FAILED");

        (await scene.SendPhotoAsync(TestPictures.Png(80, 50), ("user", "dana"))).AssertDelivered();

        Assert.Equal(
            "(The chart could not be sent: Bad Request: IMAGE_PROCESS_FAILED)",
            Assert.Single(await scene.DanasPhone()).Text
        );
    }

    [Theory]
    [InlineData("HTML", "<b>12 %</b> up", "Bad Request: a & b < c")]
    [InlineData("MarkdownV2", "*12 %* up", "Bad Request: CHART_INVALID.")]
    public async Task Words_with_markup_keep_it_when_their_chart_is_refused(
        string mode,
        string caption,
        string description
    )
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendPhoto",
                Status = 400,
                Description = description,
            }
        );

        (
            await scene.SendPhotoAsync(
                TestPictures.Png(80, 50),
                ("user", "dana"),
                ("caption", caption),
                ("parse_mode", mode)
            )
        ).AssertDelivered();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendDocument",
                Status = 400,
                Description = description,
            }
        );
        (
            await scene.SendPhotoAsync(
                TestPictures.Png(80, 50),
                ("user", "dana"),
                ("caption", caption),
                ("parse_mode", mode)
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.Equal(
            ["12 % up", $"12 % up\n(The chart could not be sent: {description})"],
            messages.Select(m => m.Text)
        );
        Assert.Equal(["bold", "bold"], messages.Select(m => Assert.Single(m.Entities).Type));
        Assert.Equal([200], (await scene.Phone.CallsAsync(Cancellation, "sendMessage")).Select(c => c.Status));
    }

    [Fact]
    public async Task The_text_that_is_too_long_for_a_caption_comes_after_what_is_left_of_its_chart()
    {
        await using var scene = await ApiScene.BeginAsync();
        await RefuseChartsAsync(scene, 400, "Bad Request: IMAGE_PROCESS_FAILED");
        var text = string.Join(' ', Enumerable.Range(1, 400).Select(n => $"word{n}"));

        (
            await scene.SendPhotoAsync(
                TestPictures.Png(80, 50),
                ("user", "dana"),
                ("title", "Report"),
                ("caption", text)
            )
        ).AssertDelivered();

        Assert.Equal(
            ["Report\n(The chart could not be sent: Bad Request: IMAGE_PROCESS_FAILED)", text],
            (await scene.DanasPhone()).Select(m => m.Text)
        );
    }

    [Theory]
    [InlineData("Bad Request: TOPIC_CLOSED")]
    [InlineData("Bad Request: have no rights to send a message")]
    public async Task A_refusal_that_is_about_the_chat_and_not_the_chart_is_not_asked_about_again(string description)
    {
        await using var scene = await ApiScene.BeginAsync();
        await RefuseChartsAsync(scene, 400, description);

        (await scene.SendPhotoAsync(TestPictures.Png(80, 50), ("user", "dana"), ("caption", "hello"))).AssertRefused(
            502,
            description
        );

        Assert.Equal(
            ["sendPhoto"],
            (await scene.Phone.CallsAsync(Cancellation))
                .Select(c => c.Method)
                .Where(m => m.StartsWith("send", StringComparison.Ordinal))
        );
    }

    private static async Task RefuseChartsAsync(ApiScene scene, int status, string description)
    {
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendPhoto",
                Status = status,
                Description = description,
            }
        );
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendDocument",
                Status = status,
                Description = description,
            }
        );
    }
}
