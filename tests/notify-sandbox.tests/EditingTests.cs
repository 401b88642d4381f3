using System.Net.Http.Json;
using System.Text.Json;
using Notify.Testing;
using Telegram.Bot;
using Telegram.Bot.Types;
using Telegram.Bot.Types.ReplyMarkups;

namespace Notify.Tests;

/// <summary>Messages that change: <c>editMessageMedia</c>, the limits of edits, and what a message showed before.</summary>
public sealed class EditingTests : SandboxSpecs, IDisposable
{
    private const string NotModified =
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";

    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_message_keeps_what_it_showed_before_each_edit()
    {
        var sent = await Bot.SendMessage(
            Alice,
            "70 %",
            replyMarkup: new InlineKeyboardMarkup(InlineKeyboardButton.WithCallbackData("Run", "run")),
            cancellationToken: Cancellation
        );
        Time.Advance(TimeSpan.FromMinutes(1));
        await Bot.EditMessageText(Alice, sent.Id, "80 %", cancellationToken: Cancellation);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Bot.EditMessageText(Alice, sent.Id, "90 %", cancellationToken: Cancellation);

        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(("90 %", 2, Time.GetUtcNow()), (message.Text, message.Edits, message.Edited));
        Assert.Equal(
            [("70 %", 1, 1), ("80 %", 2, 0)],
            message.Versions.Select(v => (v.Text, (v.Until - message.Date).Minutes, v.Buttons.Count))
        );
    }

    [Fact]
    public async Task A_refused_edit_changes_nothing_and_makes_no_version()
    {
        var sent = await Bot.SendMessage(Alice, "same", cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            NotModified,
            () => Bot.EditMessageText(Alice, sent.Id, "same", cancellationToken: Cancellation)
        );
        await RefusedAsync(
            400,
            "Bad Request: message is too long",
            () => Bot.EditMessageText(Alice, sent.Id, new string('a', 4097), cancellationToken: Cancellation)
        );
        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(("same", 0, 0), (message.Text, message.Edits, message.Versions.Count));
    }

    [Fact]
    public async Task The_versions_of_a_message_are_bounded()
    {
        var sent = await Bot.SendMessage(Alice, "0", cancellationToken: Cancellation);
        for (var i = 1; i <= 110; i++)
        {
            await Bot.EditMessageText(Alice, sent.Id, $"{i}", cancellationToken: Cancellation);
        }

        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal((110, 100, "10"), (message.Edits, message.Versions.Count, message.Versions[0].Text));
    }

    [Fact]
    public async Task A_photo_becomes_another_photo_with_another_caption()
    {
        var sent = await Bot.SendPhoto(Alice, Png(64), "before", cancellationToken: Cancellation);
        await Bot.EditMessageMedia(
            Alice,
            sent.Id,
            new InputMediaPhoto(Png(32)) { Caption = "after" },
            cancellationToken: Cancellation
        );

        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(("after", 32), (message.Text, message.Photo!.Width));
        var version = Assert.Single(message.Versions);
        Assert.Equal(("before", 64), (version.Text, version.Photo!.Width));
    }

    [Fact]
    public async Task A_text_gets_a_photo_and_its_text_is_the_caption_of_the_edit()
    {
        var sent = await Bot.SendMessage(Alice, "no chart yet", cancellationToken: Cancellation);
        var edited = await Bot.EditMessageMedia(
            Alice,
            sent.Id,
            new InputMediaPhoto(Png(64)) { Caption = "with a chart" },
            cancellationToken: Cancellation
        );
        Assert.Equal(("with a chart", null), (edited.Caption, edited.Text));
        await RefusedAsync(
            400,
            "Bad Request: there is no text in the message to edit",
            () => Bot.EditMessageText(Alice, sent.Id, "x", cancellationToken: Cancellation)
        );
    }

    [Fact]
    public async Task A_photo_becomes_a_document()
    {
        var sent = await Bot.SendPhoto(Alice, Png(64), cancellationToken: Cancellation);
        await Bot.EditMessageMedia(Alice, sent.Id, new InputMediaDocument(Png(64)), cancellationToken: Cancellation);
        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal((null, "chart.png"), (message.Photo, message.Document?.Name));
    }

