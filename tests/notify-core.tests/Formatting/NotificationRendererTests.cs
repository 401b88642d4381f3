using Notify.Formatting;
using Notify.Images;
using Xunit;

namespace Notify.Tests.Formatting;

public sealed class NotificationRendererTests
{
    private static IReadOnlyList<OutgoingMessage> Render(
        string? title,
        string? message,
        ParseMode mode = ParseMode.Markdown,
        ImageInfo? image = null
    )
    {
        Assert.True(
            NotificationRenderer.TryRender(
                new NotificationContent
                {
                    Title = title,
                    Message = message,
                    ParseMode = mode,
                    Image = image,
                },
                out var messages
            )
        );
        return messages;
    }

    [Fact]
    public void A_title_is_bold_and_no_markup_in_it_is_read() // case C02
    {
        var only = Assert.Single(Render("Drop *** in conv_rate", "Down *12 %* against last week"));
        Assert.Equal("Drop *** in conv_rate\nDown 12 % against last week", only.Text.Text);
        Assert.Equal(
            [new TextEntity(EntityKind.Bold, 0, 21), new TextEntity(EntityKind.Bold, 27, 4)],
            only.Text.Entities
        );
    }

    [Fact]
    public void Rows_of_a_long_code_block_stay_whole_across_messages() // case C04
    {
        var rows = Enumerable
            .Range(1, 150)
            .Select(n => string.Create(null, $"row {n:000} | region-{n % 17:00} | {n * 1234.5, 9:F2} EUR | ok"))
            .ToArray();
        var messages = Render(
            "Daily table",
            "Before the table\n```\n" + string.Join('\n', rows) + "\n```\nAfter the table"
        );
        Assert.Equal(2, messages.Count);
        Assert.All(messages, m => Assert.InRange(m.Text.Text.Length, 1, TelegramLimits.TextLength));
        Assert.All(messages, m => Assert.Contains(m.Text.Entities, e => e.Kind == EntityKind.Pre));
        var lines = string.Join('\n', messages.Select(m => m.Text.Text))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["Daily table", "Before the table", .. rows, "After the table"], lines);
    }

    [Fact]
    public void No_emoji_is_cut_in_half() // case C05
    {
        var text = "a" + string.Concat(Enumerable.Repeat("\U0001F7E5", 3000));
        var messages = Render(null, text);
        Assert.Equal(text, string.Concat(messages.Select(m => m.Text.Text)));
        Assert.All(messages, m => Assert.InRange(m.Text.Text.Length, 1, TelegramLimits.TextLength));
        Assert.All(messages, m => Assert.Equal(m.Text.Text, TelegramText.Clean(m.Text.Text)));
    }

    [Theory]
    [InlineData(4000, 20, 5_000, MessageKind.Document)] // case C07
    [InlineData(20, 401, 5_000, MessageKind.Document)]
    [InlineData(20, 400, 5_000, MessageKind.Photo)]
    [InlineData(5000, 5000, 5_000, MessageKind.Photo)]
    [InlineData(5001, 5000, 5_000, MessageKind.Document)]
    [InlineData(1900, 1900, 10_830_000, MessageKind.Document)] // case C08
    [InlineData(1900, 1900, 10_000_000, MessageKind.Photo)]
    [InlineData(1900, 1900, 10_000_001, MessageKind.Document)]
    [InlineData(int.MaxValue, int.MaxValue, 5_000, MessageKind.Document)]
    public void A_picture_that_telegram_refuses_as_a_photo_goes_as_a_document(
        int width,
        int height,
        long bytes,
        MessageKind kind
    )
    {
        var only = Assert.Single(
            Render("Timeline", "One bar only today", image: new ImageInfo(ImageKind.Png, width, height, bytes))
        );
        Assert.Equal(kind, only.Kind);
        Assert.Equal("Timeline\nOne bar only today", only.Text.Text);
    }

    [Fact]
    public void A_text_too_long_for_a_caption_follows_the_picture_and_its_title()
    {
        var image = new ImageInfo(ImageKind.Png, 640, 480, 5_000);
        var text = string.Join(' ', Enumerable.Repeat("word", 300));
        var messages = Render("Title", text, image: image);
        Assert.Equal([MessageKind.Photo, MessageKind.Text], messages.Select(m => m.Kind));
        Assert.Equal("Title|" + text, string.Join("|", messages.Select(m => m.Text.Text)));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", " \n\t")]
    [InlineData("\u200B", "\0\u00A0")]
    public void A_notification_without_a_visible_character_is_none(string? title, string? message) =>
        Assert.False(
            NotificationRenderer.TryRender(new NotificationContent { Title = title, Message = message }, out _)
        );

    [Fact]
    public void A_picture_needs_no_words()
    {
        var only = Assert.Single(Render(null, null, image: new ImageInfo(ImageKind.Jpeg, 640, 480, 5_000)));
        Assert.Equal((MessageKind.Photo, ""), (only.Kind, only.Text.Text));
    }

    [Fact]
    public void A_long_html_text_is_split_with_its_formatting()
    {
        var messages = Render(
            null,
            "<b>" + string.Concat(Enumerable.Repeat("word &amp; ", 1000)) + "</b>",
            ParseMode.Html
        );
        Assert.Equal(2, messages.Count);
        Assert.All(messages, m => Assert.Null(m.Markup));
        Assert.All(
            messages,
            m => Assert.Equal([new TextEntity(EntityKind.Bold, 0, m.Text.Text.Length)], m.Text.Entities)
        );
        Assert.DoesNotContain("amp;", string.Concat(messages.Select(m => m.Text.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public void Markup_that_cannot_be_read_is_there_in_full_as_plain_text()
    {
        var only = Assert.Single(Render("T", "1 < 2 <b>x", ParseMode.Html));
        Assert.Equal("<b>T</b>\n1 < 2 <b>x", only.Markup?.Text);
        Assert.Equal("T\n1 < 2 <b>x", only.Text.Text);

        var text = string.Concat(Enumerable.Repeat("1.5 ", 2000));
        var messages = Render(null, text, ParseMode.MarkdownV2);
        Assert.All(messages, m => Assert.Null(m.Markup));
        Assert.Equal(text.TrimEnd(), string.Join(' ', messages.Select(m => m.Text.Text)));
    }

    [Fact]
    public void Invalid_characters_are_replaced_before_offsets_are_counted()
    {
        var only = Assert.Single(Render(null, "\uDE00\0 a\r\nb\tc A\u030A *x*"));
        Assert.Equal("\uFFFD  a\nb c Å x", only.Text.Text);
        Assert.Equal([new TextEntity(EntityKind.Bold, 11, 1)], only.Text.Entities);
    }

    [Fact]
    public void Html_and_markdown_v2_go_out_as_written_under_an_escaped_title()
    {
        var html = Assert.Single(Render("a < b & c", "<i>x</i>", ParseMode.Html));
        Assert.Equal(new Markup("<b>a &lt; b &amp; c</b>\n<i>x</i>", ParseMode.Html), html.Markup);
        var v2 = Assert.Single(Render("a-b.c", "_x_", ParseMode.MarkdownV2));
        Assert.Equal(new Markup("*a\\-b\\.c*\n_x_", ParseMode.MarkdownV2), v2.Markup);
    }
}
