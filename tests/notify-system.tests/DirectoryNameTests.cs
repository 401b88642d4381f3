using Notify.Testing;

namespace Notify.Tests;

/// <summary>Accounts as directories name them: the system knows them, and so they can be used everywhere.</summary>
public sealed class DirectoryNameTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("hc.jane")]
    [InlineData("hcjane@corp.example")]
    [InlineData("HCJane")]
    [InlineData("4jane.doe@emea.corp.test")]
    public async Task A_round_a_link_by_the_admin_a_run_through_sudo_and_a_mute_work(string name)
    {
        await using var machine = await Machine.StartAsync(name);
        await machine.AllowSudoAsync();
        var user = machine.Alice.Name;
        machine.Script("stock.py", """print('{"notify": true, "message": "Below minimum"}')""");
        var chat = await machine.Phone.AddStartedPersonAsync("Jane", Cancellation);

        var (linked, said) = await RunProgram.ToEndAsync(
            Programs.Path("notify-bot"),
            ["link", user, "--chat", chat.ToString(System.Globalization.CultureInfo.InvariantCulture)],
            machine.BotEnvironment.AsReadOnly(),
            Cancellation
        );
        Assert.True(linked == 0, said);
        var (status, round) = await machine.RoundAsync();
        Assert.True(status == 0, round + machine.RunnerLog);
        await machine.Phone.WaitForBotMessagesAsync(
            chat,
            messages => messages.Any(m => m.Text == "Below minimum"),
            Cancellation
        );

        await using var jane = AccountCaller.Of(machine.Alice, machine.Bot.SocketPath);
        var run = await jane.AskAsync("POST", "/scripts/stock.py/run", null, null, Cancellation);
        Assert.Equal((200, "delivered"), (run.Status, run.Json.GetProperty("outcome").GetString()));
        Assert.Equal(200, (await jane.PostAsync("/scripts/stock.py/mute", new { @for = "1h" }, Cancellation)).Status);
        var list = await jane.GetAsync($"/scripts?user={Uri.EscapeDataString(user)}", Cancellation);
        Assert.True(list.Json.GetProperty("scripts")[0].TryGetProperty("muted_until", out _), list.ToString());
        var history = (await jane.GetAsync($"/notifications?user={user}", Cancellation)).Json.GetProperty(
            "notifications"
        );
        Assert.All(history.EnumerateArray(), n => Assert.Equal(user, n.GetProperty("user").GetString()));
    }

    [Fact]
    public async Task A_name_that_can_be_no_users_is_said_where_its_analyst_looks_with_what_to_do()
    {
        await using var machine = await Machine.StartAsync(@"hc\jane");
        machine.Script("stock.py", """print('{"notify": true, "message": "Below minimum"}')""");

        var (status, said) = await machine.RoundAsync();
        var (_, report) = await machine.Alice.RunAsync(
            Programs.Path("notify-runner"),
            ["status"],
            machine.RunnerEnvironment.AsReadOnly(),
            Cancellation
        );
        await using var jane = AccountCaller.Of(machine.Alice, machine.Bot.SocketPath);
        var sent = await jane.PostAsync("/send", new { text = "hello" }, Cancellation);

        Assert.NotEqual(0, status);
        foreach (var heard in (string[])[said + machine.RunnerLog, report, sent.Error])
        {
            Assert.Contains("can't be a user name here", heard, StringComparison.Ordinal);
            Assert.Contains("full_name_format", heard, StringComparison.Ordinal);
        }

        Assert.Equal(403, sent.Status);
    }
}
