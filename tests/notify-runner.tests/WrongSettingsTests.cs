using Xunit;

namespace Notify.Tests;

/// <summary>A wrong setting stops every round, which on the phone looks like good news. So it is said where the analyst looks.</summary>
public sealed class WrongSettingsTests
{
    [Theory]
    [InlineData("NOTIFY_FAILURE_ALERTS", "no")]
    [InlineData("NOTIFY_SCRIPT_TIMEOUT", "20s")]
    [InlineData("NOTIFY_RUNNER_PARALLEL", "0")]
    public async Task A_round_says_it_in_its_log_and_on_the_phone(string name, string value)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);

        var round = await alice.RoundAsync((name, value));

        Assert.Equal(78, round.Status);
        Assert.Contains(name, round.Errors, StringComparison.Ordinal);
        Assert.Contains("No script ran: the settings are wrong.", alice.Log, StringComparison.Ordinal);
        Assert.Contains($"{name} holds \"{value}\"", alice.Log, StringComparison.Ordinal);
        Assert.Contains("Its owner was told.", alice.Log, StringComparison.Ordinal);
        var told = Assert.Single(alice.Bot.All);
        Assert.Contains("None of your scripts run", told["text"], StringComparison.Ordinal);
        Assert.Contains(name, told["text"], StringComparison.Ordinal);

        // The bot takes one key once a day: the next rounds say nothing new.
        Assert.Equal("runner-settings", told["key"]);
    }

    [Fact]
    public async Task Who_wants_no_failure_alerts_has_it_in_the_log()
    {
        await using var alice = await Analyst.CreateAsync();

        var round = await alice.RoundAsync(("NOTIFY_SCRIPT_TIMEOUT", "20s"), ("NOTIFY_FAILURE_ALERTS", "off"));

        Assert.Equal(78, round.Status);
        Assert.Contains("NOTIFY_SCRIPT_TIMEOUT", alice.Log, StringComparison.Ordinal);
        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task Status_and_a_dry_run_name_what_is_wrong_in_the_crontab()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", Analyst.Hello);
        var crontab = alice.Account.Write(
            "crontab",
            "NOTIFY_SCRIPT_TIMEOUT=20s\n*/5 * * * * /usr/local/bin/notify-runner\n"
        );
        Assert.Equal(0, (await alice.RunAsync("/usr/bin/crontab", [crontab])).Status);
        try
        {
            foreach (var argument in (string[])["status", "--dry-run"])
            {
                var said = (await alice.RunAsync("notify-runner", [argument])).Output;

                Assert.Contains("NOTIFY_SCRIPT_TIMEOUT holds \"20s\"", said, StringComparison.Ordinal);
                Assert.Contains("No round runs until you fix it: crontab -e", said, StringComparison.Ordinal);
            }
        }
        finally
        {
            await alice.RunAsync("/usr/bin/crontab", ["-r"]);
        }
    }
}
