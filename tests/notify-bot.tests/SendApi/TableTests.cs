namespace Notify.Tests.SendApi;

/// <summary>A table of a notification: a block on the phone, and a CSV file if it is long.</summary>
public sealed class TableTests
{
    [Fact]
    public async Task A_table_stands_below_the_text_as_a_block_with_numbers_to_the_right()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendJsonAsync(
                """{"user":"dana","title":"Stock","text":"*Low* today","table":{"columns":["item","left"],"rows":[["shoes",3],["hats",12]]}}"""
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Stock\nLow today\nitem   left\n-----------\nshoes     3\nhats     12", message.Text);
        Assert.Equal(["bold", "bold", "pre"], message.Entities.Select(e => e.Type));
        Assert.Equal(
            "item   left\n-----------\nshoes     3\nhats     12",
            (await scene.HistoryAsync("dana"))[0].GetProperty("table").GetString()
        );
    }

    [Theory]
    [InlineData("HTML", "<b>Low</b> today")]
    [InlineData("MarkdownV2", "*Low* today")]
    public async Task A_table_keeps_the_markup_of_the_text_above_it(string mode, string text)
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text,
                    parse_mode = mode,
                    table = new { columns = new[] { "n" }, rows = new[] { new[] { 1 } } },
                }
            )
        ).AssertDelivered();

        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal("Low today\nn\n-\n1", message.Text);
        Assert.Equal(["bold", "pre"], message.Entities.Select(e => e.Type));
    }

    [Fact]
    public async Task A_long_table_brings_a_CSV_file_with_all_of_it_in_a_form_too()
    {
        await using var scene = await ApiScene.BeginAsync();
        var rows = string.Join(',', Enumerable.Range(1, 500).Select(i => $"[{i},\"a,b\"]"));

        (
            await scene.SendFormAsync(
                [],
                [],
                ("user", "dana"),
                ("table", $$"""{"columns":["n","text"],"rows":[{{rows}}]}"""),
                ("wait", "30")
            )
        ).AssertDelivered();

        var messages = await scene.DanasPhone();
        Assert.EndsWith("20  a,b\n20 of 500 rows; all in the CSV file.", messages[0].Text, StringComparison.Ordinal);
        Assert.Equal("table.csv", messages[1].Document!.Name);
        var id = (await scene.HistoryAsync("dana"))[0].GetProperty("files")[0].GetProperty("id").GetString();
        var csv = (await scene.AskAsync(HttpMethod.Get, $"/files/{id}?user=dana")).Body;
        Assert.StartsWith("n,text\r\n1,\"a,b\"\r\n", csv, StringComparison.Ordinal);
        Assert.EndsWith("500,\"a,b\"\r\n", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Markdown_table_in_the_text_is_shown_as_a_table_too()
    {
        await using var scene = await ApiScene.BeginAsync();

        (
            await scene.SendAsync(new { user = "dana", text = "Now:\n| a | b |\n|---|--:|\n| x | 10 |" })
        ).AssertDelivered();

        Assert.Equal("Now:\na   b\n-----\nx  10", Assert.Single(await scene.DanasPhone()).Text);
    }
}
