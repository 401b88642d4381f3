using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Delivery;

/// <summary>GET /notifications and GET /images/ID: what became of a user's notifications.</summary>
public sealed class HistoryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_history_has_all_fields_newest_first_and_says_what_became_of_each()
    {
        await using var scene = await ApiScene.BeginAsync();
        var id = (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    title = "Revenue *dropped*",
                    message = "by *25%*",
                    script = "revenue_drop.py",
                    data = new { rows = 3 },
                }
            )
        ).Json.GetProperty("id").GetString();
        (
            await scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "dana"), ("caption", "the chart"))
        ).AssertDelivered();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = "Bad Request: TOPIC_CLOSED",
                Times = 1,
            }
        );
        (await scene.SendAsync(new { user = "dana", text = "refused" })).AssertRefused(502, "TOPIC_CLOSED");
        await scene.FaultAsync(Faults.FloodWait(3600) with { Times = 1 });
        Assert.Equal("queued", (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = "waits",
                        wait = 2,
                    }
                )
            ).Json.GetProperty("status").GetString());

        var answer = await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["notifications"], answer.Json.EnumerateObject().Select(m => m.Name));
        var all = answer.Json.GetProperty("notifications").EnumerateArray().ToArray();
        Assert.Equal(
            ["waits", "refused", "the chart", "by *25%*"],
            all.Select(n => n.GetProperty("message").GetString())
        );
        Assert.Equal(
            ["queued", "failed", "delivered", "delivered"],
            all.Select(n => n.GetProperty("state").GetString())
        );

        var text = all[3];
        Assert.Equal(
            ["id", "user", "script", "title", "message", "created_at", "state"],
            text.EnumerateObject().Select(m => m.Name)
        );
        Assert.Equal(id, text.GetProperty("id").GetString());
        Assert.Equal("dana", text.GetProperty("user").GetString());
        Assert.Equal("revenue_drop.py", text.GetProperty("script").GetString());
        Assert.Equal("Revenue *dropped*", text.GetProperty("title").GetString());
        Assert.InRange(
            Moment(text.GetProperty("created_at")),
            TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(5),
            TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(1)
        );

        Assert.Matches("^[A-Za-z0-9_-]{22}$", all[2].GetProperty("image_id").GetString()!);
        Assert.Contains("TOPIC_CLOSED", all[1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("wait", all[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.InRange(
            Moment(all[0].GetProperty("next_try_at")) - Moment(all[0].GetProperty("created_at")),
            TimeSpan.FromSeconds(3590),
            TimeSpan.FromSeconds(3660)
        );
    }

    [Fact]
    public async Task The_history_says_how_a_text_is_to_be_read_where_it_is_not_Markdown()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "<b>bold</b>",
                    parse_mode = "HTML",
                }
            )
        ).AssertDelivered();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "*plain*",
                    parse_mode = "",
                }
            )
        ).AssertDelivered();
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "*bold*",
                    parse_mode = "Markdown",
                }
            )
        ).AssertDelivered();

        var all = (await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana"))
            .Json.GetProperty("notifications")
            .EnumerateArray();

        Assert.Equal(
            [null, "", "HTML"],
            all.Select(n => n.TryGetProperty("parse_mode", out var mode) ? mode.GetString() : null)
        );
    }

    [Fact]
    public async Task A_limit_from_1_to_200_is_obeyed_and_any_other_refused_by_name()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        for (var i = 0; i < 60; i++)
        {
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = $"{i}",
                    wait = 0,
                }
            );
        }

        Assert.Equal(["59"], await MessagesAsync("limit=1"));
        Assert.Equal(60, (await MessagesAsync("limit=200")).Length);
        Assert.Equal(50, (await MessagesAsync("")).Length);
        foreach (var wrong in (string[])["0", "201", "-1", "+5", "1.5", "ten", "99999999999"])
        {
            (
                await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&limit={Uri.EscapeDataString(wrong)}")
            ).AssertRefused(400, "Field 'limit'", wrong);
        }

        async Task<string?[]> MessagesAsync(string limit) =>
            [
                .. (await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&{limit}"))
                    .Json.GetProperty("notifications")
                    .EnumerateArray()
                    .Select(n => n.GetProperty("message").GetString()),
            ];
    }

    [Fact]
    public async Task The_older_ones_are_those_before_one_of_the_users_own()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        var ids = new List<string?>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((
                    await scene.SendAsync(
                        new
                        {
                            user = "dana",
                            text = $"{i}",
                            wait = 0,
                        }
                    )
                ).Json.GetProperty("id").GetString());
        }

        var foreign = (
            await scene.SendAsync(
                new
                {
                    user = "omar",
                    text = "his",
                    wait = 0,
                }
            )
        ).Json.GetProperty("id").GetString();

        Assert.Equal(["2", "1"], await BeforeAsync(ids[3], 2));
        Assert.Equal(["0"], await BeforeAsync(ids[1], 2));
        Assert.Empty(await BeforeAsync(ids[0], 2));
        foreach (var wrong in new[] { foreign, "none", "..", "1" })
        {
            (await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&before={wrong}")).AssertRefused(
                400,
                "Field 'before'",
                "dana's history"
            );
        }

        async Task<string?[]> BeforeAsync(string? id, int limit) =>
            [
                .. (await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&limit={limit}&before={id}"))
                    .Json.GetProperty("notifications")
                    .EnumerateArray()
                    .Select(n => n.GetProperty("message").GetString()),
            ];
    }

    [Fact]
    public async Task Many_long_texts_make_short_answers_which_together_are_all_of_them()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Bot.AskAsync(ApiScene.Dana, "/mute");
        var sent = new List<string?>();
        for (var i = 0; i < 40; i++)
        {
            sent.Insert(
                0,
                (await scene.SendAsync(new { user = "dana", text = new string('x', 990_000) }))
                    .Json.GetProperty("id")
                    .GetString()
            );
        }

        var read = new List<string?>();
        for (var older = ""; ; older = $"&before={read[^1]}")
        {
            var answer = await scene.AskAsync(HttpMethod.Get, $"/notifications?user=dana&limit=200{older}");
            Assert.InRange(answer.Body.Length, 1, 1_200_000);
            var page = answer
                .Json.GetProperty("notifications")
                .EnumerateArray()
                .Select(n => n.GetProperty("id").GetString())
                .ToArray();
            if (page.Length == 0)
            {
                break;
            }

            read.AddRange(page);
        }

        Assert.Equal(sent, read);
    }

    [Fact]
    public async Task The_days_say_how_many_there_were_and_what_became_of_them()
    {
        await using var scene = await ApiScene.BeginAsync();
        var began = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        (await scene.SendAsync(new { user = "dana", text = "one" })).AssertDelivered();
        (await scene.SendAsync(new { user = "dana", text = "two" })).AssertDelivered();
        (await scene.SendAsync(new { user = "omar", text = "his" })).AssertDelivered();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 400,
                Description = "Bad Request: TOPIC_CLOSED",
                Times = 1,
            }
        );
        await scene.SendAsync(new { user = "dana", text = "refused" });
        await scene.Phone.BeginOutageAsync(Cancellation);
        await scene.SendAsync(
            new
            {
                user = "dana",
                text = "waits",
                wait = 0,
            }
        );

        var answer = await scene.AskAsync(HttpMethod.Get, "/notifications/days?user=dana");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["since", "days"], answer.Json.EnumerateObject().Select(m => m.Name));
        var since = DateOnly.ParseExact(
            answer.Json.GetProperty("since").GetString()!,
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture
        );
        Assert.InRange(since, began.AddDays(-29), began.AddDays(-28));

        // Midnight may have passed meanwhile.
        var days = answer.Json.GetProperty("days").EnumerateArray().ToArray();
        Assert.InRange(days.Length, 1, 2);
        Assert.Equal(
            ["day", "queued", "delivered", "failed", "unknown", "muted"],
            days[0].EnumerateObject().Select(m => m.Name)
        );
        Assert.Equal((1, 2, 1, 0, 0), (Of("queued"), Of("delivered"), Of("failed"), Of("unknown"), Of("muted")));

        int Of(string state) => days.Sum(d => d.GetProperty(state).GetInt32());

        // The same by quarters of an hour, of which a reader's own days are made.
        var byQuarter = await scene.AskAsync(HttpMethod.Get, "/notifications/quarters?user=dana");
        Assert.Equal(["since", "quarters"], byQuarter.Json.EnumerateObject().Select(m => m.Name));
        var quarters = byQuarter.Json.GetProperty("quarters").EnumerateArray().ToArray();
        Assert.Equal(
            ["at", "queued", "delivered", "failed", "unknown", "muted"],
            quarters[0].EnumerateObject().Select(m => m.Name)
        );
        Assert.Equal(
            (1, 2, 1),
            (
                quarters.Sum(q => q.GetProperty("queued").GetInt32()),
                quarters.Sum(q => q.GetProperty("delivered").GetInt32()),
                quarters.Sum(q => q.GetProperty("failed").GetInt32())
            )
        );
        Assert.All(
            quarters,
            quarter => Assert.Equal(0, quarter.GetProperty("at").GetDateTimeOffset().ToUnixTimeSeconds() % 900)
        );
    }

    [Fact]
    public async Task A_user_sees_their_own_notifications_and_charts_and_nobody_elses()
    {
        TestAccount.SkipUnlessRoot();
        await using var alice = await TestAccount.CreateAsync("alice", "dataread");
        await using var bob = await TestAccount.CreateAsync("bob", "dataread");
        await using var scene = await ApiScene.BeginAsync(
            $$"""
            {
              "{{alice.Name}}": {"chat_id": {{ApiScene.Dana}}, "linked_at": "2026-01-05T09:00:00Z"},
              "{{bob.Name}}": {"chat_id": {{ApiScene.Omar}}, "linked_at": "2026-01-06T09:00:00Z"}
            }
            """
        );
        await using var asAlice = AccountCaller.Of(alice, scene.Bot.Bot.SocketPath);
        await using var asBob = AccountCaller.Of(bob, scene.Bot.Bot.SocketPath);
        var png = TestPictures.Png(640, 360, "alice's");
        (await scene.SendPhotoAsync(png, ("user", alice.Name), ("caption", "for alice"))).AssertDelivered();

        var own = await asAlice.GetAsync("/notifications", Cancellation);
        var image = Assert
            .Single(own.Json.GetProperty("notifications").EnumerateArray())
            .GetProperty("image_id")
            .GetString();

        Assert.Equal(
            0,
            (await asBob.GetAsync("/notifications", Cancellation)).Json.GetProperty("notifications").GetArrayLength()
        );
        (await asBob.GetAsync($"/notifications?user={alice.Name}", Cancellation)).AssertRefused(403, alice.Name);
        (await asBob.GetAsync($"/notifications/days?user={alice.Name}", Cancellation)).AssertRefused(403, alice.Name);
        (await asBob.GetAsync($"/notifications/quarters?user={alice.Name}", Cancellation)).AssertRefused(
            403,
            alice.Name
        );
        Assert.Equal(
            0,
            (await asBob.GetAsync("/notifications/days", Cancellation)).Json.GetProperty("days").GetArrayLength()
        );
        (
            await asBob.GetAsync(
                $"/notifications?before={own.Json.GetProperty("notifications")[0].GetProperty("id").GetString()}",
                Cancellation
            )
        ).AssertRefused(400, "Field 'before'");
        (await asBob.GetAsync($"/images/{image}?user={alice.Name}", Cancellation)).AssertRefused(403, alice.Name);
        (await asBob.GetAsync($"/images/{image}", Cancellation)).AssertRefused(404, "no chart with that name");
        Assert.Equal(
            1,
            (await scene.AskAsync(HttpMethod.Get, $"/notifications?user={alice.Name}"))
                .Json.GetProperty("notifications")
                .GetArrayLength()
        );

        using var response = await scene.Bot.Bot.Client.GetAsync(
            new Uri($"/images/{image}?user={alice.Name}", UriKind.Relative),
            Cancellation
        );
        Assert.Equal("image/png", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(
            Convert.ToHexString(SHA256.HashData(png)),
            Convert.ToHexString(SHA256.HashData(await response.Content.ReadAsByteArrayAsync(Cancellation)))
        );
    }

    [Theory]
    [InlineData("..%2foutbox.db")]
    [InlineData("..%2Foutbox")]
    [InlineData("%2fetc%2fpasswd")]
    [InlineData("x%00.png")]
    [InlineData("%25")]
    [InlineData("*")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task An_image_that_is_no_chart_of_the_user_is_not_found_whatever_it_is_called(string id)
    {
        await using var scene = await ApiScene.BeginAsync();
        (await scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "dana"))).AssertDelivered();

        var said = await scene.SayAsync(
            $"GET /images/{id}?user=dana HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n"
        );

        // %00 is refused by the HTTP server itself.
        Assert.Contains(said.Split("\r\n")[0], (string[])["HTTP/1.1 404 Not Found", "HTTP/1.1 400 Bad Request"]);
    }

    [Fact]
    public async Task A_chart_that_is_gone_from_the_disk_costs_neither_the_words_nor_the_history()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        await scene.SendPhotoAsync(
            TestPictures.Png(640, 360),
            ("user", "dana"),
            ("caption", "the words"),
            ("wait", "0")
        );
        var image = (await scene.AskAsync(HttpMethod.Get, "/notifications?user=dana"))
            .Json.GetProperty("notifications")[0]
            .GetProperty("image_id")
            .GetString();

        // The first try has the chart open; the next one is to miss it.
        await Eventually.TrueAsync(
            () => scene.Bot.Bot.Said.Contains(" 1506 ", StringComparison.Ordinal),
            () => scene.Bot.Bot.Said,
            Cancellation
        );
        File.Delete(Assert.Single(Directory.EnumerateFiles(Path.Combine(scene.Bot.Data, "private", "images"))));
        await scene.Phone.EndOutageAsync(Cancellation);

        var message = Assert.Single(await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 1, Cancellation));

        Assert.Equal("the words\n(The chart is no longer on the server.)", message.Text);
        (await scene.AskAsync(HttpMethod.Get, $"/images/{image}?user=dana")).AssertRefused(404, "no chart");
    }

    [Fact]
    public async Task A_folder_of_charts_that_is_taken_away_while_the_bot_runs_is_made_again_and_refused_for_where_it_can_not_be()
    {
        await using var scene = await ApiScene.BeginAsync();
        var images = Path.Combine(scene.Bot.Data, "private", "images");
        var mode = File.GetUnixFileMode(images);
        Directory.Delete(images);

        (
            await scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "dana"), ("caption", "chart"))
        ).AssertDelivered();
        Assert.Equal(mode, File.GetUnixFileMode(images));

        Directory.Delete(images, recursive: true);
        await File.WriteAllTextAsync(images, "", Cancellation);
        (
            await scene.SendPhotoAsync(TestPictures.Png(640, 360), ("user", "dana"), ("caption", "chart"))
        ).AssertTryAgainAfter(30, "was not accepted");
        (await scene.SendAsync(new { user = "dana", text = "a text needs no folder" })).AssertDelivered();

        File.Delete(images);
        Directory.Delete(Path.Combine(scene.Bot.Data, "private", "incoming"));
        (
            await scene.SendPhotoAsync(
                TestPictures.PngOfSize(2_000_000),
                ("user", "dana"),
                ("caption", "a large chart")
            )
        ).AssertDelivered();
    }

    private static DateTimeOffset Moment(JsonElement element)
    {
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", element.GetString()!);
        return DateTimeOffset.Parse(element.GetString()!, CultureInfo.InvariantCulture);
    }
}
