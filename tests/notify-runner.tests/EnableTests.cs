using Xunit;

namespace Notify.Tests;

/// <summary><c>notify-runner enable</c> and <c>disable</c>, with the machine's real crontab.</summary>
public sealed class EnableTests
{
    [Fact]
    public async Task Enable_and_disable_change_one_line_and_keep_the_rest()
    {
        await using var alice = await Analyst.CreateAsync();
        const string Own = "# mine, with bytes: \u00e4\n0 1 * * * /bin/true\n";
        await SetAsync(alice, Own + "*/5 * * * * /usr/local/bin/notify-runner\n");

        var enabled = await alice.RunAsync("notify-runner", ["enable"]);

        Assert.Equal((0, ""), (enabled.Status, enabled.Errors));
        Assert.Contains(
            "Replaced in your crontab: */5 * * * * /usr/local/bin/notify-runner\n",
            enabled.Output,
            StringComparison.Ordinal
        );
        Assert.Equal(Own + "NOTIFY_DEFAULT_EVERY=5m\n* * * * * /usr/local/bin/notify-runner\n", await ShowAsync(alice));
        Assert.Contains(
            "Nothing was changed",
            (await alice.RunAsync("notify-runner", ["enable"])).Output,
            StringComparison.Ordinal
        );

        var disabled = await alice.RunAsync("notify-runner", ["disable"]);

        Assert.Equal((0, ""), (disabled.Status, disabled.Errors));
        Assert.Equal(Own, await ShowAsync(alice));
        Assert.Equal("DELETE /rounds", Assert.Single(alice.Bot.All).Call);
    }

    [Fact]
    public async Task Enable_works_in_an_account_without_a_crontab_and_disable_leaves_none()
    {
        await using var alice = await Analyst.CreateAsync();

        Assert.Equal(0, (await alice.RunAsync("notify-runner", ["enable"])).Status);
        Assert.Equal("NOTIFY_DEFAULT_EVERY=5m\n* * * * * /usr/local/bin/notify-runner\n", await ShowAsync(alice));

        Assert.Equal(0, (await alice.RunAsync("notify-runner", ["disable"])).Status);
        Assert.Equal("", await ShowAsync(alice));
    }

    [Fact]
    public async Task Who_may_have_no_crontab_is_told_so_and_a_bot_that_is_away_too()
    {
        await using var alice = await Analyst.CreateAsync();
        await File.AppendAllTextAsync("/etc/cron.deny", alice.Account.Name + "\n", Analyst.Cancellation);
        try
        {
            var refused = await alice.RunAsync("notify-runner", ["enable"]);
            Assert.Equal(1, refused.Status);
            Assert.Contains("not allowed to use this program", refused.Errors, StringComparison.Ordinal);
        }
        finally
        {
            var denied = await File.ReadAllLinesAsync("/etc/cron.deny", Analyst.Cancellation);
            await File.WriteAllLinesAsync(
                "/etc/cron.deny",
                denied.Where(line => line != alice.Account.Name),
                Analyst.Cancellation
            );
        }

        var away = await alice.RunAsync("notify-runner", ["disable"], ("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"));
        Assert.Equal(75, away.Status);
        Assert.Contains("it will report once that they stopped", away.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_does_more_and_a_setting_that_stops_every_round_are_named()
    {
        await using var alice = await Analyst.CreateAsync();
        const string Both = "*/5 * * * * /usr/local/bin/notify-runner; /bin/true\n";
        await SetAsync(alice, Both);

        foreach (var command in (string[])["enable", "disable"])
        {
            var refused = await alice.RunAsync("notify-runner", [command]);
            Assert.Equal(1, refused.Status);
            Assert.Contains("/bin/true Split it by hand (crontab -e)", refused.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(Both, await ShowAsync(alice));
        await SetAsync(alice, "NOTIFY_DEFAULT_EVERY=banana\n");
        var enabled = await alice.RunAsync("notify-runner", ["enable"]);
        Assert.Equal(1, enabled.Status);
        Assert.Contains("NOTIFY_DEFAULT_EVERY holds \"banana\"", enabled.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_by_hand_reckons_with_the_clock_of_the_crontab()
    {
        await using var alice = await Analyst.CreateAsync();
        await SetAsync(alice, "TZ=Pacific/Kiritimati\n* * * * * /usr/local/bin/notify-runner\n");
        alice.WriteScript("report.py", "# notify: at daily 09:00\n" + Analyst.Hello);

        Assert.Contains(
            "09:00 Pacific/Kiritimati, in ",
            (await alice.RunAsync("notify-runner", ["status"])).Output,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("0 * * * *", "10:00 (due 09:05), in ")]
    [InlineData("*/5 * * * *", "09:05, in ")]
    [InlineData("* * * * *", "09:05, in ")]
    public async Task The_next_run_is_that_of_the_round_that_the_crontab_starts(string times, string words)
    {
        await using var alice = await Analyst.CreateAsync();
        await SetAsync(alice, $"{times} /usr/local/bin/notify-runner\n");
        alice.WriteScript("report.py", "# notify: at daily 09:05\n" + Analyst.Hello);

        Assert.Contains(words, (await alice.RunAsync("notify-runner", ["status"])).Output, StringComparison.Ordinal);
        Assert.Contains(words, (await alice.RunAsync("notify-runner", ["--dry-run"])).Output, StringComparison.Ordinal);
    }

    private static async Task SetAsync(Analyst alice, string crontab)
    {
        alice.Account.Write("crontab.txt", crontab);
        Assert.Equal(
            new Ended(0, "", ""),
            await alice.RunAsync("/usr/bin/crontab", [Path.Combine(alice.Home, "crontab.txt")])
        );
    }

    private static async Task<string> ShowAsync(Analyst alice) =>
        (await alice.RunAsync("/usr/bin/crontab", ["-l"])).Output;
}
