using Notify.Testing;
using Xunit;

namespace Notify.Tests;

public sealed class StatusTests
{
    private const string Healthy =
        """{"status":"ok","version":"1.2.3","bot_username":"SalesBot","telegram":{"state":"ok"}}""";

    private static (int, string) WellAndLinked(Sent sent) =>
        sent.Call switch
        {
            "GET /health" => (200, Healthy),
            "GET /link" => (200, """{"linked":true,"linked_at":"2026-01-30T19:20:00Z"}"""),
            _ => (200, """{"ok":true,"status":"delivered"}"""),
        };

    [Fact]
    public async Task Where_all_is_well_it_shows_bot_link_and_scripts()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Bot.Answer = WellAndLinked;
        alice.WriteScript("sales.py", """print('{"notify": true, "message": "m", "cooldown": "1d"}')""");
        await alice.RoundAsync();

        var status = await alice.RunAsync("notify-runner", ["status"]);

        Assert.Equal(0, status.Status);
        Assert.DoesNotContain("problem", status.Output, StringComparison.Ordinal);
        Assert.Contains("Bot: running, version 1.2.3", status.Output, StringComparison.Ordinal);
        Assert.Contains("Telegram: linked since 2026-01-30T19:20:00Z", status.Output, StringComparison.Ordinal);
        Assert.Matches(
            @"sales\.py +just now \(\d+\.\d s\) +with the next round +just now +23h \d+m +delivered",
            status.Output
        );
        Assert.DoesNotContain('\u001b', status.Output);
    }

    [Fact]
    public async Task Problems_come_first()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("broken.py", "raise ValueError('no data')");
        await alice.RoundAsync();
        alice.Bot.Answer = sent =>
            sent.Call == "GET /link"
                ? (200, """{"linked":false}""")
                : (200, Healthy.Replace("\"state\":\"ok\"", "\"state\":\"unreachable\"", StringComparison.Ordinal));

        var output = (await alice.RunAsync("notify-runner", ["status"])).Output;

        Assert.StartsWith("3 problems:", output, StringComparison.Ordinal);
        Assert.Contains("Send /start to @SalesBot", output, StringComparison.Ordinal);
        Assert.Contains("The bot has a problem with Telegram: unreachable", output, StringComparison.Ordinal);
        Assert.Contains("broken.py: It ended with exit status 1.", output, StringComparison.Ordinal);
        Assert.Contains("ValueError: no data", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_bot_without_a_folder_and_without_rounds_it_says_what_to_do()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Bot.Answer = WellAndLinked;

        var nothing = (
            await alice.RunAsync("notify-runner", ["status"], ("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"))
        ).Output;
        Assert.Contains(
            "The bot is not running, or its socket was removed: there is no socket /nowhere/bot.sock",
            nothing,
            StringComparison.Ordinal
        );
        Assert.Contains("mkdir -p ~/user/notifications", nothing, StringComparison.Ordinal);

        alice.WriteScript("sales.py", "");
        var noRound = (await alice.RunAsync("notify-runner", ["status"])).Output;
        Assert.StartsWith("1 problem:", noRound, StringComparison.Ordinal);
        Assert.Contains("No round has run yet. Run: notify-runner enable", noRound, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mutes_stand_first()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", """print('{"notify": false}')""");
        await alice.RoundAsync();
        alice.Bot.Answer = WellAndLinked;
        alice.Bot.Mutes = (
            200,
            """{"muted_until":"2026-01-30T19:20:00Z","scripts":[{"stem":"sales","muted_until":"9999-12-31T23:59:59Z"}]}"""
        );

        var output = (await alice.RunAsync("notify-runner", ["status"], ("TZ", "AAA-2"))).Output;

        Assert.StartsWith(
            "All your notifications are muted until 2026-01-30 21:20. To end it, send /unmute to the bot.\nsales is muted until you unmute it.",
            output,
            StringComparison.Ordinal
        );

        // A bot of an older version knows no mutes to tell of.
        alice.Bot.Mutes = (404, """{"error":"There is GET /link."}""");
        Assert.DoesNotContain(
            "mute",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_quiet_hours_hold_counts_as_sent_and_the_round_says_until_when()
    {
        await using var alice = await Analyst.CreateAsync();
        var until = TimeProvider.System.GetUtcNow().AddHours(3);
        alice.Bot.Answer = sent =>
            sent.Call.StartsWith("POST", StringComparison.Ordinal)
                ? (200, $$"""{"ok":true,"status":"held","id":"1","held_until":"{{until:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""")
                : WellAndLinked(sent);
        alice.WriteScript("sales.py", """print('{"notify": true, "message": "m"}')""");

        Assert.Equal(0, (await alice.RoundAsync(("TZ", "AAA-2"))).Status);

        Assert.Contains(
            $"sales.py: held until {until.AddHours(2):HH:mm} by your quiet hours. It ran for",
            alice.Log,
            StringComparison.Ordinal
        );
        Assert.Equal("queued", alice.State("sales")!.Value.GetProperty("last_outcome").GetString());
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.All, sent => sent.Call.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_muted_scripts_round_says_until_when()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Bot.Answer = sent =>
            sent.Call.StartsWith("POST", StringComparison.Ordinal)
                ? (200, """{"ok":true,"status":"queued","id":"1","muted_until":"2026-01-30T19:20:00Z"}""")
                : WellAndLinked(sent);
        alice.WriteScript("sales.py", """print('{"notify": true, "message": "m"}')""");

        Assert.Equal(0, (await alice.RoundAsync(("TZ", "AAA-2"))).Status);

        Assert.Contains("sales.py: muted until 2026-01-30 21:20. It ran for", alice.Log, StringComparison.Ordinal);
        Assert.Equal("muted", alice.State("sales")!.Value.GetProperty("last_outcome").GetString());
        Assert.Matches(
            @"sales\.py +just now \(\d+\.\d s\) +with the next round +just now +\d+m +muted",
            (await alice.RunAsync("notify-runner", ["status"])).Output
        );
        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.All, sent => sent.Call.StartsWith("POST", StringComparison.Ordinal));
    }
}
