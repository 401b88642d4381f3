using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace Notify.Tests;

/// <summary>A script that breaks tells its owner once, and once when it works again.</summary>
public sealed partial class FailureAlertTests
{
    private const string Works = """print('{"notify": false}')""";

    private const string Crashes = """
        import sys
        for i in range(40): print(f"line {i} <&>", file=sys.stderr)
        raise ValueError("no column 'a < b'")
        """;

    [Fact]
    public async Task A_crash_is_reported_once_with_the_end_of_its_stderr_and_its_fix_once()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Crashes);

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(1, (await alice.RoundAsync()).Status);
        }

        var told = Assert.Single(alice.Bot.Take());
        Assert.Equal(("POST /send", "HTML", "sales.py"), (told.Call, told["parse_mode"], told["script"]));
        var html = told["text"]!;
        Assert.Contains("sales.py is failing", html, StringComparison.Ordinal);
        Assert.Contains("exit status 1", html, StringComparison.Ordinal);
        var quote = Quote().Match(html).Groups["quote"].Value;
        Assert.Equal(15, WebUtility.HtmlDecode(quote).Split('\n').Length);
        Assert.Contains("ValueError: no column 'a &lt; b'", quote, StringComparison.Ordinal);
        Assert.Contains("line 39 &lt;&amp;&gt;", quote, StringComparison.Ordinal);
        Assert.DoesNotContain("line 20", quote, StringComparison.Ordinal);

        alice.WriteScript("sales.py", Works);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(0, (await alice.RoundAsync()).Status);
        }

        Assert.Contains("sales.py works again", Assert.Single(alice.Bot.Take())["text"], StringComparison.Ordinal);
        Assert.False(alice.State("sales")!.Value.TryGetProperty("failing_since", out _));

        alice.WriteScript("sales.py", Crashes);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Contains("sales.py is failing", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_between_it_is_only_logged_in_one_line_a_round()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Crashes);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Matches(
            @"sales\.py: failed after \d+\.\d s\. It ended with exit status 1\. Its owner was told\.\n",
            alice.Log
        );
        var before = alice.Log.Split('\n').Length;

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Equal(before + 1, alice.Log.Split('\n').Length);
    }

    [Theory]
    [InlineData("import time; time.sleep(300)", "ran longer than 1 s")]
    [InlineData("print('rubbish {[')", "no JSON object with &quot;notify&quot;")]
    [InlineData(
        "import json; print(json.dumps({'notify': True, 'message': 'y' * 5_000_000}))",
        "The last result on stdout has 5,000,031 bytes, and a result may have 4,194,304."
    )]
    [InlineData("print('y' * 3_000_000)", "no JSON object with &quot;notify&quot;")]
    [InlineData(
        """print('{"notify": true, "mess', end="")""",
        "The last result on stdout, {&quot;notify&quot;: true, &quot;mess, breaks off."
    )]
    [InlineData("", "It printed nothing on stdout")]
    [InlineData("print({'notify': True})", "print(json.dumps(result))")]
    [InlineData(
        """print('{"notify": "yes", "message": "m"}')""",
        "notify must be true or false, but is &quot;yes&quot;"
    )]
    [InlineData("""print('{"notify": true}')""", "there is no message")]
    [InlineData("import os; os.kill(os.getpid(), 11)", "signal 11")]
    public async Task Every_way_to_break_is_told(string python, string words)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("odd.py", python);

        Assert.Equal(1, (await alice.RoundAsync(("NOTIFY_SCRIPT_TIMEOUT", "1"))).Status);

        Assert.Contains(words, Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
        Assert.Equal("error", alice.State("odd")!.Value.GetProperty("last_outcome").GetString());
    }

    [Fact]
    public async Task A_missing_interpreter_is_told()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("any.py", Works);
        alice.Account.Write(".venv/bin/x", "");
        File.CreateSymbolicLink(Path.Combine(alice.Home, ".venv/bin/python"), "/usr/bin/python2.6");

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Contains(
            ".venv/bin/python exists, but its Python is missing",
            Assert.Single(alice.Bot.Take())["text"],
            StringComparison.Ordinal
        );

        Directory.Delete(Path.Combine(alice.Home, ".venv"), recursive: true);
        Assert.Equal(1, (await alice.RoundAsync(("PATH", "/nowhere"))).Status);
        Assert.Contains("There is no python3 in /nowhere", alice.Log, StringComparison.Ordinal);
        Assert.Empty(alice.Bot.Take());

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("any.py works again", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Told_counts_only_when_the_bot_accepted()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Crashes);

        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        alice.Bot.Answer = _ => (503, """{"error":"Telegram can't be reached."}""");
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.Take());
        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"queued"}""");
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.Take());
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Empty(alice.Bot.Take());

        alice.WriteScript("sales.py", Works);
        alice.Bot.Answer = _ => (503, """{"error":"Telegram can't be reached."}""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.Take());
        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"queued"}""");
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Contains("works again", Assert.Single(alice.Bot.Take())["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_that_nobody_was_told_of_ends_without_a_word()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Crashes);
        Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))).Status);
        alice.WriteScript("sales.py", Works);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Empty(alice.Bot.All);
        Assert.False(alice.State("sales")!.Value.TryGetProperty("failing_since", out _));
    }

    [Fact]
    public async Task One_that_fails_every_other_round_is_told_four_times_a_day_and_at_last_how_often()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "flaky.py",
            """
            import pathlib
            mark = pathlib.Path.home() / "mark"
            if mark.exists():
                mark.unlink(); print('{"notify": false}')
            else:
                mark.touch(); raise SystemExit("no data")
            """
        );

        for (var round = 0; round < 10; round++)
        {
            Assert.Equal(1 - (round % 2), (await alice.RoundAsync()).Status);
        }

        var told = alice.Bot.All.Select(sent => sent["text"]!).ToList();
        Assert.Equal(4, told.Count);
        Assert.Contains("is failing", told[0], StringComparison.Ordinal);
        Assert.Contains("works again", told[1], StringComparison.Ordinal);
        Assert.Contains("is failing", told[2], StringComparison.Ordinal);
        Assert.Matches(
            @"^⚠️ <b>flaky\.py fails now and then</b>\nIt failed 2 of the last 4 runs, in [^.]+\. The last run worked\.\n",
            told[3]
        );
        Assert.Equal(
            (6, 3),
            (
                alice.State("flaky")!.Value.GetProperty("failures").GetProperty("runs").GetInt32(),
                alice.State("flaky")!.Value.GetProperty("failures").GetProperty("failed").GetInt32()
            )
        );
    }

    [Fact]
    public async Task A_notice_that_it_works_again_has_no_buttons_and_no_stray_blank()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Crashes);
        await alice.RoundAsync();
        Assert.Null(Assert.Single(alice.Bot.Take())["buttons"]);
        alice.WriteState(
            "sales",
            alice
                .Read(".notifications/state/sales.json")
                .Replace("\"failing_since\":", "\"failing_since\":1000,\"was\":", StringComparison.Ordinal)
        );
        alice.WriteScript("sales.py", Works);

        await alice.RoundAsync();

        var told = Assert.Single(alice.Bot.All);
        Assert.Equal(("False", "sales.py"), (told["buttons"], told["script"]));
        Assert.Matches(@"^✅ <b>sales\.py works again</b>\nIt was failing for \d+d( \d+h)?\.$", told["text"]);
    }

    [Fact]
    public async Task Off_means_off()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Crashes);

        Assert.Equal(1, (await alice.RoundAsync(("NOTIFY_FAILURE_ALERTS", "off"))).Status);

        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task The_notice_fits_into_one_message_whatever_stderr_holds()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "long.py",
            """
            import sys
            sys.stderr.buffer.write(b"\xff\x1b[31m\x00" + b"&" * 5000 + b"\n")
            for _ in range(20): sys.stderr.write("\U0001F7E5" * 2000 + "\n")
            sys.exit(3)
            """
        );

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        var html = Assert.Single(alice.Bot.All)["text"]!;
        Assert.InRange(WebUtility.HtmlDecode(Tags().Replace(html, "")).Length, 1, 4096);
        Assert.DoesNotContain(html, c => char.IsControl(c) && c != '\n');
    }

    [GeneratedRegex(
        "<blockquote expandable>(?<quote>.*?)</blockquote>",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Quote();

    [GeneratedRegex("<[^>]*>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tags();
}
