using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Commands;

/// <summary>Runs of scripts from the chat: side by side, told once how they ended, and remembered.</summary>
public sealed class RunInChatTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_script_holds_up_neither_its_own_chat_nor_another_and_is_not_started_twice()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        var go = Path.Combine(alice.Home, "go");
        alice.Write(
            "user/notifications/slow.py",
            $$"""
            import os, time
            while not os.path.exists({{'"'}}{{go}}{{'"'}}): time.sleep(0.05)
            print('{"notify": false}')
            """
        );
        var chat = await scene.LinkAsync(alice.Name);
        var other = await scene.LinkAsync("bob");

        await scene.Phone.TypeAsync(chat, "/run slow", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.StartsWith("▶ Running slow", StringComparison.Ordinal)),
            Cancellation
        );
        await scene.AskAsync(other, "/help");
        Assert.Contains("/whoami", (await scene.AskAsync(chat, "/help")).Text, StringComparison.Ordinal);
        Assert.Equal("slow is already running.", (await scene.AskAsync(chat, "/run slow")).Text);
        Assert.Contains("running now", (await scene.AskAsync(chat, "/status")).Text, StringComparison.Ordinal);

        alice.Write("go", "");
        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ slow: no alert"), Cancellation);
    }

    [Fact]
    public async Task A_run_that_the_bots_end_interrupts_is_said_to_be_so_in_its_chat()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        alice.Write(
            "user/notifications/endless.py",
            "import os, time; open(os.path.expanduser('~/pid'), 'w').write(str(os.getpid())); time.sleep(55)"
        );
        var chat = await scene.LinkAsync(alice.Name);
        await scene.Phone.TypeAsync(chat, "/run endless", Cancellation);
        var witness = Path.Combine(alice.Home, "pid");
        await Eventually.TrueAsync(
            () => File.Exists(witness) && File.ReadAllText(witness).Length > 0,
            () => "the script has not begun",
            Cancellation
        );

        await scene.Bot.StopAsync(Cancellation);

        Assert.Contains(
            await scene.Phone.BotMessagesAsync(chat, Cancellation),
            m => m.Text.Contains("endless: stopped", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("Bad Request: message to edit not found")]
    [InlineData("Bad Request: message can't be edited")]
    [InlineData("Bad Request: MESSAGE_ID_INVALID")]
    public async Task How_a_run_ended_is_told_in_a_new_message_where_the_first_one_can_not_be_edited(string refusal)
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        alice.Write("user/notifications/broken.py", "raise SystemExit('no such table: orders_2026')");
        var chat = await scene.LinkAsync(alice.Name);
        await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "editMessageText",
                Status = 400,
                Description = refusal,
            },
            Cancellation
        );

        await scene.Phone.TypeAsync(chat, "/run broken", Cancellation);

        var told = await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.StartsWith("✖ broken: failed", StringComparison.Ordinal)),
            Cancellation
        );
        Assert.Contains(
            told,
            m =>
                m.Edits == 0
                && m.Text.Contains("no such table: orders_2026", StringComparison.Ordinal)
                && m.Entities.Any(e => e.Type == "expandable_blockquote")
        );
    }

    [Theory]
    [InlineData(FaultKind.Drop, false)]
    [InlineData(FaultKind.Drop, true)]
    [InlineData(FaultKind.Cut, true)]
    public async Task How_a_run_ended_is_told_once_where_the_answer_to_the_edit_was_lost(FaultKind fault, bool taken)
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        var chat = await scene.LinkAsync(alice.Name);
        var lost = await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = fault,
                Method = "editMessageText",
                Times = 2,
                Taken = taken,
            },
            Cancellation
        );

        await scene.Phone.TypeAsync(chat, "/run quiet", Cancellation);

        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ quiet: no alert"), Cancellation);
        await Eventually.TrueAsync(
            async () => (await scene.Phone.FaultsAsync(Cancellation)).Single(f => f.Id == lost.Id).Hits == 2,
            () => "the edit was not tried again",
            Cancellation
        );
        var help = await scene.AskAsync(chat, "/help");
        Assert.Single(
            await scene.Phone.BotMessagesAsync(chat, Cancellation),
            m => m.MessageId != help.MessageId && m.Text.Contains("quiet", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_run_that_is_interrupted_says_so_in_a_new_message_where_the_first_one_is_gone()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        alice.Write(
            "user/notifications/endless.py",
            "import os, time; open(os.path.expanduser('~/pid'), 'w').write(str(os.getpid())); time.sleep(55)"
        );
        var chat = await scene.LinkAsync(alice.Name);
        await scene.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "editMessageText",
                Status = 400,
                Description = "Bad Request: message to edit not found",
            },
            Cancellation
        );
        await scene.Phone.TypeAsync(chat, "/run endless", Cancellation);
        var witness = Path.Combine(alice.Home, "pid");
        await Eventually.TrueAsync(
            () => File.Exists(witness) && File.ReadAllText(witness).Length > 0,
            () => "the script has not begun",
            Cancellation
        );

        await scene.Bot.StopAsync(Cancellation);

        Assert.Contains(
            await scene.Phone.BotMessagesAsync(chat, Cancellation),
            m => m.Edits == 0 && m.Text.Contains("endless: stopped", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task One_users_slow_scripts_leave_room_for_another_users()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        var chat = await scene.LinkAsync(alice.Name);
        for (var i = 0; i < 3; i++)
        {
            alice.Write($"user/notifications/slow{i}.py", "import time; time.sleep(50)");
        }

        await scene.AskAsync(chat, "/run slow0");
        await scene.AskAsync(chat, "/run slow1");
        await scene.Phone.TypeAsync(chat, "/run slow2", Cancellation);

        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.Contains("2 of your scripts are running already", StringComparison.Ordinal)),
            Cancellation
        );
    }

    /// <summary>A bot that runs as the account itself, so that the helper needs no sudo.</summary>
    [Fact]
    public async Task A_script_that_is_not_there_is_said_to_be_none_whatever_its_name()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        alice.Write("user/notifications/sales report.py", """print('{"notify": false}')""");
        await using var scene = await BotScene.SetAsync();
        scene.Environment["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts");
        await scene.StartBotAsync();
        var chat = await scene.LinkAsync(alice.Name);

        foreach (
            var (name, said) in new[]
            {
                ("brk extra", "There is no script brk extra.py"),
                ("brk", "there is no such file"),
                ("sales report", "can be run by cron alone"),
            }
        )
        {
            await scene.Phone.TypeAsync(chat, $"/run {name}", Cancellation);
            await scene.Phone.WaitForBotMessagesAsync(
                chat,
                m => m.Any(x => x.Text.Contains(said, StringComparison.Ordinal)),
                Cancellation
            );
        }
    }

    [Fact]
    public async Task Runs_are_remembered_with_who_asked_and_given_a_page_at_a_time()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await BotScene.OwnScriptsAsync(alice);
        alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        var chat = await scene.LinkAsync(alice.Name);
        await scene.Phone.TypeAsync(chat, "/run quiet", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ quiet: no alert"), Cancellation);
        // Root asks for alice, as the dashboard does.
        using var ran = await scene.Bot.Client.PostAsync(
            new Uri($"/scripts/quiet.py/run?user={alice.Name}", UriKind.Relative),
            null,
            Cancellation
        );
        Assert.True(ran.IsSuccessStatusCode);

        var runs = (await scene.Bot.GetAsync($"/scripts/quiet.py/runs?user={alice.Name}", Cancellation)).GetProperty(
            "runs"
        );
        Assert.Equal(
            ["dashboard", "chat"],
            runs.EnumerateArray().Select(run => run.GetProperty("trigger").GetString())
        );
        Assert.All(
            runs.EnumerateArray(),
            run =>
                Assert.Equal(
                    ("no_alert", 0),
                    (run.GetProperty("outcome").GetString(), run.GetProperty("exit").GetInt32())
                )
        );

        Assert.Single(
            (await scene.Bot.GetAsync($"/scripts/quiet.py/runs?user={alice.Name}&limit=1", Cancellation))
                .GetProperty("runs")
                .EnumerateArray()
        );
        Assert.Empty(
            (
                await scene.Bot.GetAsync(
                    $"/scripts/quiet.py/runs?user={alice.Name}&before=2020-01-01T00:00:00Z",
                    Cancellation
                )
            )
                .GetProperty("runs")
                .EnumerateArray()
        );
    }
}
