using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>A chart that Telegram does not take as a photo goes as a document, with its words, once.</summary>
public sealed class RefusedPhotoTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Bad Request: PHOTO_INVALID_DIMENSIONS")]
    [InlineData("Bad Request: IMAGE_PROCESS_FAILED")]
    [InlineData("Bad Request: PHOTO_SAVE_FILE_INVALID")]
    public async Task A_chart_that_is_refused_as_a_photo_goes_as_a_document_once_also_from_the_queue(string description)
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(new Fault { Kind = FaultKind.Answer, Method = "sendPhoto", Status = 400, Description = description });
        await scene.FaultAsync(new Fault { Kind = FaultKind.Answer, Method = "sendDocument", Status = 500, Times = 1 });

        (await scene.SendPhotoAsync(TestPictures.Png(80, 50), ("user", "dana"), ("title", "Sales"), ("message", "by day"), ("wait", "30"))).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.NotNull(message.Document);
        Assert.Contains("by day", message.Text, StringComparison.Ordinal);
        Assert.Equal([500, 200], (await scene.Phone.CallsAsync(Cancellation, "sendDocument")).Select(c => c.Status));
    }
}
