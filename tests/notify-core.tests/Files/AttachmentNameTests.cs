using Notify.Files;
using Xunit;

namespace Notify.Tests.Files;

public sealed class AttachmentNameTests
{
    [Theory]
    [InlineData("orders.csv", "orders.csv")]
    [InlineData("/home/dana/orders.csv", "orders.csv")]
    [InlineData(@"C:\temp\orders.csv", "orders.csv")]
    [InlineData("Größe 大.xlsx", "Größe 大.xlsx")]
    [InlineData("a\"b<c>:|?*`.txt", "abc.txt")]
    [InlineData("a\r\nContent-Type: x.txt", "aContent-Type x.txt")]
    [InlineData("\u202Egnp.exe", "gnp.exe")]
    [InlineData(".bashrc", "bashrc")]
    [InlineData("..", "file")]
    [InlineData("", "file")]
    [InlineData(null, "file")]
    public void A_name_keeps_its_letters_and_loses_what_others_read_as_something_else(string? name, string clean) =>
        Assert.Equal(clean, AttachmentName.Clean(name));

    [Fact]
    public void A_long_name_is_cut_as_Telegram_does() =>
        Assert.Equal(
            $"{new string('a', 64)}.{new string('b', 16)}",
            AttachmentName.Clean($"{new string('a', 100)}.{new string('b', 30)}")
        );
}
