namespace Notify.Tests;

/// <summary>An alert that lasts, from the script to the phone: one message that changes, and a reply when it is over.</summary>
public sealed class IncidentTests
{
    /// <summary>Prints what the file <c>say</c> holds.</summary>
    private const string Script = """
        # notify: incident
        import pathlib
        print((pathlib.Path.home() / "say").read_text())
        """;

    private const string Ok = """{"notify": false}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Firing(string text) =>
        $$"""{"notify": true, "title": "Revenue", "message": "{{text}}", "cooldown": "6h"}""";

    private static async Task SayAsync(Machine machine, string said)
    {
        machine.Alice.Write("say", said);
        Assert.Equal((0, ""), await machine.RoundAsync());
    }

    [Fact]
    public async Task An_alert_that_lasts_is_one_message_and_its_end_one_reply()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("revenue.py", Script);
        foreach (var said in (string[])[Ok, Firing("-20 %"), Firing("-20 %"), Ok, Firing("-20 %"), Ok, Ok, Ok])
        {
            await SayAsync(machine, said);
        }

        var messages = await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            all => all.Count == 2 && all[0].Text.Contains("over", StringComparison.Ordinal),
            Cancellation
        );
        Assert.Contains("-20 %", messages[0].Versions[0].Text, StringComparison.Ordinal);
        Assert.Equal(messages[0].MessageId, messages[1].ReplyTo);
        Assert.Contains("over", messages[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_in_an_outage_of_the_bot_is_told_after_it()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("revenue.py", Script);
        await SayAsync(machine, Firing("-20 %"));
        await machine.Bot.KillAsync();
        machine.Alice.Write("say", Ok);
        Assert.Equal(75, (await machine.RoundAsync()).Status);
        await machine.StartBotAsync();
        await SayAsync(machine, Ok);

        var messages = await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            all => all.Count == 2 && all[0].Text.Contains("over", StringComparison.Ordinal),
            Cancellation
        );
        Assert.Equal(messages[0].MessageId, messages[1].ReplyTo);
    }

    [Fact]
    public async Task A_message_that_was_deleted_is_sent_anew_when_there_is_news()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("revenue.py", Script);
        await SayAsync(machine, Firing("-20 %"));
        var first = Assert.Single(await machine.Phone.WaitForBotMessagesAsync(machine.Chat, 1, Cancellation));
        await machine.Phone.DeleteMessageAsync(machine.Chat, first.MessageId, Cancellation);
        await SayAsync(machine, Firing("-30 %"));

        await machine.Phone.WaitForBotMessagesAsync(
            machine.Chat,
            all => all.Count == 1 && all[0].Text.Contains("-30 %", StringComparison.Ordinal),
            Cancellation
        );
    }
}
