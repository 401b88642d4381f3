using System.Text.Json;
using Xunit;

namespace Notify.Tests;

/// <summary>Albums, files, tables and buttons of a script: they go to the bot as bytes, and what can't be had costs nothing else.</summary>
public sealed class AttachmentTests
{
    private const string Everything = """
        import json, os
        home = os.path.expanduser("~")
        print(json.dumps({
            "notify": True, "title": "Stock", "message": "Low",
            "images": [home + "/a.png", home + "/b.png"], "files": [home + "/orders.csv"],
            "table": {"columns": ["item", "left"], "rows": [["shoes", 3], ["hats", 12]]},
            "buttons": [{"text": "Board", "url": "https://example.com"}, {"text": "Refresh", "run": "refresh"}],
            "urgent": True, "silent": True,
        }))
        """;

    [Fact]
    public async Task All_of_it_goes_to_the_bot_in_one_request()
    {
        await using var alice = await Prepared();

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send", sent.Call);
        Assert.Equal(2, sent.Text.Split("name=\"photos\"; filename=\"chart.png\"").Length - 1);
        Assert.Contains("name=\"files\"; filename=\"orders.csv\"", sent.Text, StringComparison.Ordinal);
        Assert.Contains("\r\n\r\na,b\n1,2\n\r\n--", sent.Text, StringComparison.Ordinal);
        Assert.Contains(
            "name=\"table\"\r\n\r\n" + """{"columns": ["item", "left"], "rows": [["shoes", 3], ["hats", 12]]}""",
            sent.Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            """[{"text":"Board","url":"https://example.com"},{"text":"Refresh","run":"refresh.py"}]""",
            sent.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("name=\"urgent\"\r\n\r\ntrue", sent.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"silent\"\r\n\r\ntrue", sent.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("There is no field", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_without_files_goes_as_JSON()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "table.py",
            """print('{"notify": true, "table": {"columns": ["n"], "rows": [[1]]}, "buttons": false}')"""
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        using var body = JsonDocument.Parse(sent.Body);
        Assert.Equal(JsonValueKind.False, body.RootElement.GetProperty("buttons").ValueKind);
        Assert.Equal(1, body.RootElement.GetProperty("table").GetProperty("rows")[0][0].GetInt32());
    }

    [Fact]
    public async Task What_can_not_be_had_is_said_and_the_rest_goes()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("a.png", Pictures.Png);
        await alice.RunAsync("/usr/bin/mkfifo", [Path.Combine(alice.Home, "pipe")]);
        alice.WriteScript(
            "some.py",
            """
            import json, os
            home = os.path.expanduser("~")
            print(json.dumps({
                "notify": True, "message": "The text",
                "images": [home + "/a.png", home + "/missing.png"], "files": [home + "/pipe", "relative.csv", 7],
                "table": {"columns": ["a"], "rows": [[1, 2]]}, "buttons": [{"text": "x"}], "urgent": "yes",
            }))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Contains("name=\"photo\"", sent.Text, StringComparison.Ordinal);
        Assert.Contains("No chart: `there is no file", sent.Text, StringComparison.Ordinal);
        Assert.Contains("pipe\" is not a regular file", sent.Text, StringComparison.Ordinal);
        Assert.Contains("files must hold absolute paths", sent.Text, StringComparison.Ordinal);
        foreach (
            var warning in (string[])
                [
                    "files holds 7, which is no path",
                    "table has in row 1 2 cells, and there are 1 columns; it is left out.",
                    "buttons has as button 1 something else",
                    "urgent must be true or false",
                ]
        )
        {
            Assert.Contains(warning, alice.Log, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("image", "image_path")]
    [InlineData("charts", "images")]
    [InlineData("attachments", "files")]
    [InlineData("tabel", "table")]
    [InlineData("button", "buttons")]
    [InlineData("priority", "urgent")]
    public async Task A_misspelt_field_is_said_with_the_nearest_right_name(string wrong, string right)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("slip.py", $$"""print('{"notify": true, "message": "m", "{{wrong}}": 1}')""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Contains(
            $"There is no field \"{wrong}\"; did you mean \"{right}\"?",
            alice.Log,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_dry_run_shows_album_table_files_and_buttons()
    {
        await using var alice = await Prepared();

        var ended = await alice.RunAsync(Testing.Programs.Path("notify-runner"), ["--dry-run"]);

        Assert.Equal(0, ended.Status);
        foreach (
            var shown in (string[])
                [
                    "File: orders.csv, 0 kB.",
                    "It is urgent and silent.",
                    "┃ [album of 2 photos]",
                    "┃ shoes     3",
                    "┃ [file orders.csv]",
                    "[ Board ] https://example.com",
                    "[ Refresh ] runs refresh.py",
                ]
        )
        {
            Assert.Contains(shown, ended.Output, StringComparison.Ordinal);
        }

        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task A_run_on_request_gives_the_bot_all_of_it()
    {
        await using var alice = await Prepared();

        var ended = await alice.RunAsync(Testing.Programs.Path("notify-scripts"), ["run", "all.py"]);

        using var ran = JsonDocument.Parse(ended.Output);
        var root = ran.RootElement;
        Assert.Equal(Convert.ToBase64String(Pictures.Png), root.GetProperty("image").GetProperty("base64").GetString());
        Assert.Equal(1, root.GetProperty("more_images").GetArrayLength());
        Assert.Equal("orders.csv", root.GetProperty("files")[0].GetProperty("name").GetString());
        Assert.Equal("a,b\n1,2\n"u8.ToArray(), root.GetProperty("files")[0].GetProperty("base64").GetBytesFromBase64());
        Assert.Equal("item", root.GetProperty("table").GetProperty("columns")[0].GetString());
        Assert.Equal("refresh.py", root.GetProperty("buttons")[1].GetProperty("run").GetString());
        Assert.True(root.GetProperty("urgent").GetBoolean());
    }

    private static async Task<Analyst> Prepared()
    {
        var alice = await Analyst.CreateAsync();
        alice.Account.Write("a.png", Pictures.Png);
        alice.Account.Write("b.png", Pictures.Png);
        alice.Account.Write("orders.csv", "a,b\n1,2\n");
        alice.WriteScript("all.py", Everything);
        return alice;
    }
}
