using System.Text.Json;
using Notify.Testing;

namespace Notify.Tests.Delivery;

/// <summary>Telegram says how long to wait (cases C10, C14): it is obeyed for whom it is meant, and nothing is lost.</summary>
public sealed class FloodWaitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wait_of_three_seconds_is_kept_and_the_message_arrives_once()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.AddFaultAsync(Faults.FloodWait(3) with { Times = 1 }, Cancellation);

        await crowd.DeliverAsync(0, "Backlog above 10000");

        Assert.Equal(["Backlog above 10000"], await crowd.TextsAsync(0));
        var sends = await crowd.SendsAsync();
        Assert.Equal([429, 200], sends.Select(c => c.Status));
        Assert.True(sends[1].Time - sends[0].Time >= TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_wait_of_hours_holds_one_chat_alone_also_after_a_restart_and_the_history_says_until_when()
    {
        await using var crowd = await CrowdScene.BeginAsync(2);
        await crowd.Phone.AddFaultAsync(Faults.FloodWait(8288) with { ChatId = CrowdScene.Chat(0) }, Cancellation);

        var (_, held) = await crowd.SendAsync(0, "first", wait: 1);
        await crowd.QueueAsync(0, "second");
        await crowd.DeliverAsync(1, "for another");

        Assert.Equal("queued", held.GetProperty("status").GetString());
        var first = (
            await crowd.Scene.Bot.GetAsync($"/notifications?user={CrowdScene.User(0)}", Cancellation)
        ).GetProperty("notifications")[1];
        Assert.Equal("first", first.GetProperty("message").GetString());
        var until =
            first.GetProperty("next_try_at").GetDateTimeOffset() - first.GetProperty("created_at").GetDateTimeOffset();
        Assert.InRange(until.TotalSeconds, 8287, 8388);

        await crowd.Scene.Bot.KillAsync();
        await crowd.StartBotAsync();
        await crowd.QueueAsync(0, "third");
        await crowd.DeliverAsync(1, "for another again");

        // The chat's own questions wait too: they would only prolong it.
        await crowd.Phone.TypeAsync(CrowdScene.Chat(0), "/help", Cancellation);
        await crowd.Phone.TypeAsync(CrowdScene.Chat(1), "/help", Cancellation);
        await crowd.Phone.WaitForBotMessagesAsync(CrowdScene.Chat(1), 3, Cancellation);
        Assert.Single(await crowd.SendsAsync(), c => c.ChatId == CrowdScene.Chat(0));
    }

    [Fact]
    public async Task Three_chats_that_have_to_wait_for_minutes_hold_up_no_other()
    {
        await using var crowd = await CrowdScene.BeginAsync(6);
        await HoldAsync(crowd, [0, 1, 2], retryAfter: 300);

        foreach (var person in Enumerable.Range(3, 3))
        {
            await crowd.DeliverAsync(person, "for another");
        }

        await crowd.DeliverAsync(3, "for another again");
        Assert.Equal(3, (await crowd.SendsAsync()).Count(c => c.Status == 429));
        Assert.DoesNotContain("makes the whole bot wait", crowd.Scene.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_message_that_shows_whom_a_wait_is_for_is_refused_too_all_wait_as_long_as_that_answer_says()
    {
        await using var crowd = await CrowdScene.BeginAsync(6);
        await HoldAsync(crowd, [0, 1, 2], retryAfter: 300);
        await HoldAsync(crowd, [3], retryAfter: 4);

        await Task.WhenAll(crowd.DeliverAsync(4, "for another"), crowd.DeliverAsync(5, "for another"));

        var sends = await crowd.SendsAsync();
        var refused = Assert.Single(sends, c => c.Status == 429 && c.ChatId == CrowdScene.Chat(3));
        Assert.All(
            sends.Where(c => c.Status == 200),
            c => Assert.True(c.Time - refused.Time >= TimeSpan.FromSeconds(4), $"after {c.Time - refused.Time}")
        );
        Assert.Contains("makes the whole bot wait for 4 s", crowd.Scene.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_Telegram_makes_the_whole_bot_wait_all_wait_none_is_lost_and_few_calls_are_refused()
    {
        await using var crowd = await CrowdScene.BeginAsync(100);
        crowd.Scene.Environment["TELEGRAM_MESSAGES_PER_SECOND"] = "30";
        await crowd.StartBotAsync();
        await crowd.Phone.AddFaultAsync(Faults.FloodWait(3) with { Seconds = 6 }, Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(person => crowd.QueueAsync(person, $"for {person}")));
        await crowd.UntilQueueIsEmptyAsync();

        foreach (var person in Enumerable.Range(0, 100))
        {
            Assert.Equal([$"for {person}"], await crowd.TextsAsync(person));
        }

        // What was on its way when the first refusals came, at most a second's worth, and then one for each time that it waited.
        var refused = (await crowd.SendsAsync()).Where(c => c.Status == 429).ToArray();
        Assert.InRange(refused.Length, 4, 34);
        Assert.InRange(refused.Count(c => c.Time - refused[0].Time > TimeSpan.FromSeconds(2)), 0, 3);
        Assert.Contains("makes the whole bot wait", crowd.Scene.Log, StringComparison.Ordinal);
    }

    /// <summary>Has Telegram make these people's chats wait, and waits until the bot knows of each.</summary>
    private static async Task HoldAsync(CrowdScene crowd, int[] people, int retryAfter)
    {
        foreach (var person in people)
        {
            await crowd.Phone.AddFaultAsync(
                Faults.FloodWait(retryAfter) with
                {
                    ChatId = CrowdScene.Chat(person),
                    Times = 1,
                },
                Cancellation
            );
        }

        await Task.WhenAll(people.Select(person => crowd.QueueAsync(person, "held")));
        foreach (var person in people)
        {
            await Eventually.TrueAsync(
                async () =>
                    (await crowd.NewestAsync(person)).TryGetProperty("next_try_at", out var next)
                    && next.ValueKind == JsonValueKind.String,
                () => $"{person} is not held",
                Cancellation
            );
        }
    }
}
