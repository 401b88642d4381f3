using System.Net;
using Notify.Testing;

namespace Notify.Tests.Api;

/// <summary>What the dashboard asks the bot for: the history, its charts, the scripts. A real bot, real scripts of real accounts.</summary>
public sealed class HistoryAndScriptsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_history_and_its_charts_are_the_users_own_and_nobody_elses()
    {
        await using var scene = await BotScene.BeginAsync();
        var (bob, bobName, _) = await scene.Web.LogInAnalystAsync("bob");
        await scene.Web.Links.LinkAsync(
            bobName,
            new ChatId(await scene.Web.Control.AddStartedPersonAsync("Bob", Cancellation)),
            Cancellation
        );
        var png = TestPictures.Png(40, 30);
        using (var form = new MultipartFormDataContent())
        {
            form.Add(new ByteArrayContent(png), "photo", "chart.png");
            form.Add(new StringContent(scene.Alice.Name), "user");
            form.Add(new StringContent("Revenue is *down*"), "message");
            form.Add(new StringContent("Revenue"), "title");
            using var sent = await scene.Bot.Client.PostAsync(
                new Uri("/send_photo", UriKind.Relative),
                form,
                Cancellation
            );
            Assert.True(sent.IsSuccessStatusCode, await sent.Content.ReadAsStringAsync(Cancellation));
        }

        var mine = (await scene.Visitor.GetAsync("/api/notifications", Cancellation)).Json.GetProperty("notifications");

        var notification = Assert.Single(mine.EnumerateArray());
        Assert.Equal(
            ("Revenue", "Revenue is *down*", "delivered"),
            (
                notification.GetProperty("title").GetString(),
                notification.GetProperty("message").GetString(),
                notification.GetProperty("state").GetString()
            )
        );
        var image = $"/api/notifications/images/{notification.GetProperty("image_id").GetString()}";
        var chart = await scene.Visitor.GetAsync(image, Cancellation);
        Assert.Equal(
            (HttpStatusCode.OK, "image/png", "nosniff"),
            (chart.Status, chart["Content-Type"], chart["X-Content-Type-Options"])
        );
        Assert.Equal(png.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), chart["Content-Length"]);
        Assert.Contains("private", chart["Cache-Control"], StringComparison.Ordinal);
        Assert.Contains("sandbox", chart["Content-Security-Policy"], StringComparison.Ordinal);

        Assert.Empty(
            (await bob.GetAsync("/api/notifications", Cancellation)).Json.GetProperty("notifications").EnumerateArray()
        );
        // Naming somebody does not make one somebody.
        Assert.Empty(
            (await bob.GetAsync($"/api/notifications?user={scene.Alice.Name}", Cancellation))
                .Json.GetProperty("notifications")
                .EnumerateArray()
        );
        foreach (var foreign in new[] { image, $"{image}?user={scene.Alice.Name}" })
        {
            var refused = await bob.GetAsync(foreign, Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, refused.Status);
            Assert.Contains("no chart with that name", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Files_and_further_charts_of_the_history_are_the_users_own_and_files_are_downloads()
    {
        await using var scene = await BotScene.BeginAsync();
        var (bob, _, _) = await scene.Web.LogInAnalystAsync();
        using (var form = new MultipartFormDataContent())
        {
            form.Add(new ByteArrayContent(TestPictures.Png(40, 30)), "photos", "a.png");
            form.Add(new ByteArrayContent(TestPictures.Png(41, 30)), "photos", "b.png");
            form.Add(new ByteArrayContent("a,b"u8.ToArray()), "files", "orders.csv");
            form.Add(new StringContent(scene.Alice.Name), "user");
            form.Add(new StringContent("""{"columns":["n"],"rows":[[1]]}"""), "table");
            using var sent = await scene.Bot.Client.PostAsync(new Uri("/send", UriKind.Relative), form, Cancellation);
            Assert.True(sent.IsSuccessStatusCode, await sent.Content.ReadAsStringAsync(Cancellation));
        }

        var mine = (await scene.Visitor.GetAsync("/api/notifications", Cancellation)).Json.GetProperty("notifications")[
            0
        ];

        var second = $"/api/notifications/images/{mine.GetProperty("image_ids")[1].GetString()}";
        Assert.Equal("image/png", (await scene.Visitor.GetAsync(second, Cancellation))["Content-Type"]);
        var file = $"/api/notifications/files/{mine.GetProperty("files")[0].GetProperty("id").GetString()}";
        var download = await scene.Visitor.GetAsync(file, Cancellation);
        Assert.Equal(
            (HttpStatusCode.OK, "application/octet-stream", "nosniff"),
            (download.Status, download["Content-Type"], download["X-Content-Type-Options"])
        );
        Assert.Contains("attachment", download["Content-Disposition"], StringComparison.Ordinal);
        Assert.Contains("orders.csv", download["Content-Disposition"], StringComparison.Ordinal);
        foreach (var foreign in new[] { second, file })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await bob.GetAsync(foreign, Cancellation)).Status);
        }

        var page = (await scene.Visitor.GetAsync("/notifications", Cancellation)).Body;
        Assert.Contains($"href=\"{file}\"", page, StringComparison.Ordinal);
        Assert.Contains($"src=\"{second}\"", page, StringComparison.Ordinal);
        Assert.Contains("n\n-\n1</pre>", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("..%2F..%2Foutbox.db")]
    [InlineData("%2e%2e%2fprivate")]
    [InlineData("a.png")]
    [InlineData("x%3Fuser%3Droot")]
    [InlineData("x&user=root")]
    public async Task An_image_id_that_none_can_be_is_not_even_asked_for(string id)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        // There is no bot here: an id that was passed on would be 503.
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await visitor.GetAsync($"/api/notifications/images/{id}", Cancellation)).Status
        );
    }

    [Fact]
    public async Task A_limit_is_from_1_to_200()
    {
        await using var scene = await BotScene.BeginAsync();

        foreach (var limit in new[] { "1", "200" })
        {
            Assert.Equal(
                HttpStatusCode.OK,
                (await scene.Visitor.GetAsync($"/api/notifications?limit={limit}", Cancellation)).Status
            );
        }

        foreach (var limit in new[] { "0", "201", "-1", "all", "5%26user=root" })
        {
            var refused = await scene.Visitor.GetAsync($"/api/notifications?limit={limit}", Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
            Assert.Contains("from 1 to 200", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Older_ones_are_asked_for_by_the_id_before_which_they_came()
    {
        await using var scene = await BotScene.BeginAsync();
        foreach (var text in new[] { "first", "second", "third" })
        {
            await scene.Bot.SendAsync(new { user = scene.Alice.Name, text }, Cancellation);
        }

        var newest = (await scene.Visitor.GetAsync("/api/notifications?limit=1", Cancellation)).Json.GetProperty(
            "notifications"
        );
        var older = (
            await scene.Visitor.GetAsync(
                $"/api/notifications?limit=1&before={newest[0].GetProperty("id").GetString()}",
                Cancellation
            )
        ).Json.GetProperty("notifications");

        Assert.Equal(
            ["third", "second"],
            new[] { newest, older }.Select(page =>
                Assert.Single(page.EnumerateArray()).GetProperty("message").GetString()
            )
        );
        foreach (var before in new[] { "", "..", "none", "x%26user%3Droot", new string('x', 65) })
        {
            var refused = await scene.Visitor.GetAsync($"/api/notifications?before={before}", Cancellation);
            Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
            Assert.Contains("Field 'before' names no notification", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_pages_show_all_of_many_long_ones_though_no_answer_of_the_bot_holds_them()
    {
        await using var scene = await BotScene.BeginAsync();
        await scene.Visitor.PostAsync("/api/scripts/long.py/mute", new { @for = "1h" }, Cancellation);
        for (var i = 0; i < 40; i++)
        {
            await scene.Bot.SendAsync(
                new
                {
                    user = scene.Alice.Name,
                    script = "long.py",
                    text = new string('x', 50_000),
                },
                Cancellation
            );
        }

        Assert.InRange(
            (await scene.Visitor.GetAsync("/api/notifications?limit=200", Cancellation))
                .Json.GetProperty("notifications")
                .GetArrayLength(),
            1,
            39
        );
        var seen = 0;
        for (var address = "/notifications"; address.Length > 0; )
        {
            var page = (await scene.Visitor.GetAsync(address, Cancellation)).Body;
            seen += page.Split("<li class=\"notification\"").Length - 1;
            address = page.Split("id=\"older\" href=\"").ElementAtOrDefault(1)?.Split('"')[0] ?? "";
        }

        Assert.Equal(40, seen);
    }

    [Fact]
    public async Task Scripts_are_listed_run_and_muted_and_they_are_the_users_own()
    {
        await using var scene = await BotScene.BeginAsync();
        var (bob, _, bobAccount) = await scene.Web.LogInAnalystAsync("bob");
        BotScene.Script(scene.Alice, "hello.py", "print('{\"notify\": true, \"message\": \"hello from alice\"}')");
        BotScene.Script(scene.Alice, "quiet.py", "print('{\"notify\": false}')");
        BotScene.Script(scene.Alice, "broken.py", "raise SystemExit('no such column: revenue')");
        BotScene.Script(bobAccount, "own.py", "print('{\"notify\": false}')");

        var scripts = (await scene.Visitor.GetAsync("/api/scripts", Cancellation))
            .Json.GetProperty("scripts")
            .EnumerateArray()
            .Select(script => script.GetProperty("name").GetString());
        Assert.Equal(["broken.py", "hello.py", "quiet.py"], scripts);
        Assert.Equal(
            ["own.py"],
            (await bob.GetAsync($"/api/scripts?user={scene.Alice.Name}", Cancellation))
                .Json.GetProperty("scripts")
                .EnumerateArray()
                .Select(script => script.GetProperty("name").GetString())
        );

        var ran = await RunAsync(scene.Visitor, "hello.py");
        Assert.Equal("delivered", ran.Json.GetProperty("outcome").GetString());
        Assert.Contains(
            await scene.Web.Control.BotMessagesAsync(scene.Chat, Cancellation),
            message => message.Text.Contains("hello from alice", StringComparison.Ordinal)
        );
        Assert.Equal("no_alert", (await RunAsync(scene.Visitor, "quiet.py")).Json.GetProperty("outcome").GetString());
        var broken = (await RunAsync(scene.Visitor, "broken.py")).Json;
        Assert.Equal("error", broken.GetProperty("outcome").GetString());
        Assert.Contains("no such column: revenue", broken.GetProperty("error").GetString(), StringComparison.Ordinal);

        // Each run is the last one of its script, whoever asked for it.
        var listed = (await scene.Visitor.GetAsync("/api/scripts", Cancellation))
            .Json.GetProperty("scripts")
            .EnumerateArray()
            .ToArray();
        Assert.Equal(
            ["error", "delivered", "no_alert"],
            listed.Select(script => script.GetProperty("last_outcome").GetString())
        );
        Assert.Contains(
            "no such column: revenue",
            listed[0].GetProperty("error").GetString(),
            StringComparison.Ordinal
        );
        Assert.All(
            listed,
            script =>
                Assert.True(
                    script.TryGetProperty("last_run", out _) && !script.TryGetProperty("last_round", out _),
                    script.ToString()
                )
        );
        Assert.Equal("delivered", ran.Json.GetProperty("channels").GetProperty("telegram").GetString());

        var muted = await scene.Visitor.PostAsync(
            "/api/scripts/hello.py/mute",
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["for"] = "1h" },
            Cancellation
        );
        Assert.True(muted.Json.GetProperty("ok").GetBoolean());
        Assert.True(
            Hello(await scene.Visitor.GetAsync("/api/scripts", Cancellation)).TryGetProperty("muted_until", out _)
        );
        Assert.Equal(
            "muted",
            (await RunAsync(scene.Visitor, "hello.py")).Json.GetProperty("channels").GetProperty("telegram").GetString()
        );
        Assert.Equal(
            "muted",
            Hello(await scene.Visitor.GetAsync("/api/scripts", Cancellation)).GetProperty("last_outcome").GetString()
        );
        await scene.Visitor.PostAsync(
            "/api/scripts/hello.py/mute",
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["for"] = null },
            Cancellation
        );
        Assert.False(
            Hello(await scene.Visitor.GetAsync("/api/scripts", Cancellation)).TryGetProperty("muted_until", out _)
        );
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (
                await scene.Visitor.PostAsync(
                    "/api/scripts/hello.py/mute",
                    new Dictionary<string, string?>(StringComparer.Ordinal) { ["for"] = "for ever" },
                    Cancellation
                )
            ).Status
        );
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await scene.Visitor.PostAsync("/api/scripts/hello.py/mute", new { }, Cancellation)).Status
        );
    }

    [Fact]
    public async Task Who_can_t_be_told_anything_is_told_what_to_do_and_a_name_that_sudo_can_t_take_says_so_in_the_list()
    {
        await using var scene = await BotScene.BeginAsync();
        BotScene.Script(scene.Alice, "sales report.py", "print('{\"notify\": false}')");
        var listed = Assert.Single(
            (await scene.Visitor.GetAsync("/api/scripts", Cancellation)).Json.GetProperty("scripts").EnumerateArray()
        );
        Assert.Contains(
            "can be run by cron alone, for its name",
            listed.GetProperty("no_run").GetString(),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "data-run",
            (await scene.Visitor.GetAsync("/", Cancellation)).Body,
            StringComparison.Ordinal
        );

        Assert.Equal(
            HttpStatusCode.OK,
            (await scene.Visitor.PostAsync("/api/telegram/unlink", null, Cancellation)).Status
        );
        var refused = await RunAsync(scene.Visitor, "hello.py");
        Assert.Equal(HttpStatusCode.NotFound, refused.Status);
        Assert.StartsWith(
            "Its notification would reach nobody: you have no linked phone and no connected desktop. Send /start to @NotifyTestBot",
            refused.Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(scene.Alice.Name, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_users_script_is_not_there()
    {
        await using var scene = await BotScene.BeginAsync();
        var (bob, bobName, _) = await scene.Web.LogInAnalystAsync("bob");
        await scene.Web.Links.LinkAsync(
            bobName,
            new ChatId(await scene.Web.Control.AddStartedPersonAsync("Bob", Cancellation)),
            Cancellation
        );
        var trace = Path.Combine(scene.Alice.Home, "it-ran");
        BotScene.Script(
            scene.Alice,
            "secret.py",
            $"open('{trace}', 'w'); print('{{\"notify\": true, \"message\": \"secret\"}}')"
        );

        foreach (
            var path in new[] { "/api/scripts/secret.py/run", $"/api/scripts/secret.py/run?user={scene.Alice.Name}" }
        )
        {
            var answer = await bob.PostAsync(path, new { user = scene.Alice.Name }, Cancellation);
            Assert.NotEqual(
                "delivered",
                answer.Status == HttpStatusCode.OK ? answer.Json.GetProperty("outcome").GetString() : null
            );
        }

        Assert.False(File.Exists(trace));
        Assert.Empty(
            (await bob.GetAsync("/api/notifications", Cancellation)).Json.GetProperty("notifications").EnumerateArray()
        );
    }

    [Theory]
    [InlineData("..%2F..%2Fetc%2Fpasswd.py")]
    [InlineData("..%5c.py")]
    [InlineData(".hidden.py")]
    [InlineData("-rf.py")]
    [InlineData("run.sh")]
    [InlineData("a%0a.py")]
    [InlineData("a%00.py")]
    public async Task A_name_that_no_script_can_have_is_refused_before_anybody_is_asked(string name)
    {
        await using var scene = await WebScene.BeginAsync();
        var (visitor, _, _) = await scene.LogInAnalystAsync();

        foreach (var action in new[] { "run", "mute" })
        {
            var answer = await visitor.PostAsync(
                $"/api/scripts/{name}/{action}",
                new Dictionary<string, string>(StringComparer.Ordinal) { ["for"] = "1h" },
                Cancellation
            );
            // There is no bot here: a name that was passed on would be 503.
            Assert.True(answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, answer.ToString());
        }
    }

    [Fact]
    public async Task While_the_bot_is_away_a_sentence_says_so_linking_goes_on_and_everything_comes_back_with_it()
    {
        await using var scene = await BotScene.BeginAsync();
        await scene.Bot.StopAsync(Cancellation);

        foreach (
            var answer in new[]
            {
                await scene.Visitor.GetAsync("/api/notifications", Cancellation),
                await scene.Visitor.GetAsync("/api/notifications/images/abcdefghijklmnopqrstuv", Cancellation),
                await scene.Visitor.GetAsync("/api/scripts", Cancellation),
                await RunAsync(scene.Visitor, "hello.py"),
            }
        )
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.Equal("The bot is not running. Tell the admin.", answer.Error);
            Assert.NotEmpty(answer["Retry-After"]);
        }

        var health = await scene.Visitor.GetAsync("/healthz", Cancellation);
        Assert.Equal(
            (HttpStatusCode.OK, "degraded", "unreachable"),
            (health.Status, health.Json.GetProperty("status").GetString(), health.Json.GetProperty("bot").GetString())
        );
        Assert.Equal(HttpStatusCode.OK, (await scene.Visitor.GetAsync("/", Cancellation)).Status);
        Assert.Equal(
            HttpStatusCode.OK,
            (await scene.Visitor.PostAsync("/api/telegram/unlink", null, Cancellation)).Status
        );
        var code = (await scene.Web.Links.IssueCodeAsync(new ChatId(scene.Chat), Cancellation)).Code;
        Assert.Equal(HttpStatusCode.OK, (await TelegramTests.VerifyAsync(scene.Visitor, code)).Status);

        await scene.StartBotAsync();
        Assert.Equal(HttpStatusCode.OK, (await scene.Visitor.GetAsync("/api/notifications", Cancellation)).Status);
        await Eventually.TrueAsync(
            async () =>
                (await scene.Visitor.GetAsync("/healthz", Cancellation)).Json.GetProperty("status").GetString() == "ok",
            () => "the health check has not noticed that the bot is back",
            Cancellation
        );
    }

    [Fact]
    public async Task A_bot_that_is_killed_while_it_runs_a_script_is_a_sentence_and_the_next_one_answers()
    {
        await using var scene = await BotScene.BeginAsync();
        var begun = Path.Combine(scene.Alice.Home, "begun");
        BotScene.Script(scene.Alice, "slow.py", $"import time; open('{begun}', 'w'); time.sleep(60)");
        var run = RunAsync(scene.Visitor, "slow.py");
        await Eventually.TrueAsync(() => File.Exists(begun), () => "the script has not begun", Cancellation);

        await scene.StartBotAsync();

        var answer = await run;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Contains("The connection to the bot broke", answer.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await scene.Visitor.GetAsync("/api/scripts", Cancellation)).Status);
    }

    [Fact]
    public async Task Who_listens_in_the_bots_place_is_told_nothing()
    {
        await using var scene = await WebScene.SetAsync();
        var (mallory, email) = await scene.AddAnalystAsync("mallory");
        // A folder that everybody may write to, with a socket that is not its owner's.
        var open = Directory.CreateDirectory(Path.Combine(scene.Folder, "open"));
        File.SetUnixFileMode(open.FullName, (UnixFileMode)0b111_111_111);
        var path = Path.Combine(open.FullName, "bot.sock");
        const string Listen = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(8); print("listening", flush=True)
            while True:
                c, _ = s.accept(); print("got", len(c.recv(100)), flush=True); c.close()
            """;
        using var listener = AccountCaller.StartAs(mallory, "/usr/bin/python3", "-c", Listen, path);
        Assert.Equal("listening", await listener.StandardOutput.ReadLineAsync(Cancellation));
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        scene.Environment["NOTIFY_BOT_SOCKET"] = path;
        await scene.StartAsync();
        var visitor = scene.NewVisitor();
        await visitor.LogInAsync(email, Cancellation);

        var answer = await visitor.GetAsync("/api/notifications", Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Contains("is neither root nor the owner of", answer.Error, StringComparison.Ordinal);
        Assert.Equal("got 0", await listener.StandardOutput.ReadLineAsync(Cancellation));
        listener.Kill();
    }

    private static Task<WebAnswer> RunAsync(WebVisitor visitor, string script) =>
        visitor.PostAsync($"/api/scripts/{script}/run", null, Cancellation);

    private static System.Text.Json.JsonElement Hello(WebAnswer listing) =>
        listing
            .Json.GetProperty("scripts")
            .EnumerateArray()
            .Single(script => script.GetProperty("name").GetString() == "hello.py");
}
