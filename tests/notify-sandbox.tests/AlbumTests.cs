using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Telegram.Bot;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;

namespace Notify.Tests;

/// <summary>Several photos or documents sent as one: <c>sendMediaGroup</c>.</summary>
public sealed class AlbumTests : SandboxSpecs, IDisposable
{
    private static readonly byte[] Picture = TestPictures.Png(64, 48);

    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_album_arrives_as_messages_with_one_group_id_each_with_its_own_caption()
    {
        using var first = new MemoryStream(Picture);
        using var second = new MemoryStream(TestPictures.Png(32, 32));
        var sent = await Bot.SendMediaGroup(
            Alice,
            [
                new InputMediaPhoto(InputFile.FromStream(first, "berlin.png"))
                {
                    Caption = "*Berlin*",
                    ParseMode = ParseMode.Markdown,
                },
                new InputMediaPhoto(InputFile.FromStream(second, "hamburg.png")),
            ],
            disableNotification: true,
            cancellationToken: Cancellation
        );

        var group = Assert.Single(sent.Select(m => m.MediaGroupId).Distinct());
        Assert.Matches("^[0-9]+$", group);
        var messages = await Control.BotMessagesAsync(Alice, Cancellation);
        Assert.Equal(sent.Select(m => m.Id), messages.Select(m => m.MessageId));
        Assert.Equal(
            [(group, "Berlin", 64, true), (group, "", 32, true)],
            messages.Select(m => (m.MediaGroupId, m.Text, m.Photo!.Width, m.Silent))
        );
        Assert.Equal("bold", Assert.Single(messages[0].Entities).Type);
        Assert.Equal(Picture, await Control.FileAsync(messages[0].Photo!.FileId, Cancellation));
    }

    [Fact]
    public async Task Each_album_has_an_id_of_its_own_and_a_single_photo_has_none()
    {
        Assert.Equal(200, (await AlbumAsync(2)).Status);
        Assert.Equal(200, (await AlbumAsync(2)).Status);
        using var stream = new MemoryStream(Picture);
        await Bot.SendPhoto(Alice, InputFile.FromStream(stream, "chart.png"), cancellationToken: Cancellation);
        var groups = (await Control.BotMessagesAsync(Alice, Cancellation)).Select(m => m.MediaGroupId).ToList();
        Assert.Equal((groups[0], groups[2], null), (groups[1], groups[3], groups[4]));
        Assert.NotEqual(groups[0], groups[2]);
    }

    [Theory]
    [InlineData(0, "there are no messages to send")]
    [InlineData(1, "media must include 2-10 items")]
    [InlineData(2, null)]
    [InlineData(10, null)]
    [InlineData(11, "too many messages to send as an album")]
    public async Task An_album_has_2_to_10_items(int items, string? refusal)
    {
        Assert.Equal(
            refusal is null ? (200, null) : (400, "Bad Request: " + refusal),
            await AlbumAsync(Enumerable.Repeat("""{"type":"photo","media":"attach://p0"}""", items))
        );
        Assert.Equal(refusal is null ? items : 0, (await Control.BotMessagesAsync(Alice, Cancellation)).Count);
    }

