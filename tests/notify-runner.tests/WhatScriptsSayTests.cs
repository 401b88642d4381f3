using System.Globalization;
using System.Net;
using System.Text.Json;
using Notify.Contracts;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Whatever a script prints is delivered and readable, or its owner is told once what is wrong.</summary>
public sealed class WhatScriptsSayTests
{
    private static string CaseFile(string name, string file) =>
        Path.Combine(AppContext.BaseDirectory, "cases", name, file);

    /// <summary>As the bot: no request over its limits.</summary>
    private static (int, string) Strict(Sent sent) =>
        sent.Call == "POST /send" && sent.Body.Length > SendApiLimits.JsonBody
            ? (413, """{"error":"The body is over 1000000 bytes."}""")
            : (200, """{"ok":true,"status":"delivered"}""");

    [Theory]
    [InlineData(
        """rows = "".join(f"row {i:06d} order {i*7:08d} late\n" for i in range(34000))[:985_000]""",
        "Late orders",
        985_000
    )]
    [InlineData("""rows = "ä" * 505_000""", "Late orders", 505_000)]
    [InlineData("""rows = "\x7fx" * 250_000""", "Late orders", 500_000)]
    [InlineData("""rows = "```\n" + "some line of a log\n" * 51_000 + "```" """, "Late orders", 4 + (19 * 51_000) + 3)]
    [InlineData("""rows = "end" """, "T", 3 + 990_000, 990_000)]
    public async Task D07_what_is_too_long_for_the_bot_is_cut_as_delivery_cuts_it_and_says_how_much_is_left_out(
        string rows,
        string title,
        int length,
        int titleLength = 0
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Bot.Answer = Strict;
        alice.WriteScript(
            "late.py",
            $$"""
            import json
            {{rows.TrimEnd()}}
            print(json.dumps({"notify": True, "title": "{{title}}" {{(
                titleLength > 0 ? $"* {titleLength}" : ""
            )}}, "message": rows, "cooldown": "0m"}, ensure_ascii=False))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.Take());
        var (sentTitle, message) = (sent["title"] ?? "", sent["message"]!);
        Assert.True(
            Notify.Formatting.NotificationRenderer.TryRender(
                new() { Title = sentTitle, Message = message },
                out var messages
            )
        );
        Assert.InRange(messages.Count, 9, 10);
        var note = messages[^1].Text.Text.Split('\n')[^1];
        Assert.Matches("^… [0-9,]+ more characters were left out\\.$", note);
        var leftOut = int.Parse(note.Split(' ')[1], NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

        // What was sent of it and what was left out is all of it, but for what closes a code block.
        var kept = message[..Math.Max(0, message.LastIndexOf("\n\n…", StringComparison.Ordinal))];
        Assert.InRange((titleLength > 0 ? sentTitle.Length : 0) + kept.Length + leftOut, length, length + 4);
        Assert.Contains("more than the bot takes", alice.Log, StringComparison.Ordinal);
        Assert.Contains(
            "left out.",
            (await alice.RunAsync("notify-runner", ["--dry-run"])).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "more than the bot takes",
            (await alice.RunAsync("notify-runner", ["--dry-run"])).Output,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(1_100_000)]
    [InlineData(3_000_000)]
    public async Task An_alert_before_megabytes_of_log_lines_is_sent(int log)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "loud.py",
            $$"""
            print('{"notify": true, "title": "Stock", "message": "3 left"}')
            print("a line of a log\n" * ({{log}} // 16))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("3 left", Assert.Single(alice.Bot.All)["message"]);
    }

    [Theory]
    [InlineData(995_000)]
    [InlineData(1_060_000)]
    [InlineData(4_000_000)]
    public async Task Data_that_is_too_large_goes_and_the_chart_and_the_words_stay(int size)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart.png", Pictures.Png);
        alice.WriteScript(
            "chart.py",
            $$"""
            import json, os
            data = {"rows": "x" * {{size}} }
            print(json.dumps({"notify": True, "message": "The text", "image_path": os.path.expanduser("~/chart.png"), "data": data}))
            """
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send_photo", sent.Call);
        Assert.Contains("The text", sent.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"data\"", sent.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"photo\"", sent.Text, StringComparison.Ordinal);
        Assert.Contains("data is left out", alice.Log, StringComparison.Ordinal);
        Assert.Contains(
            "data is left out",
            (await alice.RunAsync("notify-runner", ["--dry-run"])).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "data is left out",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("cp1252.py", "Umsätze")]
    [InlineData("crlf.py", "crlf")]
    [InlineData("deep.py", "tree")]
    [InlineData("dup.py", "second")]
    [InlineData("nul.py", "AB\0\ared")]
    [InlineData("utf16.py", "x")]
    public async Task D28_odd_output_is_delivered(string file, string message)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write(
            "user/notifications/" + file,
            await File.ReadAllBytesAsync(CaseFile("D28-odd-output", file), Analyst.Cancellation)
        );

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(message, Assert.Single(alice.Bot.All)["message"]);
    }

    [Theory]
    [InlineData("invisible.py", "no visible character")]
    [InlineData("npbool.py", "bool(...)")]
    public async Task D28_what_can_not_be_delivered_is_told_once(string file, string words)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write(
            "user/notifications/" + file,
            await File.ReadAllBytesAsync(CaseFile("D28-odd-output", file), Analyst.Cancellation)
        );

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(1, (await alice.RoundAsync()).Status);
        }

        Assert.Contains(words, Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
        Assert.Contains(words, (await alice.RunAsync("notify-runner", ["--dry-run"])).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(415)]
    [InlineData(502)]
    public async Task What_the_bot_refuses_is_told_once_in_its_words_and_again_when_it_is_taken(int status)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("odd.py", Analyst.Hello);
        alice.Bot.Answer = sent =>
            sent["message"] is null
                ? (200, """{"ok":true,"status":"delivered"}""")
                : (status, """{"error":"It is <too> odd."}""");

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(1, (await alice.RoundAsync()).Status);
        }

        var told = Assert.Single(alice.Bot.Take(), sent => sent["message"] is null)["text"];
        Assert.Contains("It is <too> odd.", WebUtility.HtmlDecode(told), StringComparison.Ordinal);
        Assert.Equal("not_sent", alice.State("odd")!.Value.GetProperty("last_outcome").GetString());
        Assert.False(alice.State("odd")!.Value.TryGetProperty("last_sent", out _));

        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"delivered"}""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(["Hello", null], alice.Bot.All.Select(sent => sent["title"]));
        Assert.Contains("odd.py works again", alice.Bot.All[1]["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_field_is_told_once_on_the_phone_and_shown_everywhere_until_it_is_gone()
    {
        await using var alice = await Analyst.CreateAsync();
        const string Sentence = "There is no field \"titel\"; did you mean \"title\"?";
        alice.WriteScript("sales.py", """print('{"notify": true, "titel": "T", "message": "m", "cooldown": "0m"}')""");
        Assert.Contains(
            Sentence,
            (await alice.RunAsync("notify-runner", ["--dry-run"])).Output,
            StringComparison.Ordinal
        );
        Assert.Empty(alice.Bot.All);

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(0, (await alice.RoundAsync()).Status);
        }

        var sent = alice.Bot.Take();
        Assert.Equal(3, sent.Count(each => each["message"] == "m"));
        Assert.Contains(
            Sentence,
            WebUtility.HtmlDecode(Assert.Single(sent, each => each["message"] is null)["text"]),
            StringComparison.Ordinal
        );
        Assert.Contains(Sentence, alice.Log, StringComparison.Ordinal);
        Assert.Contains(Sentence, (await alice.RunAsync("notify-runner", ["status"])).Output, StringComparison.Ordinal);
        Assert.Equal(Sentence, (await ListedAsync())[0].GetProperty("warnings")[0].GetString());

        alice.Bot.Take();
        alice.WriteScript("sales.py", """print('{"notify": false, "cooldwon": "5m"}')""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains(
            "did you mean \"cooldown\"?",
            WebUtility.HtmlDecode(Assert.Single(alice.Bot.Take())["text"]),
            StringComparison.Ordinal
        );
        alice.WriteScript("sales.py", """print('{"notify": false}')""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(JsonValueKind.Null, (await ListedAsync())[0].GetProperty("warnings").ValueKind);

        async Task<JsonElement> ListedAsync() =>
            JsonDocument.Parse((await alice.RunAsync("notify-scripts", ["list"])).Output).RootElement;
    }

    [Fact]
    public async Task D10_the_file_that_hides_a_module_of_pythons_is_named()
    {
        await using var alice = await Analyst.CreateAsync();
        foreach (var file in new[] { "calendar.py", "orders.py" })
        {
            alice.WriteScript(
                file,
                await File.ReadAllTextAsync(CaseFile("D10-named-like-a-module", file), Analyst.Cancellation)
            );
        }

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var told = WebUtility.HtmlDecode(Assert.Single(alice.Bot.All, sent => sent["script"] == "orders.py")["text"])!;
        var sentence =
            $"The file {alice.ScriptsFolder}/calendar.py is in the way: it has the name of Python's module calendar";
        Assert.Contains(sentence, told, StringComparison.Ordinal);
        Assert.Contains(sentence, alice.Log, StringComparison.Ordinal);
        Assert.Contains(
            sentence,
            (await alice.RunAsync("notify-runner", ["--dry-run", "orders"])).Output,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "3 campaigns end today",
            Assert.Single(alice.Bot.All, sent => sent["script"] == "calendar.py")["message"]
        );
    }

    [Theory]
    [InlineData(
        "random.py",
        "import random\nprint(random.choice([1]))",
        "random.py",
        "random.py is in the way: it has the name of Python's module random"
    )]
    [InlineData(
        "statistics.py",
        "def total(x): return x",
        "sales.py",
        "statistics.py is in the way: it has the name of Python's module statistics",
        "from statistics import median"
    )]
    [InlineData(
        "queue.py",
        "raise ValueError('ran')",
        "sales.py",
        "queue.py is in the way",
        "import concurrent.futures.thread"
    )]
    [InlineData("csv/__init__.py", "", "sales.py", "/csv is in the way", "import csv\ncsv.reader([])")]
    [InlineData("email.py", "", "sales.py", "email.py is in the way", "import email.message")]
    [InlineData(
        "token.py",
        "print('{\"notify\": false}')",
        "sales.py",
        "The folder also holds token.py",
        "raise ValueError('no data')"
    )]
    public async Task Each_way_to_hide_a_module_is_named(
        string hiding,
        string python,
        string failing,
        string words,
        string script = ""
    )
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(hiding, python);
        if (script.Length > 0)
        {
            alice.WriteScript(failing, script);
        }

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains(
            words,
            WebUtility.HtmlDecode(Assert.Single(alice.Bot.All, sent => sent["script"] == failing)["text"]),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_helper_with_a_name_of_its_own_is_not_blamed()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("shop.py", "print('{\"notify\": false}')");
        alice.WriteScript("sales.py", "import shop\nshop.total()");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.DoesNotContain("rename", Assert.Single(alice.Bot.All)["text"], StringComparison.OrdinalIgnoreCase);
    }
}
