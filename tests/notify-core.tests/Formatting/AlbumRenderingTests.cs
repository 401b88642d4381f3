using Notify.Formatting;
using Notify.Images;
using Xunit;

namespace Notify.Tests.Formatting;

/// <summary>Which messages several charts, files, a table and buttons become.</summary>
public sealed class AlbumRenderingTests
{
    private static readonly ImageInfo Photo = new(ImageKind.Png, 640, 480, 10_000);

    private static readonly ImageInfo Wide = new(ImageKind.Png, 4000, 20, 10_000);

    [Fact]
    public void Photos_are_one_album_with_the_text_as_its_caption()
    {
        var only = Assert.Single(Render(Charts(Photo, Photo, Photo) with { Title = "T", Message = "m" }));
        Assert.Equal((MessageKind.Album, "T\nm", 3), (only.Kind, only.Text.Text, only.Count));
        Assert.Equal([0, 1, 2], only.Album!);
    }

    [Fact]
    public void What_is_no_photo_follows_and_one_photo_is_no_album()
    {
        Assert.Equal(
            [
                (MessageKind.Album, 0, "m"),
                (MessageKind.Document, 1, ""),
                (MessageKind.File, 0, ""),
                (MessageKind.File, 1, ""),
            ],
            Render(Charts(Photo, Wide, Photo) with { Message = "m", Files = 2 })
                .Select(m => (m.Kind, m.Item, m.Text.Text))
        );
        Assert.Equal(
            [(MessageKind.Photo, 1, "m"), (MessageKind.Document, 0, "")],
            Render(Charts(Wide, Photo) with { Message = "m" }).Select(m => (m.Kind, m.Item, m.Text.Text))
        );
        Assert.Equal(
            [(MessageKind.Document, 0, "m"), (MessageKind.Document, 1, "")],
            Render(Charts(Wide, Wide) with { Message = "m" }).Select(m => (m.Kind, m.Item, m.Text.Text))
        );
    }

    [Fact]
    public void A_text_with_buttons_follows_the_album_and_buttons_without_a_text_get_one()
    {
        NotificationButton[] buttons = [new("Open", Url: "https://example.com")];
        Assert.Equal(
            [(MessageKind.Album, ""), (MessageKind.Text, "T\nm")],
            Render(Charts(Photo, Photo) with { Title = "T", Message = "m", HasOwnButtons = true })
                .Select(m => (m.Kind, m.Text.Text))
        );
        Assert.Equal(
            [(MessageKind.Album, ""), (MessageKind.Text, "\u2191")],
            Render(Charts(Photo, Photo) with { Buttons = buttons }).Select(m => (m.Kind, m.Text.Text))
        );
        Assert.Equal(
            [(MessageKind.Album, "")],
            Render(Charts(Photo, Photo) with { HasOwnButtons = true }).Select(m => (m.Kind, m.Text.Text))
        );
    }

    [Fact]
    public void A_file_or_a_table_alone_is_enough()
    {
        Assert.Equal(MessageKind.File, Assert.Single(Render(new NotificationContent { Files = 1 })).Kind);
        Assert.Equal(
            "n\n-\n1",
            Assert.Single(Render(new NotificationContent { Table = "n\n-\n1", IsTableAligned = true })).Text.Text
        );
        Assert.False(NotificationRenderer.TryRender(new NotificationContent(), out _));
    }

    [Theory]
    [InlineData("http://localhost:8888/tree", true)]
    [InlineData("http://[::1]/", true)]
    [InlineData("https://server/", true)]
    [InlineData("https://server./", true)]
    [InlineData("https://example.com/", false)]
    [InlineData("http://10.0.0.7:8888/", false)]
    public void An_address_without_a_dot_in_its_host_is_a_line_of_the_text(string url, bool isLine)
    {
        var only = Assert.Single(
            Render(new NotificationContent { Message = "*m*", Buttons = [new NotificationButton("Open", Url: url)] })
        );
        Assert.Equal(isLine ? $"m\n\nOpen: {url}" : "m", only.Text.Text);
        Assert.Single(only.Text.Entities);
    }

    private static NotificationContent Charts(ImageInfo first, params ImageInfo[] more) =>
        new() { Image = first, MoreImages = more };

    private static IReadOnlyList<OutgoingMessage> Render(NotificationContent content)
    {
        Assert.True(NotificationRenderer.TryRender(content, out var messages));
        return messages;
    }
}
