using Notify.Bot.Commands;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.Polling;

namespace Notify.Tests.Commands;

/// <summary>What people get for what they type and press.</summary>
public sealed class CommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/start", "start", "", false)]
    [InlineData("/start@NotifyTestBot", "start", "", false)]
    [InlineData("/start@notifytestbot abc", "start", "abc", false)]
    [InlineData("/start@SomeOtherBot", "start", "", true)]
    [InlineData("  /RUN   my script.py  ", "run", "my script.py", false)]
    [InlineData("/run\nrevenue", "run", "revenue", false)]
    public void A_command_is_read_as_it_is_typed(string typed, string name, string argument, bool forAnotherBot) =>
        Assert.Equal(new TypedCommand(name, argument, forAnotherBot), TypedCommand.Parse(typed, "NotifyTestBot"));

    [Theory]
    [InlineData("hello")]
    [InlineData("/")]
    [InlineData("")]
    public void What_does_not_start_with_a_slash_and_a_name_is_no_command(string typed) =>
        Assert.Null(TypedCommand.Parse(typed, "NotifyTestBot"));

    [Fact]
    public async Task Anything_unknown_is_answered_with_the_way_in()
    {
        await using var scene = await BotScene.BeginAsync();
        var stranger = await scene.Phone.AddPersonAsync("Stranger", Cancellation);
        var linked = await scene.LinkAsync("alice");

        Assert.Equal("Use /start to link your account.", (await scene.AskAsync(stranger, "what is this?")).Text);
        Assert.Equal("Use /start to link your account.", (await scene.AskAsync(stranger, "/nonsense")).Text);
        foreach (
            var (typed, said) in new[]
            {
                ("what is this?", "The bot reads only commands:"),
                ("/nonsense", "There is no command /nonsense. The commands:"),
                ("/Stauts now", "There is no command /stauts. The commands:"),
            }
        )
        {
            var answer = (await scene.AskAsync(linked, typed)).Text;
            Assert.StartsWith(said, answer, StringComparison.Ordinal);
            Assert.All(
                CommandList.All,
                command => Assert.Contains($"/{command.Name} - ", answer, StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public async Task Help_lists_every_command()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");

        var help = (await scene.AskAsync(chat, "/help@NotifyTestBot")).Text;

        Assert.All(
            CommandList.All,
            command => Assert.Contains($"/{command.Name} - {command.Description}", help, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Test_sends_a_sample_text_and_a_sample_picture_marked_as_such()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("alice");

        await scene.Phone.TypeAsync(chat, "/test", Cancellation);

        var messages = await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Photo is not null),
            Cancellation
        );
        Assert.Contains(messages, m => m.Photo is null && m.Text.StartsWith("Sample:", StringComparison.Ordinal));
        Assert.Contains(
            messages,
            m => m.Photo is { Width: 640, Height: 360 } && m.Text.StartsWith("Sample:", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_stranger_gets_five_answers_a_minute_and_notifications_go_on()
    {
        await using var scene = await BotScene.BeginAsync();
        var stranger = await scene.Phone.AddPersonAsync("Flooder", Cancellation);
        var linked = await scene.LinkAsync("alice");
        for (var i = 0; i < 30; i++)
        {
            await scene.Phone.TypeAsync(stranger, i % 2 == 0 ? "/start" : "hello", Cancellation);
        }

        await scene.AskAsync(linked, "/help");
        await Eventually.TrueAsync(
            async () =>
                (await scene.Phone.StateAsync(Cancellation)).PendingUpdates == 0
                && UpdateOrderTests.Pending(scene) == 0,
            () => "updates are waiting",
            Cancellation
        );

        Assert.Equal(
            UnlinkedChatLimiter.AnswersPerMinute,
            (await scene.Phone.BotMessagesAsync(stranger, Cancellation)).Count
        );
    }

    [Fact]
    public void The_limit_on_strangers_ends_with_its_minute()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var limit = new UnlinkedChatLimiter(time);
        Assert.All(Enumerable.Range(0, 5), _ => Assert.True(limit.MayAnswer(new ChatId(1))));
        Assert.False(limit.MayAnswer(new ChatId(1)));
        Assert.True(limit.MayAnswer(new ChatId(2)));

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.True(limit.MayAnswer(new ChatId(1)));
    }

    [Fact]
    public void A_crowd_of_strangers_is_not_remembered_beyond_a_bound_and_those_who_are_keep_their_minute()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var limit = new UnlinkedChatLimiter(time);
        Assert.True(limit.MayAnswer(new ChatId(1)));
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.All(
            Enumerable.Range(2, UnlinkedChatLimiter.ChatsPerMinute - 1),
            chat => Assert.True(limit.MayAnswer(new ChatId(chat)))
        );

        Assert.False(limit.MayAnswer(new ChatId(999_999)));
        Assert.True(limit.MayAnswer(new ChatId(2)));
        time.Advance(TimeSpan.FromSeconds(30));

        Assert.True(limit.MayAnswer(new ChatId(999_999)));
        Assert.False(limit.MayAnswer(new ChatId(1)));
        Assert.True(limit.MayAnswer(new ChatId(2)));
    }

    [Fact]
    public async Task Status_shows_the_scripts_with_a_run_button_each_and_a_press_tells_how_it_ended()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await OwnScriptsAsync(alice);
        alice.Write(
            "user/notifications/revenue_drop.py",
            """print('{"notify": true, "title": "Revenue dropped", "message": "by *25%*"}')"""
        );
        alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        alice.Write("user/notifications/broken.py", "raise ValueError('no such column: revenue')");
        alice.Write($"user/notifications/{new string('n', 100)}.py", """print('{"notify": false}')""");
        var chat = await scene.LinkAsync(alice.Name);

        var status = await scene.AskAsync(chat, "/status");

        Assert.Contains("revenue_drop\nnever sent", status.Text, StringComparison.Ordinal);
        Assert.Equal(4, status.Buttons.Count);

        await scene.Phone.PressAsync(chat, "▶ Run revenue_drop", Cancellation, status.MessageId);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text == "✔ revenue_drop: delivered" && x.Edits == 1),
            Cancellation
        );
        Assert.Contains(
            await scene.Phone.BotMessagesAsync(chat, Cancellation),
            m => m.Text == "Revenue dropped\nby 25%"
        );

        await scene.Phone.PressAsync(chat, "▶ Run quiet", Cancellation, status.MessageId);
        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ quiet: no alert"), Cancellation);

        await scene.Phone.PressAsync(chat, "▶ Run broken", Cancellation, status.MessageId);
        var broken = await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.StartsWith("✖ broken: failed", StringComparison.Ordinal)),
            Cancellation
        );
        Assert.Contains(
            broken,
            m =>
                m.Text.Contains("no such column: revenue", StringComparison.Ordinal)
                && m.Entities.Any(e => e.Type == "expandable_blockquote")
        );

        var longName = status
            .Buttons.SelectMany(b => b)
            .Single(b => b.Text.StartsWith("▶ Run nnn", StringComparison.Ordinal));
        await scene.Phone.PressAsync(chat, longName.Text, Cancellation, status.MessageId);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text == $"✔ {new string('n', 100)}: no alert"),
            Cancellation
        );

        await scene.Phone.TypeAsync(chat, "/run quiet", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Count(x => x.Text == "✔ quiet: no alert") == 2,
            Cancellation
        );
        Assert.Contains("Give the script's name", (await scene.AskAsync(chat, "/run")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_script_holds_up_neither_its_own_chat_nor_another_and_is_not_started_twice()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await OwnScriptsAsync(alice);
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
        await using var scene = await OwnScriptsAsync(alice);
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
        await using var scene = await OwnScriptsAsync(alice);
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
        await using var scene = await OwnScriptsAsync(alice);
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
        await using var scene = await OwnScriptsAsync(alice);
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
        await using var scene = await OwnScriptsAsync(alice);
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

    [Fact]
    public async Task A_button_pressed_after_the_chat_was_unlinked_does_nothing()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await OwnScriptsAsync(alice);
        var witness = Path.Combine(alice.Home, "ran");
        alice.Write(
            "user/notifications/touchy.py",
            $$"""open({{'"'}}{{witness}}{{'"'}}, "w"); print('{"notify": false}')"""
        );
        var chat = await scene.LinkAsync(alice.Name);
        var status = await scene.AskAsync(chat, "/status");
        await scene.AskAsync(chat, "/unlink");

        var pressed = await scene.Phone.PressAsync(
            chat,
            "▶ Run touchy",
            Cancellation,
            status.MessageId,
            waitSeconds: 30
        );

        Assert.Contains("no longer linked", pressed.Answer?.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(witness));
    }

    [Fact]
    public async Task Scripts_that_can_not_be_listed_are_said_to_be_so()
    {
        await using var scene = await BotScene.BeginAsync();
        var chat = await scene.LinkAsync("no-such-account");

        Assert.Contains("no Unix account", (await scene.AskAsync(chat, "/status")).Text, StringComparison.Ordinal);
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
    public async Task Status_sums_up_shows_what_fails_first_and_turns_pages_of_ten_scripts()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await OwnScriptsAsync(alice);
        for (var i = 0; i < 11; i++)
        {
            alice.Write($"user/notifications/check_{i:00}.py", """print('{"notify": false}')""");
        }

        alice.Write("user/notifications/report.py", "# notify: timezone UTC\n# notify: at monthly 1 06:00\n");
        alice.Write("user/notifications/z_broken.py", "raise SystemExit('no data')");
        var chat = await scene.LinkAsync(alice.Name);
        await scene.Phone.TypeAsync(chat, "/run z_broken", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.Text.StartsWith("✖ z_broken: failed", StringComparison.Ordinal)),
            Cancellation
        );

        using (var links = new Notify.Linking.JsonLinkStore(scene.Data, TimeProvider.System))
        {
            Assert.True(TimeZoneName.TryParse("Asia/Kolkata", out var zone));
            await links.SetTimeZoneAsync(UserName.Parse(alice.Name), zone, Cancellation);
        }

        var first = await scene.AskAsync(chat, "/status");

        Assert.Matches(
            "^13 scripts: 1 failing, 12 fine\\. Next: report, 20[0-9-]{8} [0-9]{2}:[0-9]{2} Asia/Kolkata, in ",
            first.Text
        );
        Assert.Contains("Your scripts, page 1 of 2\n\nz_broken\nran ", first.Text, StringComparison.Ordinal);
        Assert.Equal(11, first.Buttons.Count);
        Assert.Equal("Page 2 ▶", Assert.Single(first.Buttons[^1]).Text);

        await scene.Phone.PressAsync(chat, "Page 2 ▶", Cancellation, first.MessageId);
        var turned = await scene.Phone.WaitForBotMessagesAsync(
            chat,
            m => m.Any(x => x.MessageId == first.MessageId && x.Edits == 1),
            Cancellation
        );
        var second = turned.Single(m => m.MessageId == first.MessageId);

        Assert.Contains("page 2 of 2", second.Text, StringComparison.Ordinal);

        // 06:00 UTC in the reader's zone, whatever the script's and the server's are.
        Assert.Matches("report\nnext: 20[0-9-]{5}-01 11:30 Asia/Kolkata, in ", second.Text);
        Assert.Equal(
            ["▶ Run check_09", "▶ Run check_10", "▶ Run report", "◀ Page 1"],
            second.Buttons.SelectMany(row => row).Select(button => button.Text)
        );
    }

    [Fact]
    public async Task Runs_are_remembered_with_who_asked_and_given_a_page_at_a_time()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await OwnScriptsAsync(alice);
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

    [Fact]
    public async Task Status_of_lost_scripts_says_so_and_not_that_there_were_none()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var scene = await OwnScriptsAsync(alice);
        var chat = await scene.LinkAsync(alice.Name);
        Assert.Contains(
            "You have no scripts yet",
            (await scene.AskAsync(chat, "/status")).Text,
            StringComparison.Ordinal
        );
        var script = alice.Write("user/notifications/quiet.py", """print('{"notify": false}')""");
        await scene.Phone.TypeAsync(chat, "/run quiet", Cancellation);
        await scene.Phone.WaitForBotMessagesAsync(chat, m => m.Any(x => x.Text == "✔ quiet: no alert"), Cancellation);
        File.Delete(script);

        var status = (await scene.AskAsync(chat, "/status")).Text;

        Assert.StartsWith(
            $"{Path.GetDirectoryName(script)} no longer holds any script",
            status,
            StringComparison.Ordinal
        );
    }

    private static async Task<BotScene> OwnScriptsAsync(TestAccount account)
    {
        var scene = await BotScene.SetAsync();
        Directory.CreateDirectory(scene.Data);
        account.Own(scene.Data);
        File.SetUnixFileMode(scene.Data, (UnixFileMode)0b10_111_111_000);
        scene.Environment["NOTIFY_SCRIPTS_BIN"] = Programs.Path("notify-scripts");
        scene.Environment["NOTIFY_TRUSTED_GROUP"] = account.Name;
        await scene.StartBotAsync(account.Name);
        return scene;
    }
}
