using Xunit;

namespace Notify.Tests;

/// <summary>A notice that the owner's mute keeps off the phone has not been told: the first round after the mute tells it.</summary>
public sealed class MutedNoticesTests
{
    private const string EverythingMuted = """{"muted_until":"2999-01-01T00:00:00Z","scripts":[]}""";
    private const string SalesMuted = """{"scripts":[{"stem":"sales","muted_until":"2999-01-01T00:00:00Z"}]}""";

    [Theory]
    [InlineData(EverythingMuted, "raise SystemExit('no data')", 1, "sales.py is failing")]
    [InlineData(SalesMuted, "raise SystemExit('no data')", 1, "sales.py is failing")]
    [InlineData(SalesMuted, """print('{"notify": false, "titel": "x"}')""", 0, "titel")]
    public async Task It_is_told_once_the_mute_is_over(string mutes, string script, int status, string told)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", script);
        alice.Bot.Mutes = (200, mutes);

        Assert.Equal(status, (await alice.RoundAsync()).Status);
        Assert.Equal(status, (await alice.RoundAsync()).Status);
        var dry = (await alice.RunAsync("notify-runner", ["--dry-run"])).Output;

        Assert.Empty(alice.Bot.Take());
        Assert.Matches(@"Its owner will be told[a-z ]* after the mute \(muted until you unmute it\)", alice.Log);
        Assert.DoesNotContain("Your phone was told", dry, StringComparison.Ordinal);

        alice.Bot.Mutes = (200, "{}");
        Assert.Equal(status, (await alice.RoundAsync()).Status);
        Assert.Equal(status, (await alice.RoundAsync()).Status);
        Assert.Contains(told, Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_after_a_muted_result_is_told_once_the_mute_is_over()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "sales.py",
            """
            print('{"notify": true, "message": "m", "cooldown": "0m"}')
            raise SystemExit('no data')
            """
        );
        alice.Bot.Mutes = (200, SalesMuted);
        alice.Bot.Answer = _ =>
            (200, """{"ok":true,"status":"queued","id":"1","muted_until":"2999-01-01T00:00:00Z"}""");
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        alice.Bot.Take();
        alice.Bot.Mutes = (200, "{}");
        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"delivered","id":"2"}""");
        alice.WriteScript("sales.py", "raise SystemExit('no data')");

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains("sales.py is failing", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_break_of_which_the_mute_kept_everything_away_ends_without_a_word()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", "raise SystemExit('no data')");
        alice.Bot.Mutes = (200, EverythingMuted);
        Assert.Equal(1, (await alice.RoundAsync()).Status);
        alice.Bot.Mutes = (200, "{}");

        alice.WriteScript("sales.py", """print('{"notify": false}')""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task Another_scripts_mute_keeps_nothing_away()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("stock.py", "raise SystemExit('no data')");
        alice.Bot.Mutes = (200, SalesMuted);

        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Contains("stock.py is failing", Assert.Single(alice.Bot.All)["text"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EverythingMuted)]
    [InlineData(SalesMuted)]
    public async Task A_dry_run_says_that_the_phone_stays_silent(string mutes)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);
        alice.Bot.Mutes = (200, mutes);

        var dry = (await alice.RunAsync("notify-runner", ["--dry-run"])).Output;

        Assert.Contains("It would not reach your phone: muted until you unmute it.", dry, StringComparison.Ordinal);
        Assert.DoesNotContain("Would be sent now", dry, StringComparison.Ordinal);
    }
}
