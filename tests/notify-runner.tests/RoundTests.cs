using System.Text;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

public sealed class RoundTests
{
    private const string Hello = """print('{"notify": true, "title": "Hello", "message": "From a script"}')""";

    [Fact]
    public async Task A_notification_is_sent_with_its_title_message_script_and_data()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("sales.py", """print('{"notify": true, "title": "Sales *down*", "message": "by _5 %_", "cooldown": "6h", "data": {"rate": 5}}')""");

        var round = await alice.RoundAsync();

        Assert.Equal(new Ended(0, "", ""), round);
        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send", sent.Call);
        Assert.Equal("Sales *down*", sent["title"]);
        Assert.Equal("by _5 %_", sent["message"]);
        Assert.Equal("sales.py", sent["script"]);
        Assert.Equal("""{"rate":5}""", sent["data"]!.Replace(" ", "", StringComparison.Ordinal));
        Assert.Null(sent["parse_mode"]);
        Assert.Null(sent["photo_path"]);
        Assert.Contains("sales.py: delivered", alice.Log, StringComparison.Ordinal);
        Assert.InRange(alice.State("sales")!.Value.GetProperty("last_sent").GetDouble(), Analyst.UnixNow - 60, Analyst.UnixNow);
    }

    [Fact]
    public async Task Nothing_to_run_is_nothing_to_do()
    {
        await using var alice = await Analyst.CreateAsync();

        Assert.Equal(new Ended(0, "", ""), await alice.RoundAsync());
        Assert.Empty(alice.Bot.All);
    }

    [Fact]
    public async Task A_script_without_an_alert_sends_nothing_and_a_round_without_sending_needs_no_bot()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("quiet.py", """print('{"notify": false}')""");

        var round = await alice.RoundAsync(("NOTIFY_BOT_SOCKET", "/nowhere/bot.sock"));

        Assert.Equal(0, round.Status);
        Assert.Equal("no_alert", alice.State("quiet")!.Value.GetProperty("last_outcome").GetString());
        Assert.False(alice.State("quiet")!.Value.TryGetProperty("last_sent", out _));
    }

    [Fact]
    public async Task C19_noise_around_the_json_does_not_cost_the_notification_and_is_said()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("refunds.py", Analyst.Case("C19-noise-before-json"));

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal(("Refunds", "Refund rate 9 %"), (sent["title"], sent["message"]));
        Assert.Contains("stdout holds other lines", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C20_nan_and_infinity_become_null_in_data_and_stay_in_text()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("margin.py", Analyst.Case("C20-nan-in-json").Replace("Margin unknown for 2 shops", "ratio: NaN", StringComparison.Ordinal));

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("ratio: NaN", sent["message"]);
        Assert.Equal("""{"margin":null,"limit":null,"low":null,"shops":2}""", sent["data"]!.Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task C22_neither_user_nor_locale_of_the_environment_matter()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("cron.py", Analyst.Case("C22-no-user-variable"));
        alice.WriteScript("who.py", """
            import json, os
            print(json.dumps({"notify": True, "message": " ".join([os.environ["USER"], os.environ["LOGNAME"], os.environ["HOME"], os.getcwd()])}))
            """);

        Assert.Equal(0, (await alice.RoundAsync(("USER", "someone_else"), ("LANG", "C"), ("HOME", "/nonexistent"))).Status);

        Assert.Contains(alice.Bot.All, sent => sent["message"] == "Ran with a bare environment: é ✓");
        Assert.Contains(alice.Bot.All, sent => sent["message"] == $"{alice.Account.Name} {alice.Account.Name} {alice.Home} {alice.Home}");
        Assert.All(alice.Bot.All, sent => Assert.Null(sent["user"]));
    }

    [Fact]
    public async Task The_script_prints_utf_8_and_draws_without_a_screen_and_gets_no_secrets()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("env.py", """
            import json, os, sys
            print(json.dumps({"notify": True, "message": json.dumps([os.environ.get(n) for n in ("MPLBACKEND", "PYTHONUNBUFFERED", "TELEGRAM_BOT_TOKEN", "NOTIFY_SOCKET")]),
                              "title": "é " + sys.stdout.encoding}, ensure_ascii=False))
            os.makedirs(os.environ["MPLCONFIGDIR"], exist_ok=True)
            open(os.path.join(os.environ["MPLCONFIGDIR"], "probe"), "w").close()
            """);

        Assert.Equal(0, (await alice.RoundAsync(("LANG", "de_DE.ISO-8859-1"), ("TELEGRAM_BOT_TOKEN", "1:secret"), ("NOTIFY_SOCKET", "/run/x"))).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("é utf-8", sent["title"]);
        Assert.Equal("""["Agg", "1", null, null]""", sent["message"]);
    }

    [Fact]
    public async Task The_analysts_own_python_is_used_where_there_is_one()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write(".venv/bin/python", "#!/bin/sh\necho '{\"notify\": true, \"message\": \"own python\"}'\n", (UnixFileMode)0b111_101_101);
        alice.WriteScript("any.py", "");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("own python", Assert.Single(alice.Bot.All)["message"]);
    }

    [Fact]
    public async Task A_chart_goes_as_bytes_from_a_home_that_others_may_not_enter()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart \"1\" é.png", Pictures.Png);
        alice.WriteScript("chart.py", """
            import json, os
            print(json.dumps({"notify": True, "title": "T", "message": "M", "image_path": os.path.expanduser('~/chart "1" é.png')}))
            """);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send_photo", sent.Call);
        Assert.Contains("multipart/form-data", sent.Head, StringComparison.Ordinal);
        Assert.Contains("name=\"photo\"; filename=\"chart.png\"\r\nContent-Type: image/png", sent.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"message\"\r\n\r\nM\r\n", sent.Text, StringComparison.Ordinal);
        Assert.Contains("name=\"title\"\r\n\r\nT\r\n", sent.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("photo_path", sent.Text, StringComparison.Ordinal);
        Assert.True(sent.Body.AsSpan().IndexOf(Pictures.Png) > 0);
    }

    [Theory]
    [InlineData("~/missing.png", "there is no file")]
    [InlineData("~/note.png", "neither a PNG nor a JPEG")]
    [InlineData("~/empty.png", "is empty")]
    [InlineData("~/pipe.png", "is not a regular file")]
    [InlineData("~", "is not a regular file")]
    [InlineData("/root/secret.png", "can't be opened")]
    [InlineData("chart.png", "must be an absolute path")]
    public async Task A_chart_that_can_not_be_had_does_not_cost_the_text_which_says_why(string path, string reason)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("note.png", "no picture");
        alice.Account.Write("empty.png", "");
        await alice.RunAsync("/usr/bin/mkfifo", [Path.Combine(alice.Home, "pipe.png")]);
        alice.WriteScript("chart.py", $"""
            import json, os
            print(json.dumps(dict(notify=True, message="The text", image_path=os.path.expanduser("{path}"))))
            """);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("POST /send", sent.Call);
        Assert.StartsWith("The text\n\nNo chart: ", sent["message"], StringComparison.Ordinal);
        Assert.Contains(reason, sent["message"], StringComparison.Ordinal);
        Assert.Contains(reason, alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chart_that_the_bot_does_not_take_does_not_cost_the_text()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write("chart.png", Pictures.Png);
        alice.WriteScript("chart.py", """
            import json, os
            print(json.dumps({"notify": True, "message": "The text", "image_path": os.path.expanduser("~/chart.png")}))
            """);
        alice.Bot.Answer = sent => sent.Call == "POST /send_photo" ? (415, """{"error":"That is no picture."}""") : (200, """{"ok":true,"status":"delivered"}""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("The text\n\nNo chart: `That is no picture.`", alice.Bot.All[1]["message"]);
    }

    [Fact]
    public async Task Data_too_large_for_the_bot_does_not_cost_the_message()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("big.py", """
            import json
            print(json.dumps({"notify": True, "message": "The text", "data": {"é" * 80000: "x" * 880000}}, ensure_ascii=False))
            """);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(("The text", null), (Assert.Single(alice.Bot.All)["message"], alice.Bot.All[0]["data"]));
    }

    [Fact]
    public async Task Only_files_count_and_odd_names_are_reported()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("good.py", Hello);
        alice.WriteScript(".hidden.py", Hello);
        alice.WriteScript("notes.txt", Hello);
        alice.WriteScript("-option.py", Hello);
        alice.WriteScript("new\nline.py", Hello);
        alice.WriteScript(new string('n', 220) + ".py", Hello);
        alice.Account.Write("user/notifications/folder.py/inner.py", Hello);
        await alice.RunAsync("/bin/sh", ["-c", $"printf x > \"{alice.ScriptsFolder}/$(printf 'latin\\351.py')\""]);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("good.py", Assert.Single(alice.Bot.All)["script"]);
        Assert.Contains("\"-option.py\" is passed over", alice.Log, StringComparison.Ordinal);
        Assert.Contains("\"new line.py\" is passed over", alice.Log, StringComparison.Ordinal);
        Assert.Contains("folder.py is passed over: it is not a file", alice.Log, StringComparison.Ordinal);
        Assert.Contains("its name is longer than", alice.Log, StringComparison.Ordinal);
        Assert.Contains("latin", alice.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", alice.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("notes.txt", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_counts_if_its_target_is_the_users_or_roots()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var bob = await TestAccount.CreateAsync("bob", "dataread");
        var shared = Directory.CreateTempSubdirectory("notify-shared-").FullName;
        try
        {
            File.SetUnixFileMode(shared, (UnixFileMode)0b111_101_101);
            await File.WriteAllTextAsync(Path.Combine(shared, "roots.py"), Hello, Analyst.Cancellation);
            await File.WriteAllTextAsync(Path.Combine(shared, "bobs.py"), Hello, Analyst.Cancellation);
            bob.Own(Path.Combine(shared, "bobs.py"));
            var own = alice.Account.Write("project/own.py", Hello);
            alice.WriteScript("x.txt", "");
            foreach (var (link, target) in new[] { ("own.py", own), ("roots.py", shared + "/roots.py"), ("bobs.py", shared + "/bobs.py"), ("nothing.py", "/nowhere.py") })
            {
                File.CreateSymbolicLink(Path.Combine(alice.ScriptsFolder, link), target);
            }

            Assert.Equal(0, (await alice.RoundAsync()).Status);
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }

        Assert.Equal(["own.py", "roots.py"], alice.Bot.All.Select(sent => sent["script"]).Order(StringComparer.Ordinal));
        Assert.Contains("bobs.py is passed over: it is a link to a file that is neither yours nor root's", alice.Log, StringComparison.Ordinal);
        Assert.Contains("nothing.py is passed over: it is a link to nothing", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_run_side_by_side_at_most_as_many_as_set()
    {
        await using var alice = await Analyst.CreateAsync();

        // Each waits until three are there: it works only if three run at once.
        const string Meeting = """
            import os, pathlib, time
            here = pathlib.Path.home() / "meeting"; here.mkdir(exist_ok=True)
            me = here / str(os.getpid()); me.touch()
            seen = 0
            for _ in range(500):
                seen = max(seen, len(list(here.iterdir())))
                if seen >= WANTED: break
                time.sleep(0.01)
            if WANTED == 99: me.unlink()
            print('{"notify": true, "message": "%d"}' % seen)
            """;
        for (var i = 0; i < 3; i++)
        {
            alice.WriteScript($"meet{i}.py", Meeting.Replace("WANTED", "3", StringComparison.Ordinal));
        }

        Assert.Equal(0, (await alice.RoundAsync(("NOTIFY_RUNNER_PARALLEL", "3"))).Status);
        Assert.Equal(["3", "3", "3"], alice.Bot.Take().Select(sent => sent["message"]));

        Directory.Delete(Path.Combine(alice.Home, "meeting"), recursive: true);
        Directory.Delete(Path.Combine(alice.Home, ".notifications", "state"), recursive: true);
        for (var i = 0; i < 3; i++)
        {
            alice.WriteScript($"meet{i}.py", Meeting.Replace("WANTED", "99", StringComparison.Ordinal).Replace("500", "30", StringComparison.Ordinal));
        }

        Assert.Equal(0, (await alice.RoundAsync(("NOTIFY_RUNNER_PARALLEL", "1"))).Status);
        Assert.Equal(["1", "1", "1"], alice.Bot.All.Select(sent => sent["message"]));
    }

    [Fact]
    public async Task One_broken_script_stops_no_other_and_makes_the_status_1()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("a_broken.py", "raise SystemExit(3)");
        alice.WriteScript("b_good.py", Hello);

        Assert.Equal(1, (await alice.RoundAsync(("NOTIFY_RUNNER_PARALLEL", "1"))).Status);

        Assert.Contains(alice.Bot.All, sent => sent["title"] == "Hello");
        Assert.Contains("a_broken.py: error after", alice.Log, StringComparison.Ordinal);
        Assert.Contains("exit status 3", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C28_without_a_listener_the_status_is_75_and_no_cooldown_is_written()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Hello);
        var socket = Path.Combine(Path.GetDirectoryName(alice.Bot.SocketPath)!, "stale.sock");
        var made = await RunProgram.ToEndAsync(
            "/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "cases/C28-stale-socket/state/make_stale_socket.py"), socket],
            new Dictionary<string, string>(StringComparer.Ordinal), Analyst.Cancellation);
        Assert.Equal(0, made.Status);
        File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);

        foreach (var path in new[] { socket, "/nowhere/bot.sock", "/" + new string('p', 120) })
        {
            Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", path))).Status);
        }

        Assert.False(alice.State("hello")!.Value.TryGetProperty("last_sent", out _));
        Assert.Contains($"The bot is not running: nobody listens at {socket}", alice.Log, StringComparison.Ordinal);
        Assert.Contains("The bot is not running: there is no socket /nowhere/bot.sock", alice.Log, StringComparison.Ordinal);
        Assert.Contains("longer than 107 bytes", alice.Log, StringComparison.Ordinal);

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Single(alice.Bot.All);
    }

    [Fact]
    public async Task Nothing_is_said_to_a_listener_that_is_neither_root_nor_the_owner_of_the_folder()
    {
        await using var alice = await Analyst.CreateAsync();
        await using var eve = await TestAccount.CreateAsync("eve");
        alice.WriteScript("hello.py", Hello);
        var folder = Directory.CreateTempSubdirectory("notify-trap-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        var socket = Path.Combine(folder, "bot.sock");
        var heard = Path.Combine(eve.Home, "heard");
        using var trap = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/setpriv",
        [
            $"--reuid={eve.Name}", $"--regid={eve.Name}", "--init-groups", "/usr/bin/python3", "-c",
            "import socket,sys,os\ns=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);os.chmod(sys.argv[1],0o666);s.listen(5)\nwhile True:\n c,_=s.accept();open(sys.argv[2],'ab').write(b'!'+c.recv(9999))",
            socket, heard,
        ]))!;
        try
        {
            await Eventually.TrueAsync(() => File.Exists(socket) && File.GetUnixFileMode(socket) == (UnixFileMode)0b110_110_110, () => "the trap is not set", Analyst.Cancellation);

            Assert.Equal(75, (await alice.RoundAsync(("NOTIFY_BOT_SOCKET", socket))).Status);

            await Eventually.TrueAsync(() => File.Exists(heard), () => "the trap heard nobody connect", Analyst.Cancellation);
            Assert.Equal("!", await File.ReadAllTextAsync(heard, Analyst.Cancellation));
            Assert.Contains("neither root nor the owner", alice.Log, StringComparison.Ordinal);
        }
        finally
        {
            trap.Kill();
            await trap.WaitForExitAsync(Analyst.Cancellation);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(404, "You are not linked.")]
    [InlineData(410, "You have blocked the bot.")]
    [InlineData(429, "Too many wait.")]
    [InlineData(503, "Telegram can't be reached.")]
    public async Task What_the_bot_does_not_accept_starts_no_cooldown_and_is_logged_in_the_bots_words(int status, string sentence)
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Hello);
        alice.Bot.Answer = _ => (status, $$"""{"error":"{{sentence}}"}""");

        Assert.Equal(1, (await alice.RoundAsync()).Status);
        Assert.Equal(1, (await alice.RoundAsync()).Status);

        Assert.Equal(2, alice.Bot.All.Count);
        Assert.Contains($"hello.py: not sent ({status}). {sentence}", alice.Log, StringComparison.Ordinal);
        Assert.Equal(("not_sent", sentence), (alice.State("hello")!.Value.GetProperty("last_outcome").GetString(), alice.State("hello")!.Value.GetProperty("error").GetString()));
        Assert.False(alice.State("hello")!.Value.TryGetProperty("last_sent", out _));
    }

    [Fact]
    public async Task What_the_bot_has_queued_counts_as_sent()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Hello);
        alice.Bot.Answer = _ => (200, """{"ok":true,"status":"queued","id":"7"}""");

        Assert.Equal(0, (await alice.RoundAsync()).Status);
        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Single(alice.Bot.All);
        Assert.Contains("hello.py: queued", alice.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_settings_end_it_with_status_78_and_a_sentence_for_each()
    {
        await using var alice = await Analyst.CreateAsync();

        var round = await alice.RoundAsync(("NOTIFY_SCRIPT_TIMEOUT", "61"), ("NOTIFY_FAILURE_ALERTS", "no"));

        Assert.Equal(78, round.Status);
        Assert.Contains("NOTIFY_SCRIPT_TIMEOUT holds \"61\": it should hold a whole number from 1 to 60.", round.Errors, StringComparison.Ordinal);
        Assert.Contains("NOTIFY_FAILURE_ALERTS holds \"no\"", round.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_stay_within_bounds_cron_log_too()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write(".notifications/logs/cron.log", new string('c', 1_100_000));
        alice.Account.Write(".notifications/logs/runner.log", new string('r', 1_100_000));
        alice.Account.Own(Path.Combine(alice.Home, ".notifications"));
        alice.Account.Own(Path.Combine(alice.Home, ".notifications/logs"));
        alice.WriteScript("hello.py", Hello);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal(1_100_000, new FileInfo(Path.Combine(alice.Home, ".notifications/logs/cron.log.1")).Length);
        Assert.Equal(1_100_000, new FileInfo(Path.Combine(alice.Home, ".notifications/logs/runner.log.1")).Length);
        Assert.InRange(Encoding.UTF8.GetByteCount(alice.Log), 1, 1000);
    }

    [Fact]
    public async Task What_is_kept_is_for_the_user_alone()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("hello.py", Hello);

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        foreach (var folder in new[] { "", "/state", "/logs", "/locks" })
        {
            Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Path.Combine(alice.Home, ".notifications" + folder)));
        }

        foreach (var file in new[] { "state/hello.json", "logs/runner.log", "locks/hello.lock" })
        {
            Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(Path.Combine(alice.Home, ".notifications", file)));
        }
    }
}
