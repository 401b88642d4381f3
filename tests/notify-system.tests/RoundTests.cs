using Notify.Testing;

namespace Notify.Tests;

/// <summary>What an owner hears about scripts that break, and what a round does while the bot is away.</summary>
public sealed class RoundTests
{
    private const string Good = """
        import json
        print(json.dumps({"notify": True, "title": "Stock", "message": "Below minimum", "cooldown": "0m"}))
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "crash",
        "raise ValueError('no rows in stg_orders')",
        "exit status 1",
        "ValueError: no rows in stg_orders"
    )]
    [InlineData("time limit", "import time; time.sleep(300)", "1 s", null)]
    [InlineData("rubbish", "print('42 rows, all fine')", "42 rows, all fine", null)]
    [InlineData(
        "exit status",
        "import sys; print('disk is full', file=sys.stderr); sys.exit(3)",
        "exit status 3",
        "disk is full"
    )]
    public async Task A_script_that_breaks_tells_its_owner_once_and_once_when_it_works_again(
        string way,
        string source,
        string how,
        string? quoted
    )
    {
        await using var machine = await Machine.StartAsync();
        machine.RunnerEnvironment["NOTIFY_SCRIPT_TIMEOUT"] = way == "time limit" ? "1" : "20";
        machine.Script("stock_check.py", source);

        foreach (var _ in new[] { 1, 2, 3 })
        {
            Assert.Equal((1, ""), await machine.RoundAsync());
        }

        var told = Assert.Single(await machine.Messages());
        Assert.Contains("stock_check.py is failing", told.Text, StringComparison.Ordinal);
        Assert.Contains(how, told.Text, StringComparison.Ordinal);
        if (quoted is not null)
        {
            var quote = Assert.Single(told.Entities, e => e.Type == "expandable_blockquote");
            Assert.Contains(quoted, told.Text.Substring(quote.Offset, quote.Length), StringComparison.Ordinal);
        }

        machine.Script("stock_check.py", Good);
        Assert.Equal((0, ""), await machine.RoundAsync());
        Assert.Equal((0, ""), await machine.RoundAsync());

        var all = (await machine.Messages()).Select(m => m.Text).ToList();
        Assert.Equal(4, all.Count);
        Assert.Equal("Stock\nBelow minimum", all[1]);
        Assert.Contains("stock_check.py works again", all[2], StringComparison.Ordinal);
        Assert.Equal("Stock\nBelow minimum", all[3]);
    }

    [Fact]
    public async Task An_alert_that_can_t_be_stored_while_another_program_locks_the_outbox_is_on_the_phone_once_after_the_lock()
    {
        await using var machine = await Machine.StartAsync();
        var script = machine.ScriptOfCase("D05-outbox-locked");
        await using var holder = await SqliteHolder.TakeAsync(
            Path.Combine(machine.Data, "private", "outbox.db"),
            SqliteHolder.Immediate,
            Cancellation
        );

        foreach (var _ in new[] { 1, 2 })
        {
            Assert.NotEqual(0, (await machine.RoundAsync()).Status);
        }

        Assert.Contains(
            $"another program has the outbox locked: {holder.Name}",
            machine.RunnerLog,
            StringComparison.Ordinal
        );
        Assert.Null(machine.LastSent(script));
        await holder.LetGoAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                using var health = await machine.Bot.Client.GetAsync(
                    new Uri("/health", UriKind.Relative),
                    Cancellation
                );
                return health.IsSuccessStatusCode;
            },
            () => "health is not 200",
            Cancellation
        );
        Assert.Equal((0, ""), await machine.RoundAsync());
        Assert.Equal((0, ""), await machine.RoundAsync());

        Assert.Single(await machine.Messages());
        Assert.NotNull(machine.LastSent(script));
    }

    [Fact]
    public async Task A_Python_that_is_gone_is_told_once_for_each_script()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("stock_check.py", Good);
        Directory.CreateDirectory(Path.Combine(machine.Alice.Home, ".venv", "bin"));
        File.CreateSymbolicLink(
            Path.Combine(machine.Alice.Home, ".venv", "bin", "python"),
            "/usr/bin/python-that-was-upgraded-away"
        );

        Assert.Equal((1, ""), await machine.RoundAsync());
        Assert.Equal((1, ""), await machine.RoundAsync());

        var told = Assert.Single(await machine.Messages()).Text;
        Assert.Contains("stock_check.py is failing", told, StringComparison.Ordinal);
        Assert.Contains(".venv/bin/python", told, StringComparison.Ordinal);

        Directory.Delete(Path.Combine(machine.Alice.Home, ".venv"), recursive: true);
        Assert.Equal((0, ""), await machine.RoundAsync());
        Assert.Contains("stock_check.py works again", (await machine.Messages())[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_bot_is_away_nothing_counts_as_sent_and_the_next_round_delivers()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("stock_check.py", Good.Replace("0m", "1d", StringComparison.Ordinal));
        await machine.Bot.KillAsync();

        Assert.Equal((75, ""), await machine.RoundAsync());
        Assert.Null(machine.LastSent("stock_check.py"));
        Assert.Contains("The bot is not running", machine.RunnerLog, StringComparison.Ordinal);

        await machine.StartBotAsync();
        Assert.Equal((0, ""), await machine.RoundAsync());
        Assert.Equal((0, ""), await machine.RoundAsync());

        Assert.Equal("Stock\nBelow minimum", Assert.Single(await machine.Messages()).Text);
        Assert.NotNull(machine.LastSent("stock_check.py"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bot_that_is_killed_after_it_accepted_and_before_it_answered_costs_no_second_copy(bool hasChart)
    {
        await using var machine = await Machine.StartAsync();
        var chart = Path.Combine(machine.Alice.Home, "chart.png");
        await File.WriteAllBytesAsync(chart, TestPictures.Png(60, 40), Cancellation);
        machine.Script(
            "stock_check.py",
            $$"""
            import json
            print(json.dumps({"notify": True, "message": "Below minimum", "cooldown": "1d", "image_path": {{(
                hasChart ? $"'{chart}'" : "None"
            )}}}))
            """
        );
        await machine.Phone.BeginOutageAsync(Cancellation);
        var round = machine.RoundAsync();
        await machine.Bot.WaitForHealthAsync(
            h => h.GetProperty("queue").GetProperty("length").GetInt32() == 1,
            Cancellation
        );

        await machine.Bot.KillAsync();
        await machine.StartBotAsync(isTelegramThere: false);
        await machine.Phone.EndOutageAsync(Cancellation);

        Assert.Equal((0, ""), await round);
        Assert.NotNull(machine.LastSent("stock_check.py"));
        await machine.Phone.WaitForBotMessagesAsync(machine.Chat, 1, Cancellation);
        Assert.Equal((0, ""), await machine.RoundAsync());
        Assert.Single(await machine.Messages());
    }

    [Fact]
    public async Task A_break_that_happens_while_the_bot_is_away_is_told_once_it_is_back()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("stock_check.py", "raise SystemExit('nothing works')");
        await machine.Bot.KillAsync();
        Assert.Equal(75, (await machine.RoundAsync()).Status);

        await machine.StartBotAsync();
        Assert.Equal(1, (await machine.RoundAsync()).Status);
        Assert.Equal(1, (await machine.RoundAsync()).Status);

        Assert.Contains("nothing works", Assert.Single(await machine.Messages()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_linked_keeps_the_notification_for_the_round_after_linking()
    {
        await using var machine = await Machine.StartAsync();
        machine.Script("stock_check.py", Good.Replace("0m", "1d", StringComparison.Ordinal));
        var links = Path.Combine(machine.Data, "telegram_users.json");
        var before = await File.ReadAllTextAsync(links, Cancellation);
        await File.WriteAllTextAsync(links, "{}", Cancellation);

        Assert.Equal((1, ""), await machine.RoundAsync());
        Assert.Null(machine.LastSent("stock_check.py"));
        Assert.Contains("/start", machine.RunnerLog, StringComparison.Ordinal);

        await File.WriteAllTextAsync(links, before, Cancellation);
        Assert.Equal((0, ""), await machine.RoundAsync());

        // On a slow machine the chat is told of the link that went and came, too.
        Assert.Single(await machine.Messages(), m => m.Text.Contains("Below minimum", StringComparison.Ordinal));
    }
}
