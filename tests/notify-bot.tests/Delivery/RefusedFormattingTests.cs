using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>Formatting never costs a message, whoever made it: what Telegram refuses with it goes out without.</summary>
public sealed class RefusedFormattingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Bad Request: can't parse entities: entity at offset 0 is out of the text")]
    [InlineData("Bad Request: can't parse MessageEntity: Field \"type\" must be of type String")]
    [InlineData("Bad Request: ENTITY_BOUNDS_INVALID")]
    [InlineData("Bad Request: ENTITIES_TOO_LONG")]
    [InlineData("Bad Request: something that Telegram has never said before")]
    public async Task A_text_whose_entities_are_refused_goes_out_without_them_once(string description)
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = description,
                Times = 1,
            }
        );

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    title = "Sales",
                    text = "*12 %* up",
                }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Sales\n12 % up", message.Text);
        Assert.Empty(message.Entities);
        Assert.Equal([400, 200], (await scene.Phone.CallsAsync(Cancellation, "sendMessage")).Select(c => c.Status));
    }

    [Theory]
    [InlineData("Bad Request: can't parse MessageEntity: Field \"type\" must be of type String")]
    [InlineData("Bad Request: ENTITY_BOUNDS_INVALID")]
    public async Task A_caption_whose_entities_are_refused_goes_out_without_them_under_its_photo(string description)
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendPhoto",
                Status = 400,
                Description = description,
                Times = 1,
            }
        );

        (
            await scene.SendPhotoAsync(
                TestPictures.Png(80, 50),
                ("user", "dana"),
                ("title", "Sales"),
                ("message", "*by* day")
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.NotNull(message.Photo);
        Assert.Equal("Sales\nby day", message.Text);
        Assert.Empty(message.Entities);
    }

    [Fact]
    public async Task Markup_that_is_refused_goes_as_the_bot_reads_it_and_then_plain()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = "Bad Request: ENTITY_BOUNDS_INVALID",
                Times = 2,
            }
        );

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "<b>12 %</b> up",
                    parse_mode = "HTML",
                }
            )
        ).AssertDelivered();

        Assert.Equal("12 % up", Assert.Single(await scene.DanasPhone()).Text);
        var calls = await scene.Phone.CallsAsync(Cancellation, "sendMessage");
        Assert.Equal(
            [(true, false), (false, true), (false, false)],
            calls.Select(c => (c.Fields.ContainsKey("parse_mode"), c.Fields.ContainsKey("entities")))
        );
    }

    [Theory]
    [InlineData("Bad Request: TOPIC_CLOSED")]
    [InlineData("Bad Request: have no rights to send a message")]
    [InlineData("Bad Request: not enough rights to send text messages to the chat")]
    public async Task A_chat_that_takes_no_words_at_all_is_not_asked_again(string description)
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = description,
            }
        );

        (await scene.SendAsync(new { user = "dana", text = "*12 %* up" })).AssertRefused(502, description);

        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMessage"));
    }
}
