using System.Net.Http.Json;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.Events;
using Notify.Tests.SendApi;

namespace Notify.Tests.Incidents;

/// <summary>Incidents of a real bot: the fields, the routes, the button, and faults at every step.</summary>
public sealed class IncidentApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_fields_are_checked()
    {
        await using var scene = await ApiScene.BeginAsync();
        (string Json, string Words)[] wrong =
        [
            ("""{"user":"dana","text":"m","state":"ok"}""", "Field 'state' belongs to an incident"),
            ("""{"user":"dana","text":"m","cooldown":60}""", "Field 'cooldown' belongs to an incident"),
            ("""{"user":"dana","text":"m","confirmed":false}""", "Field 'confirmed' belongs to an incident"),
            ("""{"user":"dana","text":"m","incident":""}""", "Field 'incident' is not a name"),
            ("""{"user":"dana","text":"m","incident":"a\u0007b"}""", "Field 'incident' is not a name"),
            ("""{"user":"dana","text":"m","incident":"  "}""", "Field 'incident' is not a name"),
            (
                $$"""{"user":"dana","text":"m","incident":"{{new string('k', 101)}}"}""",
                "Field 'incident' is not a name"
            ),
            ("""{"user":"dana","text":"m","incident":"k","state":"fine"}""", "Field 'state' is neither"),
            ("""{"user":"dana","text":"m","incident":"k","cooldown":1.5}""", "Field 'cooldown' is not a whole number"),
            ("""{"user":"dana","text":"m","incident":"k","cooldown":-1}""", "Field 'cooldown' is not a whole number"),
            ("""{"user":"dana","text":"m","incident":"k","cooldown":2592001}""", "Field 'cooldown' is not a whole"),
            ("""{"user":"dana","incident":"k"}""", "Field 'text' is missing"),
        ];
        foreach (var (json, words) in wrong)
        {
            (await scene.SendJsonAsync(json)).AssertRefused(400, words, json);
        }

        Assert.Empty(await scene.DanasPhone());
    }

    [Fact]
    public async Task A_post_tells_of_the_incident_and_the_end_of_none_is_nothing()
    {
        await using var scene = await ApiScene.BeginAsync();
        var none = await EndAsync(scene);
        Assert.Equal((200, "delivered"), (none.Status, none.Json.GetProperty("status").GetString()));
        Assert.False(none.Json.TryGetProperty("incident", out _));

        var first = await FireAsync(scene, "a *bold* word");
        first.AssertDelivered();
        var again = await FireAsync(scene, "a *bold* word");
        again.AssertDelivered();
        var over = await EndAsync(scene);
        over.AssertDelivered();

        var (began, same, end) = (Incident(first), Incident(again), Incident(over));
        Assert.Equal(("open", "open", "over"), (State(began), State(same), State(end)));
        Assert.Single(new[] { began, same, end }.Select(i => i.GetProperty("id").GetString()).Distinct());
        Assert.Single(new[] { first, again, over }.Select(a => a.Json.GetProperty("id").GetString()).Distinct());
        Assert.Equal(began.GetProperty("told_at").GetString(), same.GetProperty("told_at").GetString());
        var messages = await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 2, Cancellation);
        Assert.Equal(["Orders\na bold word", "over: Orders, after 1 min"], messages.Select(m => m.Text));
        Assert.Contains(messages[0].Entities, e => e is { Type: "bold", Offset: 9, Length: 4 });

        // Nothing more happens to what is over.
        Assert.False((await EndAsync(scene)).Json.TryGetProperty("incident", out _));
        var listed = await ListAsync(scene, "dana");
        Assert.Equal(
            ("over", "orders", "Orders"),
            (State(listed[0]), Text(listed[0], "key"), Text(listed[0], "title"))
        );
        Assert.Empty(await ListAsync(scene, "omar"));
        Assert.Equal(0, await CountOpenAsync(scene));
        await FireAsync(scene, "once more");
        Assert.Equal(1, await CountOpenAsync(scene));
    }

    [Fact]
    public async Task A_form_has_the_same_fields_and_its_end_needs_no_photo()
    {
        await using var scene = await ApiScene.BeginAsync();
        (
            await scene.SendPhotoAsync(
                TestPictures.Png(40, 30),
                ("user", "dana"),
                ("title", "Orders"),
                ("incident", "orders"),
                ("state", "firing"),
                ("cooldown", "60")
            )
        ).AssertDelivered();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("dana"), "user" },
            { new StringContent("orders"), "incident" },
            { new StringContent("ok"), "state" },
            { new StringContent("false"), "confirmed" },
        };

        var over = await scene.AskAsync(HttpMethod.Post, "/send_photo", form);

        Assert.Equal("over", State(Incident(over)));
        Assert.Equal(40, Assert.Single(await scene.DanasPhone()).Photo?.Width);
    }

    [Fact]
    public async Task The_phone_and_the_api_agree_on_who_is_on_it()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await FireAsync(scene)).AssertDelivered();
        var id = Text((await ListAsync(scene, "dana"))[0], "id")!;
        await using var events = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events?user=dana", Cancellation);

        var pressed = await scene.Phone.PressAsync(ApiScene.Dana, "I'm on it", Cancellation, waitSeconds: 30);
        Assert.StartsWith("dana is on it since", pressed.Answer?.Text, StringComparison.Ordinal);
        Assert.StartsWith("notification dana", (await events.NextAsync(1))[0], StringComparison.Ordinal);
        var messages = await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m => m[0].Text.Contains("dana is on it since", StringComparison.Ordinal),
            Cancellation
        );
        Assert.DoesNotContain(messages[0].Buttons.SelectMany(row => row), b => b.Text == "I'm on it");

        var listed = (await ListAsync(scene, "dana"))[0];
        var byApi = await AcknowledgeAsync(scene, id, "dana");
        Assert.Equal((200, listed.GetRawText()), (byApi.Status, byApi.Json.GetRawText()));
        Assert.Equal("dana", Text(listed, "acknowledged_by"));
        Assert.Contains(
            "▲ Orders: firing for 1 min, dana is on it",
            (await scene.Bot.AskAsync(ApiScene.Dana, "/status")).Text,
            StringComparison.Ordinal
        );

        (await AcknowledgeAsync(scene, id, "omar")).AssertRefused(404, "omar has no incident");
        (await AcknowledgeAsync(scene, "none", "dana")).AssertRefused(404, "dana has no incident");
        await EndAsync(scene);
        (await AcknowledgeAsync(scene, id, "dana")).AssertRefused(409, "is over");
    }

    [Fact]
    public async Task A_forged_button_and_one_of_another_user_do_nothing()
    {
        await using var scene = await ApiScene.BeginAsync();
        var danas = await FireAsync(scene);
        var id = danas.Json.GetProperty("id").GetString();
        (await scene.SendAsync(new { user = "omar", text = "omar's" })).AssertDelivered();
        foreach (var (i, data) in ((string[])[$"onit:{id}", "onit:", "onit:nothing", $"onit:{id}:1"]).Index())
        {
            await scene.Phone.InjectAsync(
                JsonSerializer.Serialize(
                    new
                    {
                        update_id = 900_000 + i,
                        callback_query = new
                        {
                            id = $"forged{i}",
                            from = new
                            {
                                id = ApiScene.Omar,
                                is_bot = false,
                                first_name = "Omar",
                            },
                            message = new
                            {
                                message_id = 1,
                                date = 0,
                                chat = new { id = ApiScene.Omar, type = "private" },
                            },
                            data,
                        },
                    }
                ),
                Cancellation
            );
        }

        await Eventually.TrueAsync(
            async () => (await scene.Phone.CallsAsync(Cancellation, "answerCallbackQuery")).Count == 4,
            () => "not all presses were answered",
            Cancellation
        );
        Assert.Null(Text((await ListAsync(scene, "dana"))[0], "acknowledged_by"));
    }

    [Theory]
    [InlineData("sendMessage")]
    [InlineData("editMessageText")]
    public async Task A_kill_between_a_call_and_its_record_costs_one_message_at_most(string method)
    {
        await using var scene = await ApiScene.BeginAsync();
        var isFirst = method == "sendMessage";
        if (isFirst)
        {
            await HangAsync(scene, method);
            await FireAsync(scene, wait: 0);
        }
        else
        {
            (await FireAsync(scene)).AssertDelivered();
            await HangAsync(scene, method);
            await AcknowledgeAsync(scene, Text((await ListAsync(scene, "dana"))[0], "id")!, "dana");
        }

        await UntilHungAsync(scene);
        await RestartAsync(scene);
        if (isFirst)
        {
            await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 2, Cancellation);
            await Eventually.TrueAsync(
                async () =>
                    (await AcknowledgeAsync(scene, Text((await ListAsync(scene, "dana"))[0], "id")!, "dana")).Status
                    == 200,
                () => "not acknowledged",
                Cancellation
            );
        }

        var messages = await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m => m[^1].Text.EndsWith("dana is on it since " + m[^1].Text[^5..], StringComparison.Ordinal),
            Cancellation
        );
        Assert.Equal(isFirst ? 2 : 1, messages.Count);
        Assert.Equal(1, messages[^1].Edits);
    }

    [Fact]
    public async Task A_kill_between_a_press_and_its_answer_loses_neither_the_press_nor_the_edit()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await FireAsync(scene)).AssertDelivered();
        await HangAsync(scene, "answerCallbackQuery");
        await scene.Phone.PressAsync(ApiScene.Dana, "I'm on it", Cancellation);
        await UntilHungAsync(scene);
        await RestartAsync(scene);

        await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m => m.Count == 1 && m[0].Text.Contains("dana is on it since", StringComparison.Ordinal),
            Cancellation
        );
        Assert.Equal("dana", Text((await ListAsync(scene, "dana"))[0], "acknowledged_by"));
    }

    [Fact]
    public async Task A_kill_while_the_end_is_told_costs_one_message_at_most_and_the_first_shows_the_end()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await FireAsync(scene)).AssertDelivered();
        await HangAsync(scene, "sendMessage");
        (await EndAsync(scene, wait: 0)).AssertQueued();
        await UntilHungAsync(scene);
        await RestartAsync(scene);

        await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m =>
                m.Count == 3
                && m[0].Text.Contains("over after", StringComparison.Ordinal)
                && m.Skip(1).All(end => end.Text.StartsWith("over: Orders", StringComparison.Ordinal)),
            Cancellation
        );
    }

    public static TheoryData<string> Orders => ["phone,one,two", "phone,two,one", "one,phone,two", "one,two,phone"];

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task A_phone_and_two_browsers_press_in_any_order_and_all_show_the_first_press(string order)
    {
        await using var scene = await ApiScene.BeginAsync();
        var fired = await FireAsync(scene);
        fired.AssertDelivered();
        var (id, notification) = (Text(Incident(fired), "id")!, Text(fired.Json, "id")!);
        await using var one = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events?user=dana", Cancellation);
        await using var two = await WatchedEvents.OpenAsync(scene.Bot.Bot.Client, "/events?user=dana", Cancellation);
        var shown = Assert.Single(await scene.DanasPhone());
        string? first = null;
        foreach (var (number, who) in order.Split(',').Index())
        {
            if (who == "phone")
            {
                // The phone may not have the edit yet that takes its button away.
                await PressLateAsync(scene, shown.MessageId, notification, number);
            }
            else
            {
                Assert.Equal(200, (await AcknowledgeAsync(scene, id, "dana")).Status);
            }

            await Eventually.TrueAsync(
                async () => Text((await ListAsync(scene, "dana"))[0], "acknowledged_at") is not null,
                () => $"{who} pressed in vain",
                Cancellation
            );
            var listed = (await ListAsync(scene, "dana"))[0];
            first ??= listed.GetRawText();
            Assert.Equal(first, listed.GetRawText());
        }

        var changed = await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m => m[0].Text.Contains("dana is on it since", StringComparison.Ordinal),
            Cancellation
        );
        Assert.Equal(1, Assert.Single(changed).Edits);
        Assert.DoesNotContain(changed[0].Buttons.SelectMany(row => row), b => b.Text == "I'm on it");
        foreach (var browser in (WatchedEvents[])[one, two])
        {
            Assert.StartsWith(
                $"notification dana {notification}",
                (await browser.NextAsync(1))[0],
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public async Task A_press_before_a_kill_is_shown_after_it()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await FireAsync(scene)).AssertDelivered();
        await scene.Phone.BeginOutageAsync(Cancellation);
        var id = Text((await ListAsync(scene, "dana"))[0], "id")!;
        Assert.Equal(200, (await AcknowledgeAsync(scene, id, "dana")).Status);
        await scene.Bot.Bot.KillAsync();
        await scene.Phone.EndOutageAsync(Cancellation);
        await scene.Bot.StartBotAsync();

        await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m => m.Count == 1 && m[0].Text.Contains("dana is on it", StringComparison.Ordinal),
            Cancellation
        );
    }

    [Fact]
    public async Task A_blocked_bot_shows_it_once_the_chat_lives_again()
    {
        await using var scene = await ApiScene.BeginAsync();
        (await FireAsync(scene)).AssertDelivered();
        await scene.Phone.BlockAsync(ApiScene.Dana, Cancellation);
        await AcknowledgeAsync(scene, Text((await ListAsync(scene, "dana"))[0], "id")!, "dana");
        await Eventually.TrueAsync(
            async () => (await FireAsync(scene)).Status == 410,
            () => "the link is not dead",
            Cancellation
        );

        await scene.Phone.BlockAsync(ApiScene.Dana, Cancellation, isBlocked: false);
        await scene.Phone.TypeAsync(ApiScene.Dana, "/start", Cancellation);

        await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m => m[0].Text.Contains("dana is on it", StringComparison.Ordinal),
            Cancellation
        );
    }

    [Fact]
    public async Task A_chat_that_lives_again_hears_nothing_of_what_ended_while_it_was_dead()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 403,
                Description = "Forbidden: bot was blocked by the user",
            }
        );
        (await FireAsync(scene)).AssertRefused(410, "(blocked)");
        (await FireAsync(scene, "still down")).AssertRefused(410, "(blocked)");
        await scene.Phone.ClearFaultsAsync(Cancellation);

        var over = await EndAsync(scene);

        over.AssertDelivered();
        Assert.Equal("over", State(Incident(over)));
        await scene.Bot.AskAsync(ApiScene.Dana, "/start");

        // The bot looks at incidents in their order, so what it owed of the first would come before this edit.
        var other = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "another one",
                incident = "other",
            }
        );
        other.AssertDelivered();
        await AcknowledgeAsync(scene, Text(Incident(other), "id")!, "dana");
        var messages = await scene.Phone.WaitForBotMessagesAsync(
            ApiScene.Dana,
            m => m.Any(message => message.Text.Contains("dana is on it", StringComparison.Ordinal)),
            Cancellation
        );
        Assert.DoesNotContain(messages, m => m.Text.Contains("Orders", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_group_that_becomes_a_supergroup_gets_it_again_without_buttons()
    {
        var options = new Sandbox.SandboxOptions { Limits = Sandbox.SendLimits.Off };
        await using var bot = await BotScene.SetAsync(options);
        var member = await bot.Phone.AddStartedPersonAsync("Mia", Cancellation);
        var group = await bot.Phone.AddGroupAsync("Team", [member], Cancellation);
        Directory.CreateDirectory(bot.Data);
        await File.WriteAllTextAsync(
            Path.Combine(bot.Data, "telegram_users.json"),
            $$"""
            {
              "dana": {"chat_id": {{group}}, "linked_at": "2026-01-05T09:00:00Z"}
            }
            """,
            Cancellation
        );
        await bot.StartBotAsync();
        await bot.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == "ok", Cancellation);
        var (_, answer) = await bot.Bot.SendAsync(
            new
            {
                user = "dana",
                title = "Orders",
                text = "down",
                script = "orders.py",
                incident = "orders",
            },
            Cancellation
        );
        Assert.Empty(Assert.Single(await bot.Phone.BotMessagesAsync(group, Cancellation)).Buttons);

        var supergroup = await bot.Phone.UpgradeAsync(group, Cancellation);
        using var body = JsonContent.Create(new { user = "dana" });
        using var acknowledged = await bot.Bot.Client.PostAsync(
            new Uri(
                $"/incidents/{answer.GetProperty("incident").GetProperty("id").GetString()}/acknowledge",
                UriKind.Relative
            ),
            body,
            Cancellation
        );

        var shown = await bot.Phone.WaitForBotMessagesAsync(
            supergroup,
            m => m.Any(message => message.Text.Contains("dana is on it", StringComparison.Ordinal)),
            Cancellation
        );
        Assert.Empty(shown[^1].Buttons);
    }

    private static Task<ApiAnswer> FireAsync(ApiScene scene, string text = "down", double wait = 5) =>
        scene.SendAsync(
            new
            {
                user = "dana",
                title = "Orders",
                text,
                script = "orders.py",
                incident = "orders",
                cooldown = 3600,
                wait,
            }
        );

    private static Task<ApiAnswer> EndAsync(ApiScene scene, double wait = 5) =>
        scene.SendAsync(
            new
            {
                user = "dana",
                incident = "orders",
                state = "ok",
                wait,
            }
        );

    private static async Task<JsonElement[]> ListAsync(ApiScene scene, string user) =>
        [
            .. (await scene.AskAsync(HttpMethod.Get, $"/incidents?user={user}"))
                .Json.GetProperty("incidents")
                .EnumerateArray(),
        ];

    private static async Task<int> CountOpenAsync(ApiScene scene) =>
        (await scene.AskAsync(HttpMethod.Get, "/incidents?user=dana")).Json.GetProperty("open").GetInt32();

    private static async Task<ApiAnswer> AcknowledgeAsync(ApiScene scene, string id, string user)
    {
        using var body = JsonContent.Create(new { user });
        return await scene.AskAsync(HttpMethod.Post, $"/incidents/{id}/acknowledge", body);
    }

    /// <summary>Telegram takes the call, and no answer comes.</summary>
    private static Task HangAsync(ApiScene scene, string method) =>
        scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Hang,
                Method = method,
                Taken = true,
                Times = 1,
            }
        );

    private static Task UntilHungAsync(ApiScene scene) =>
        Eventually.TrueAsync(
            async () => (await scene.Phone.FaultsAsync(Cancellation)).Any(fault => fault.Hits > 0),
            () => "the call did not come",
            Cancellation
        );

    /// <summary>A press of <i>I'm on it</i> under a message that has lost the button meanwhile.</summary>
    private static Task PressLateAsync(ApiScene scene, int message, string notification, int number) =>
        scene.Phone.InjectAsync(
            JsonSerializer.Serialize(
                new
                {
                    update_id = 900_000 + number,
                    callback_query = new
                    {
                        id = $"late{number}",
                        from = new
                        {
                            id = ApiScene.Dana,
                            is_bot = false,
                            first_name = "Dana",
                        },
                        message = new
                        {
                            message_id = message,
                            date = 0,
                            chat = new { id = ApiScene.Dana, type = "private" },
                        },
                        data = $"onit:{notification}",
                    },
                }
            ),
            Cancellation
        );

    private static async Task RestartAsync(ApiScene scene)
    {
        await scene.Bot.Bot.KillAsync();
        await scene.Phone.ClearFaultsAsync(Cancellation);
        await scene.Bot.StartBotAsync();
    }

    private static JsonElement Incident(ApiAnswer answer) => answer.Json.GetProperty("incident");

    private static string? State(JsonElement incident) => Text(incident, "state");

    private static string? Text(JsonElement incident, string member) =>
        incident.TryGetProperty(member, out var value) ? value.GetString() : null;
}