    [Fact]
    public async Task Documents_go_together_and_not_with_photos()
    {
        const string Photo = """{"type":"photo","media":"attach://p0"}""";
        const string Document = """{"type":"document","media":"attach://p1","caption":"rows"}""";
        Assert.Equal(
            (400, "Bad Request: document can't be mixed with other media types"),
            await AlbumAsync([Photo, Document])
        );
        Assert.Empty(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal((200, null), await AlbumAsync([Document, Document]));
        Assert.Equal(
            [("p1.png", "rows"), ("p1.png", "rows")],
            (await Control.BotMessagesAsync(Alice, Cancellation)).Select(m => (m.Document!.Name, m.Text))
        );
    }

    [Theory]
    [InlineData("""{"type":"photo"}""", "can't parse InputMedia: media not found")]
    [InlineData("""{"type":"photo","media":"attach://p9"}""", "can't parse InputMedia: media not found")]
    [InlineData("""{"media":"attach://p0"}""", "can't parse InputMedia: Can't find field \"type\"")]
    [InlineData(
        """{"type":"animation","media":"attach://p0"}""",
        "can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup"
    )]
    [InlineData(
        """{"type":"sticker","media":"attach://p0"}""",
        "can't parse InputMedia: type \"sticker\" is unsupported"
    )]
    [InlineData("[]", "can't parse InputMedia: expected an Object")]
    [InlineData(
        """{"type":"photo","media":"attach://p0","caption":7}""",
        "can't parse InputMedia: Field \"caption\" must be of type String"
    )]
    [InlineData(
        """{"type":"photo","media":"attach://p0","caption":"stg_orders","parse_mode":"Markdown"}""",
        "can't parse InputMedia: Can't parse entities: Can't find end of the entity starting at byte offset 3"
    )]
    [InlineData("""{"type":"photo","media":"nonsense"}""", "wrong file identifier/HTTP URL specified")]
    public async Task An_item_that_Telegram_cannot_read_refuses_the_album(string item, string description)
    {
        Assert.Equal(
            (400, "Bad Request: " + description),
            await AlbumAsync(["""{"type":"photo","media":"attach://p0"}""", item])
        );
        Assert.Empty(await Control.BotMessagesAsync(Alice, Cancellation));
    }

    [Theory]
    [InlineData("", "parameter \"media\" is required")]
    [InlineData("{", "can't parse media JSON object")]
    [InlineData("{}", "expected an Array of InputMedia")]
    [InlineData("null", "there are no messages to send")]
    public async Task Media_has_to_be_a_list(string media, string description)
    {
        Assert.Equal((400, "Bad Request: " + description), await SendAsync(media));
    }

    [Fact]
    public async Task A_caption_of_1024_units_is_taken_under_each_item_and_one_more_is_refused()
    {
        var fits = ItemWith(new string('a', 1024));
        Assert.Equal((200, null), await AlbumAsync([fits, fits]));
        Assert.Equal(
            (400, "Bad Request: message caption is too long"),
            await AlbumAsync([fits, ItemWith(new string('a', 1025))])
        );
        Assert.Equal(2, (await Control.BotMessagesAsync(Alice, Cancellation)).Count);

        static string ItemWith(string caption) =>
            $$"""{"type":"photo","media":"attach://p0","caption":"{{caption}}"}""";
    }

    [Theory]
    [InlineData("damaged", "failed to send message #2 with the error message \"IMAGE_PROCESS_FAILED\"")]
    [InlineData("wide", "failed to send message #2 with the error message \"PHOTO_INVALID_DIMENSIONS\"")]
    [InlineData("heavy", "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes")]
    [InlineData("empty", "file must be non-empty")]
    public async Task A_photo_that_Telegram_refuses_keeps_the_whole_album_from_being_sent(
        string second,
        string description
    )
    {
        var bytes = second switch
        {
            "damaged" => Picture[..^20],
            "wide" => TestPictures.Png(2001, 100),
            "heavy" => TestPictures.PngOfSize((10 * 1024 * 1024) + 1),
            _ => [],
        };
        Assert.Equal(
            (400, "Bad Request: " + description),
            await SendAsync(
                """[{"type":"photo","media":"attach://p0"},{"type":"photo","media":"attach://p1"}]""",
                ("p1", bytes)
            )
        );
        Assert.Empty(await Control.BotMessagesAsync(Alice, Cancellation));
    }

    [Fact]
    public async Task Documents_over_50_MiB_together_are_too_large_for_a_request()
    {
        Assert.Equal(
            (413, "Request Entity Too Large"),
            await SendAsync(
                """[{"type":"document","media":"attach://p0"},{"type":"document","media":"attach://p1"}]""",
                ("p0", new byte[26 * 1024 * 1024]),
                ("p1", new byte[26 * 1024 * 1024])
            )
        );
    }

    [Fact]
    public async Task Buttons_of_an_album_are_ignored_without_an_error()
    {
        using var form = Form("""[{"type":"photo","media":"attach://p0"},{"type":"photo","media":"attach://p0"}]""");
        form.Add(new StringContent("""{"inline_keyboard":"nonsense"}"""), "reply_markup");
        Assert.Equal((200, null), await PostAsync(form));
        Assert.All(await Control.BotMessagesAsync(Alice, Cancellation), m => Assert.Empty(m.Buttons));
    }

    [Fact]
    public async Task An_album_to_a_chat_that_cannot_take_it_sends_nothing()
    {
        await Control.BlockAsync(Alice, Cancellation);
        Assert.Equal((403, "Forbidden: bot was blocked by the user"), await AlbumAsync(3));
        Assert.Empty(await Control.BotMessagesAsync(Alice, Cancellation));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task An_album_can_fail_by_halves_and_what_came_before_stays(int item)
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Item = item,
                Status = 429,
                RetryAfter = 8,
                Times = 1,
            },
            Cancellation
        );
        Assert.Equal(
            (
                400,
                $"Bad Request: failed to send message #{item} with the error message \"Too Many Requests: retry after 8\""
            ),
            await AlbumAsync(4)
        );
        Assert.Equal(item - 1, (await Control.BotMessagesAsync(Alice, Cancellation)).Count);
        Assert.Equal((200, null), await AlbumAsync(4));
        Assert.Equal(1, Assert.Single(await Control.FaultsAsync(Cancellation)).Hits);
    }

    [Fact]
    public async Task A_fault_of_an_item_waits_for_an_album_that_has_it_and_that_Telegram_would_take()
    {
        await Control.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Item = 3,
                Description = "WEBPAGE_MEDIA_EMPTY",
                Times = 1,
            },
            Cancellation
        );
        await Bot.SendMessage(Alice, "hello", cancellationToken: Cancellation);
        Assert.Equal((200, null), await AlbumAsync(2));
        Assert.Equal((400, "Bad Request: too many messages to send as an album"), await AlbumAsync(11));
        Assert.Equal(0, Assert.Single(await Control.FaultsAsync(Cancellation)).Hits);
        Assert.Equal(
            (400, "Bad Request: failed to send message #3 with the error message \"WEBPAGE_MEDIA_EMPTY\""),
            await AlbumAsync(3)
        );
    }

    [Theory]
    [InlineData("""{"kind":"answer","item":0}""")]
    [InlineData("""{"kind":"answer","item":11}""")]
    [InlineData("""{"kind":"hang","item":2}""")]
    [InlineData("""{"kind":"answer","item":2,"body":"<html>"}""")]
    [InlineData("""{"kind":"answer","item":2,"method":"sendPhoto"}""")]
    public async Task A_fault_of_an_item_that_cannot_happen_is_refused(string fault)
    {
        using var content = new StringContent(fault, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(
            new Uri(Sandbox.ControlAddress, "/sandbox/faults"),
            content,
            Cancellation
        );
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("item is f", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    /// <summary>An album of so many pictures, each a part of its own.</summary>
    private Task<(int Status, string? Description)> AlbumAsync(int items) =>
        AlbumAsync(
            Enumerable
                .Range(0, items)
                .Select(i => $$"""{"type":"photo","media":"attach://p{{i % 2}}","caption":"{{i}}"}""")
        );

    private Task<(int Status, string? Description)> AlbumAsync(IEnumerable<string> items) =>
        SendAsync($"[{string.Join(',', items)}]");

    private async Task<(int Status, string? Description)> SendAsync(
        string media,
        params (string Part, byte[] Bytes)[] parts
    )
    {
        using var form = Form(media, parts);
        return await PostAsync(form);
    }

    /// <summary>The fields of an album; the parts <c>p0</c> and <c>p1</c> are pictures unless given.</summary>
    private MultipartFormDataContent Form(string media, params (string Part, byte[] Bytes)[] parts)
    {
        var form = new MultipartFormDataContent
        {
            { new StringContent(Alice.ToString(CultureInfo.InvariantCulture)), "chat_id" },
            { new StringContent(media), "media" },
        };
        foreach (var part in (string[])["p0", "p1"])
        {
            var given = parts.FirstOrDefault(p => p.Part == part);
            form.Add(new ByteArrayContent(given.Bytes ?? Picture), part, part + ".png");
        }

        return form;
    }

    private async Task<(int Status, string? Description)> PostAsync(HttpContent content)
    {
        using var answer = await _http.PostAsync(
            new Uri(Sandbox.ApiAddress, $"/bot{Sandbox.Token}/sendMediaGroup"),
            content,
            Cancellation
        );
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        return (
            (int)answer.StatusCode,
            body.RootElement.TryGetProperty("description", out var description) ? description.GetString() : null
        );
    }
}
