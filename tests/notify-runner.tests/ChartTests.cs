using Xunit;

namespace Notify.Tests;

public sealed class ChartTests
{
    [Fact]
    public async Task A_chart_goes_as_bytes_from_a_home_that_others_may_not_enter()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart \"1\" é.png", Pictures.Png);
        alice.WriteScript(
            "chart.py",
            """
            import json, os
            print(json.dumps({"notify": True, "title": "T", "message": "M", "image_path": os.path.expanduser('~/chart "1" é.png')}))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send_photo", sent.Call);
        Assert.Contains("multipart/form-data", sent.Head, StringComparison.Ordinal);
        Assert.Contains(
            "name=\"photo\"; filename=\"chart.png\"\r\nContent-Type: image/png",
            sent.Text,
            StringComparison.Ordinal
        );
        Assert.Contains("name=\"message\"\r\n\r\nM\r\n", sent.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"title\"\r\n\r\nT\r\n", sent.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("photo_path", sent.Text, StringComparison.Ordinal);
        Assert.True(sent.Body.AsSpan().IndexOf(Pictures.Png) > 0);
    }

    [Theory]
    [InlineData("~/missing.png", "there is no file")]
    [InlineData("~/note.png", "neither a PNG nor a JPEG")]
    [InlineData("~/empty.png", "is empty")]
    [InlineData("~/pipe.png", "is not a regular file")]
    [InlineData("~", "is not a regular file")]
    [InlineData("/root/secret.png", "can't be opened")]
    [InlineData("chart.png", "must be an absolute path")]
    public async Task A_chart_that_can_not_be_had_does_not_cost_the_text_which_says_why(string path, string reason)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("note.png", "no picture");
        alice.Account.Write("empty.png", "");
        await alice.RunAsync("/usr/bin/mkfifo", [Path.Combine(alice.Home, "pipe.png")]);
        alice.WriteScript(
            "chart.py",
            $"""
            import json, os
            print(json.dumps(dict(notify=True, message="The text", image_path=os.path.expanduser("{path}"))))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send", sent.Call);
        Assert.StartsWith("The text\n\nNo chart: ", sent["message"], StringComparison.Ordinal);
        Assert.Contains(reason, sent["message"], StringComparison.Ordinal);
        Assert.Contains(reason, alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chart_that_the_bot_does_not_take_does_not_cost_the_text()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart.png", Pictures.Png);
        alice.WriteScript(
            "chart.py",
            """
            import json, os
            print(json.dumps({"notify": True, "message": "The text", "image_path": os.path.expanduser("~/chart.png")}))
            """
        );
        alice.Bot.Answer = sent =>
            sent.Call == "POST /send_photo"
                ? (415, """{"error":"That is no picture."}""")
                : (200, """{"ok":true,"status":"delivered"}""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("The text\n\nNo chart: `That is no picture.`", alice.Bot.All[1]["message"]);
    }
}