    [Fact]
    public async Task An_item_of_an_album_keeps_its_kind()
    {
        var album = await Bot.SendMediaGroup(
            Alice,
            [
                new InputMediaPhoto(InputFile.FromStream(new MemoryStream(TestPictures.Png(64, 64)), "a.png")),
                new InputMediaPhoto(InputFile.FromStream(new MemoryStream(TestPictures.Png(64, 64)), "b.png")),
            ],
            cancellationToken: Cancellation
        );
        await RefusedAsync(
            400,
            "Bad Request: can't change media type in the album",
            () =>
                Bot.EditMessageMedia(
                    Alice,
                    album[0].Id,
                    new InputMediaDocument(Png(64)),
                    cancellationToken: Cancellation
                )
        );
        await Bot.EditMessageMedia(Alice, album[0].Id, new InputMediaPhoto(Png(32)), cancellationToken: Cancellation);
        var messages = await Control.BotMessagesAsync(Alice, Cancellation);
        Assert.Equal([32, 64], messages.Select(m => m.Photo!.Width));
    }

    [Fact]
    public async Task The_photo_that_a_message_has_is_no_change_and_an_upload_of_the_same_bytes_is_one()
    {
        var sent = await Bot.SendPhoto(Alice, Png(64), "chart", cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            NotModified,
            () =>
                Bot.EditMessageMedia(
                    Alice,
                    sent.Id,
                    new InputMediaPhoto(InputFile.FromFileId(sent.Photo![^1].FileId)) { Caption = "chart" },
                    cancellationToken: Cancellation
                )
        );
        await Bot.EditMessageMedia(
            Alice,
            sent.Id,
            new InputMediaPhoto(Png(64)) { Caption = "chart" },
            cancellationToken: Cancellation
        );
        Assert.Equal(1, Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation)).Edits);
    }

    [Fact]
    public async Task A_damaged_photo_a_long_caption_and_a_missing_message_are_refused()
    {
        var sent = await Bot.SendPhoto(Alice, Png(64), cancellationToken: Cancellation);
        await RefusedAsync(
            400,
            "Bad Request: IMAGE_PROCESS_FAILED",
            () =>
                Bot.EditMessageMedia(
                    Alice,
                    sent.Id,
                    new InputMediaPhoto(InputFile.FromStream(new MemoryStream([1, 2, 3]), "a.png")),
                    cancellationToken: Cancellation
                )
        );
        await RefusedAsync(
            400,
            "Bad Request: message caption is too long",
            () =>
                Bot.EditMessageMedia(
                    Alice,
                    sent.Id,
                    new InputMediaPhoto(Png(64)) { Caption = new string('a', 1025) },
                    cancellationToken: Cancellation
                )
        );
        await RefusedAsync(
            400,
            "Bad Request: message to edit not found",
            () => Bot.EditMessageMedia(Alice, 9999, new InputMediaPhoto(Png(64)), cancellationToken: Cancellation)
        );
        Assert.Equal(0, Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation)).Edits);
    }

    [Theory]
    [InlineData("", "Bad Request: parameter \"media\" is required")]
    [InlineData("{", "Bad Request: can't parse input media JSON object")]
    [InlineData("[]", "Bad Request: can't parse InputMedia: expected an Object")]
    [InlineData("""{"type":"photo","media":"attach://x"}""", "Bad Request: can't parse InputMedia: media not found")]
    public async Task Media_of_another_shape_are_refused(string media, string description)
    {
        var sent = await Bot.SendMessage(Alice, "text", cancellationToken: Cancellation);
        using var answer = await _http.PostAsJsonAsync(
            new Uri(Sandbox.ApiAddress, $"/bot{Sandbox.Token}/editMessageMedia"),
            new
            {
                chat_id = Alice,
                message_id = sent.Id,
                media,
            },
            Cancellation
        );
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(description, body.RootElement.GetProperty("description").GetString());
    }

    private static InputFileStream Png(int size) =>
        InputFile.FromStream(new MemoryStream(TestPictures.Png(size, size)), "chart.png");
}
