using Telegram.Bot;
using Telegram.Bot.Types;

namespace Notify.Tests;

/// <summary>Files of any kind, and what Telegram makes of their names.</summary>
public sealed class DocumentTests : SandboxSpecs
{
    [Fact]
    public async Task A_document_arrives_with_its_name_size_type_and_bytes()
    {
        var rows = "shop,revenue\nKöln,\"1,200\"\n"u8.ToArray();
        using var stream = new MemoryStream(rows);
        var sent = await Bot.SendDocument(
            Alice,
            InputFile.FromStream(stream, "Umsätze 2026.csv"),
            "all rows",
            cancellationToken: Cancellation
        );
        Assert.Equal(
            ("Umsätze 2026.csv", "text/csv", (long?)rows.Length),
            (sent.Document!.FileName, sent.Document.MimeType, sent.Document.FileSize)
        );
        var message = Assert.Single(await Control.BotMessagesAsync(Alice, Cancellation));
        Assert.Equal(
            ("all rows", "Umsätze 2026.csv", "text/csv", rows.Length),
            (message.Text, message.Document!.Name, message.Document.MimeType, message.Document.Size)
        );
        Assert.Equal(rows, await Control.FileAsync(message.Document.FileId, Cancellation));
    }

    [Theory]
    [InlineData("orders.parquet", "orders.parquet")]
    [InlineData("report", "report")]
    [InlineData("archive.tar.gz", "archive.tar.gz")]
    [InlineData(".bashrc", "bashrc")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\data\\q1.xlsx", "q1.xlsx")]
    [InlineData("a<b>c:d|e?f*g&h`i'j.csv", "a b c d e f g h i j.csv")]
    [InlineData("💰 revenue 💰.csv", "revenue.csv")]
    [InlineData("売上_2026-01.csv", "売上_2026-01.csv")]
    [InlineData("trailing dots....", "trailing dots")]
    [InlineData("...", "file")]
    public async Task A_name_is_cleaned_as_Telegram_does_it(string name, string shown)
    {
        using var stream = new MemoryStream([1, 2, 3]);
        var sent = await Bot.SendDocument(Alice, InputFile.FromStream(stream, name), cancellationToken: Cancellation);
        Assert.Equal(shown, sent.Document!.FileName);
    }

    [Fact]
    public async Task Of_a_long_name_64_characters_and_16_of_the_ending_stay()
    {
        using var stream = new MemoryStream([1, 2, 3]);
        var sent = await Bot.SendDocument(
            Alice,
            InputFile.FromStream(stream, $"{new string('n', 65)}.{new string('e', 17)}"),
            cancellationToken: Cancellation
        );
        Assert.Equal($"{new string('n', 64)}.{new string('e', 16)}", sent.Document!.FileName);
    }
}
