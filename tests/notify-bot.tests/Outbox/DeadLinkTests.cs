using System.Globalization;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;
using Notify.Tests.SendApi;

namespace Notify.Tests.Outbox;

/// <summary>A chat that takes nothing any more: said at once, to everybody who has to know, and over as soon as the person comes back.</summary>
public sealed class DeadLinkTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The case C13 from the field.</summary>
    [Fact]
    public async Task A_blocked_bot_is_said_with_the_notifications_id_and_the_link_is_marked_and_nobody_else_is_touched()
    {
        await using var scene = await ApiScene.BeginAsync(
            await File.ReadAllTextAsync(CaseFile("state/telegram_users.json"), Cancellation)
        );
        await SilentlyBlockAsync(scene);

        var answer = await scene.SendJsonAsync(await File.ReadAllTextAsync(CaseFile("send.json"), Cancellation));

        answer.AssertRefused(410, "(blocked)");
        var failed = Assert.Single(await HistoryAsync(scene, "dana"));
        Assert.Equal(answer.Json.GetProperty("id").GetString(), failed.GetProperty("id").GetString());
        Assert.Equal("failed", failed.GetProperty("state").GetString());
        Assert.Equal("blocked", failed.GetProperty("reason").GetString());
        var links = Links(scene);
        Assert.Equal("blocked", links.GetProperty("dana").GetProperty("dead").GetProperty("reason").GetString());
        Assert.Matches(
            @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
            links.GetProperty("dana").GetProperty("dead").GetProperty("since").GetString()!
        );
        Assert.Equal(
            """{"chat_id": 7002, "linked_at": "2026-01-06T09:00:00Z", "uid": null}""",
            links.GetProperty("omar").GetRawText()
        );

        await scene.Phone.ClearCallsAsync(Cancellation);
        var next = await scene.SendAsync(new { user = "dana", text = "again" });
        next.AssertRefused(410, "(blocked)");
        Assert.False(next.Json.TryGetProperty("id", out _));
        Assert.Empty(await scene.Phone.CallsAsync(Cancellation, "sendMessage"));
        Assert.Single(await HistoryAsync(scene, "dana"));
        (await scene.SendAsync(new { user = "omar", text = "for omar" })).AssertDelivered();
    }

    [Fact]
    public async Task What_waits_for_a_dead_chat_fails_without_a_call_each()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);
        for (var i = 0; i < 5; i++)
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

        await scene.SendAsync(
            new
            {
                user = "omar",
                text = "for omar",
                wait = 0,
            }
        );
        await SilentlyBlockAsync(scene);
        await scene.Phone.EndOutageAsync(Cancellation);

        await Eventually.TrueAsync(
            async () =>
                (await HistoryAsync(scene, "dana")).All(n =>
                    n.GetProperty("state").GetString() == "failed" && n.GetProperty("reason").GetString() == "blocked"
                ),
            () => "some wait still",
            Cancellation
        );
        await scene.Phone.WaitForBotMessagesAsync(ApiScene.Omar, 1, Cancellation);
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMessage"), c => c.ChatId == ApiScene.Dana);
    }

    [Fact]
    public async Task A_repeat_of_what_failed_says_so_again_also_after_a_restart()
    {
        await using var scene = await ApiScene.BeginAsync();
        await SilentlyBlockAsync(scene);
        var first = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "hello",
                key = "k",
            }
        );
        first.AssertRefused(410, "(blocked)");

        Assert.Equal(
            first.Body,
            (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = "hello",
                        key = "k",
                    }
                )
            ).Body
        );
        await scene.Bot.Bot.KillAsync();
        await scene.Bot.StartBotAsync();
        Assert.Equal(
            first.Body,
            (
                await scene.SendAsync(
                    new
                    {
                        user = "dana",
                        text = "hello",
                        key = "k",
                    }
                )
            ).Body
        );
    }

    [Fact]
    public async Task Blocking_is_known_before_the_next_message_and_over_when_the_person_unblocks()
    {
        await using var scene = await ApiScene.BeginAsync();

        await scene.Phone.BlockAsync(ApiScene.Dana, Cancellation);
        await WaitForMarkAsync(scene, "dana", isDead: true);
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertRefused(410, "(blocked)");
        Assert.Empty(await scene.Phone.CallsAsync(Cancellation, "sendMessage"));

        await scene.Phone.BlockAsync(ApiScene.Dana, Cancellation, isBlocked: false);
        await WaitForMarkAsync(scene, "dana", isDead: false);
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();
        Assert.Equal(
            """{"chat_id": 7001, "linked_at": "2026-01-05T09:00:00Z", "uid": null}""",
            Links(scene).GetProperty("dana").GetRawText()
        );
    }

    [Fact]
    public async Task A_start_makes_a_link_alive_again_whose_chat_was_not_there()
    {
        await using var scene = await ApiScene.BeginAsync(
            """{"dana": {"chat_id": 7999, "linked_at": "2026-01-05T09:00:00Z"}}"""
        );
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertRefused(410, "(chat not found)");
        Assert.Equal(
            "chat not found",
            Links(scene).GetProperty("dana").GetProperty("dead").GetProperty("reason").GetString()
        );

        await scene.Phone.AddPersonAsync("Dana", Cancellation, 7999);
        await scene.Bot.AskAsync(7999, "/start");

        Assert.False(Links(scene).GetProperty("dana").TryGetProperty("dead", out _));
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();
    }

    [Fact]
    public async Task A_deleted_account_is_said()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.DeactivateAsync(ApiScene.Dana, Cancellation);

        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertRefused(410, "(deactivated)");

        Assert.Equal(
            "deactivated",
            Links(scene).GetProperty("dana").GetProperty("dead").GetProperty("reason").GetString()
        );
    }

    [Theory]
    [InlineData("Forbidden: bot was blocked by the user", "blocked")]
    [InlineData("Forbidden: user is deactivated", "deactivated")]
    [InlineData("Forbidden: bot was kicked from the supergroup chat", "kicked")]
    [InlineData("Forbidden: bot is not a member of the channel chat", "kicked")]
    [InlineData("Forbidden: the group chat was deleted", "chat not found")]
    [InlineData("Forbidden: bot can't initiate conversation with a user", "not started")]
    public async Task A_403_that_says_that_the_chat_is_gone_marks_the_link(string description, string reason)
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 403,
                Description = description,
            }
        );

        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertRefused(410, $"({reason})");

        Assert.Equal(reason, Links(scene).GetProperty("dana").GetProperty("dead").GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData("Forbidden: something that Telegram has never said before")]
    [InlineData("Forbidden: not enough rights to send text messages to the chat")]
    public async Task A_403_of_other_words_costs_the_message_and_not_the_link(string description)
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 403,
                Description = description,
                Times = 1,
            }
        );

        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertRefused(502, description);

        Assert.False(Links(scene).GetProperty("dana").TryGetProperty("dead", out _));
        (await scene.SendAsync(new { user = "dana", text = "again" })).AssertDelivered();
    }

    [Fact]
    public async Task A_group_that_threw_the_bot_out_is_said_and_alive_again_once_it_is_let_in()
    {
        await using var scene = await ApiScene.BeginAsync();
        var group = await scene.Phone.AddGroupAsync("Team", [ApiScene.Dana], Cancellation);
        await scene.Bot.OperateAsync("link", "team", "--chat", group.ToString(CultureInfo.InvariantCulture));
        await scene.Phone.WaitForBotMessagesAsync(group, 1, Cancellation);

        await scene.Phone.KickAsync(group, Cancellation);
        await WaitForMarkAsync(scene, "team", isDead: true);
        var refused = await scene.SendAsync(new { user = "team", text = "hello" });
        refused.AssertRefused(410, "(kicked)");
        Assert.Contains("A member has to add the bot again", refused.Error, StringComparison.Ordinal);

        await scene.Phone.KickAsync(group, Cancellation, isKicked: false);
        await WaitForMarkAsync(scene, "team", isDead: false);
        (await scene.SendAsync(new { user = "team", text = "hello" })).AssertDelivered();
    }

    [Fact]
    public async Task A_group_that_became_a_supergroup_while_its_notifications_waited_gets_each_once_in_order()
    {
        const long Group = -4201,
            Supergroup = -1001557900001;
        await using var scene = await ApiScene.BeginAsync(
            $$"""{"dana": {"chat_id": {{Group}}, "linked_at": "2026-01-05T09:00:00Z"} }"""
        );
        await scene.Phone.AddGroupAsync("Data team", [ApiScene.Dana], Cancellation, id: Group);
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "getUpdates",
                Status = 500,
            }
        );
        await scene.Phone.BeginOutageAsync(Cancellation);
        foreach (var text in (string[])["one", "two", "three"])
        {
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text,
                    wait = 0,
                }
            );
        }

        await scene.Phone.UpgradeAsync(Group, Cancellation, Supergroup);
        await scene.Phone.EndOutageAsync(Cancellation);

        var messages = await scene.Phone.WaitForBotMessagesAsync(Supergroup, 3, Cancellation);
        Assert.Equal(["one", "two", "three"], messages.Where(m => m.Service is null).Select(m => m.Text));
        Assert.Equal(Supergroup, Links(scene).GetProperty("dana").GetProperty("chat_id").GetInt64());
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMessage"), c => c.ChatId == Group);
    }

    private static string CaseFile(string name) =>
        Path.Combine(Programs.Repository, "tests", "cases", "C13-user-blocked-bot", name);

    /// <summary>The bot is blocked and does not hear of it by an update, as when it was not running.</summary>
    /// <summary>Without an update that tells the bot: the poll that is open ends with one of no meaning, and no further one is answered.</summary>
    private static async Task SilentlyBlockAsync(ApiScene scene)
    {
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "getUpdates",
                Status = 500,
            }
        );
        await scene.Phone.InjectAsync(
            """{"ok": true, "result": [{"update_id": 1, "poll": {"id": "1"}}]}""",
            Cancellation
        );
        await scene.Bot.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == "unreachable", Cancellation);
        await scene.Phone.BlockAsync(ApiScene.Dana, Cancellation);
    }

    private static async Task<JsonElement[]> HistoryAsync(ApiScene scene, string user) =>
        [
            .. (await scene.AskAsync(HttpMethod.Get, $"/notifications?user={user}"))
                .Json.GetProperty("notifications")
                .EnumerateArray(),
        ];

    private static JsonElement Links(ApiScene scene) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(scene.Bot.Data, "telegram_users.json"))).RootElement;

    private static Task WaitForMarkAsync(ApiScene scene, string user, bool isDead) =>
        Eventually.TrueAsync(
            () => Links(scene).GetProperty(user).TryGetProperty("dead", out _) == isDead,
            () => $"the links are {Links(scene)}",
            Cancellation
        );
}
