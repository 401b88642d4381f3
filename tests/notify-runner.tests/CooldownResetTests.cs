using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>Who resets a cooldown gets the next alert; what else is known of the script stays.</summary>
public sealed class CooldownResetTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_next_alert_is_sent_and_begins_the_cooldown_anew()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hourly.py", Analyst.Case("C25-cooldown-equals-cron"));
        await alice.RoundAsync();
        await alice.RoundAsync();
        Assert.Single(alice.Bot.All);

        var reset = await ResetAsync(alice, "hourly.py");
        Assert.Equal(0, reset.Status);
        await alice.RoundAsync();
        await alice.RoundAsync();

        Assert.Equal(2, alice.Bot.All.Count);
        Assert.Equal("held_by_cooldown", alice.State("hourly")!.Value.GetProperty("last_outcome").GetString());
    }

    [Theory]
    [InlineData("gone.py", "not_found")]
    [InlineData("../hourly.py", "not_found")]
    public async Task What_is_no_script_of_the_folder_is_refused(string name, string reason)
    {
        await using var alice = await Analyst.CreateAsync();

        var reset = await ResetAsync(alice, name);

        Assert.NotEqual(0, reset.Status);
        Assert.Contains($"\"reason\":\"{reason}\"", reset.Output, StringComparison.Ordinal);
        Assert.Null(alice.State("gone"));
    }

    private static async Task<(int Status, string Output)> ResetAsync(Analyst alice, string name)
    {
        var ran = await alice.Account.RunAsync(
            Programs.Path("notify-scripts"),
            ["reset", name],
            new Dictionary<string, string>(StringComparer.Ordinal),
            Cancellation
        );
        return (ran.Status, ran.Said);
    }
}
