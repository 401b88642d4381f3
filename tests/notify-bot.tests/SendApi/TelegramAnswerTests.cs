using System.Globalization;
using System.Text.Json;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>What a sender is told when Telegram does not simply take the message: the truth, and what to do.</summary>
public sealed class TelegramAnswerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_not_linked_is_told_how_to_link()
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await scene.SendAsync(new { user = "nina", text = "hello" });

        answer.AssertRefused(404, "nina");
        Assert.Contains("/start to @NotifyTestBot", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_for_another_reason_is_said_in_Telegrams_words()
    {
        await using var scene = await ApiScene.BeginAsync();
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

        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertRefused(502, "Bad Request: TOPIC_CLOSED");

        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMessage"));
    }

    [Fact]
    public async Task While_Telegram_is_unreachable_what_is_sent_is_kept_and_delivered_after()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation);

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "hello",
                    wait = 1,
                }
            )
        ).AssertQueued();

        await scene.Phone.EndOutageAsync(Cancellation);
        Assert.Equal(
            "hello",
            Assert.Single(await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 1, Cancellation)).Text
        );
    }

    [Fact]
    public async Task A_short_outage_is_waited_out_within_the_senders_wait()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.Phone.BeginOutageAsync(Cancellation, seconds: 2);

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "hello",
                    wait = 30,
                }
            )
        ).AssertDelivered();

        Assert.Single(await scene.DanasPhone());
    }

    [Fact]
    public async Task A_server_error_is_tried_again_and_one_that_stays_keeps_the_message()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 502,
                Body = "<html>Bad Gateway</html>",
                Times = 1,
            }
        );
        (await scene.SendAsync(new { user = "dana", text = "hello" })).AssertDelivered();

        await scene.FaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 500,
            }
        );
        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "another",
                    wait = 1,
                }
            )
        ).AssertQueued();

        Assert.Equal("hello", Assert.Single(await scene.DanasPhone()).Text);
        await scene.Phone.ClearFaultsAsync(Cancellation);
        Assert.Equal("another", (await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 2, Cancellation))[1].Text);
    }

    [Fact]
    public async Task A_flood_wait_of_hours_is_kept_to_and_holds_up_no_other_chat()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(Faults.FloodWait(8288) with { ChatId = ApiScene.Dana });

        var danas = scene.SendAsync(
            new
            {
                user = "dana",
                text = "Noisy alert 1",
                parse_mode = "Markdown",
            }
        );
        var omars = scene.SendAsync(
            new
            {
                user = "omar",
                text = "Quiet alert",
                parse_mode = "Markdown",
            }
        );

        (await omars).AssertDelivered();
        (await danas).AssertQueued();
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMessage"), c => c.ChatId == ApiScene.Dana);
    }

    [Fact]
    public async Task A_short_flood_wait_is_obeyed_and_the_message_delivered_by_the_same_call()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(Faults.FloodWait(3) with { Times = 1 });

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    title = "Queue",
                    message = "Backlog above 10000",
                    wait = 20,
                }
            )
        ).AssertDelivered();

        Assert.Single(await scene.DanasPhone());
        var calls = await scene.Phone.CallsAsync(Cancellation, "sendMessage");
        Assert.Equal([429, 200], calls.Select(c => c.Status));
        Assert.InRange(calls[1].Time - calls[0].Time, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_flood_wait_beyond_the_senders_wait_is_queued()
    {
        await using var scene = await ApiScene.BeginAsync();
        await scene.FaultAsync(Faults.FloodWait(20));

        var answer = await scene.SendAsync(
            new
            {
                user = "dana",
                text = "hello",
                wait = 1,
            }
        );

        answer.AssertQueued();
        Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMessage"));
    }

    [Fact]
    public async Task A_refused_token_is_for_the_admin_to_fix_and_costs_no_message()
    {
        await using var scene = await ApiScene.BeginAsync();
        var token = scene.Bot.Sandbox.Token;
        await scene.Phone.ChangeTokenAsync("110201:BBH-another-token-of-the-same-bot", Cancellation);

        (
            await scene.SendAsync(
                new
                {
                    user = "dana",
                    text = "hello",
                    wait = 1,
                }
            )
        ).AssertQueued();

        // What somebody types ends the poll that waits and was let in with the old token.
        await scene.Phone.TypeAsync(await scene.Phone.AddPersonAsync("Nina", Cancellation), "hello", Cancellation);
        await scene.Bot.Bot.WaitForHealthAsync(
            h =>
                BotScene.Telegram(h) == "token refused" && h.GetProperty("queue").GetProperty("length").GetInt32() == 1,
            Cancellation
        );
        await scene.Phone.ChangeTokenAsync(token, Cancellation);
        Assert.Equal(
            "hello",
            Assert.Single(await scene.Phone.WaitForBotMessagesAsync(ApiScene.Dana, 1, Cancellation)).Text
        );
    }

    [Fact]
    public async Task A_group_that_has_become_a_supergroup_is_followed_by_the_send_that_finds_out()
    {
        const long Group = -4201,
            Supergroup = -1001557900001;
        await using var scene = await ApiScene.BeginAsync(
            await File.ReadAllTextAsync(CaseFile("C11-group-became-supergroup/state/telegram_users.json"), Cancellation)
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
        await scene.Phone.UpgradeAsync(Group, Cancellation, Supergroup);
        var body = await File.ReadAllTextAsync(CaseFile("C11-group-became-supergroup/send.json"), Cancellation);

        (await scene.SendJsonAsync(body)).AssertDelivered();

        Assert.Equal(
            "Import finished",
            Assert.Single(await scene.Phone.BotMessagesAsync(Supergroup, Cancellation), m => m.Service is null).Text
        );
        AssertMoved(scene, Supergroup);
        await scene.Phone.ClearCallsAsync(Cancellation);
        (await scene.SendJsonAsync(body)).AssertDelivered();
        Assert.Equal(Supergroup, Assert.Single(await scene.Phone.CallsAsync(Cancellation, "sendMessage")).ChatId);
    }

    [Fact]
    public async Task A_group_that_has_become_a_supergroup_is_followed_when_an_update_says_so()
    {
        const long Supergroup = -1001557900001;
        await using var scene = await ApiScene.BeginAsync(
            await File.ReadAllTextAsync(CaseFile("C11-group-became-supergroup/state/telegram_users.json"), Cancellation)
        );

        await scene.Phone.InjectAsync(
            await File.ReadAllTextAsync(CaseFile("C11-group-became-supergroup/update.json"), Cancellation),
            Cancellation
        );

        var links = Path.Combine(scene.Bot.Data, "telegram_users.json");
        await Testing.Eventually.TrueAsync(
            async () =>
                (await File.ReadAllTextAsync(links, Cancellation)).Contains(
                    Supergroup.ToString(CultureInfo.InvariantCulture),
                    StringComparison.Ordinal
                ),
            () => $"the link is {File.ReadAllText(links)}",
            Cancellation
        );
        AssertMoved(scene, Supergroup);
    }

    private static void AssertMoved(ApiScene scene, long to)
    {
        var stored = JsonDocument
            .Parse(File.ReadAllText(Path.Combine(scene.Bot.Data, "telegram_users.json")))
            .RootElement;
        Assert.Equal(to, stored.GetProperty("dana").GetProperty("chat_id").GetInt64());
        Assert.Equal("2026-01-05T09:00:00Z", stored.GetProperty("dana").GetProperty("linked_at").GetString());
        // The bot may have stored by now that the name has no account.
        Assert.StartsWith(
            """{"chat_id": 7002, "linked_at": "2026-01-06T09:00:00Z""" + '"',
            stored.GetProperty("omar").GetRawText(),
            StringComparison.Ordinal
        );
    }

    private static string CaseFile(string name) => Path.Combine(Testing.Programs.Repository, "tests", "cases", name);
}
