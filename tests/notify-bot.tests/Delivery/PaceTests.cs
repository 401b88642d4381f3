using Notify.Sandbox;

namespace Notify.Tests.Delivery;

/// <summary>A real bot against Telegram's published rates: everything arrives, and no call is refused for speed.</summary>
public sealed class PaceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thousand_notifications_from_five_hundred_users_at_one_moment_arrive_once_each_in_order_without_a_refused_call()
    {
        const int Users = 500;
        await using var crowd = await CrowdScene.BeginAsync(Users, SendLimits.Published);

        foreach (var round in (string[])["first", "second"])
        {
            await Task.WhenAll(
                Enumerable.Range(0, Users).Select(person => crowd.QueueAsync(person, $"{round} for {person}"))
            );
        }

        // 33 s at Telegram's rate.
        await crowd.UntilQueueIsAtMostAsync(Users);
        await crowd.UntilQueueIsEmptyAsync();

        foreach (var person in Enumerable.Range(0, Users))
        {
            Assert.Equal([$"first for {person}", $"second for {person}"], await crowd.TextsAsync(person));
        }

        Assert.All(await crowd.SendsAsync(), call => Assert.Equal(200, call.Status));
    }

    [Fact]
    public async Task Eight_to_one_chat_arrive_in_their_order_at_the_chats_rate_and_the_chats_answers_count_too()
    {
        await using var crowd = await CrowdScene.BeginAsync(1, SendLimits.Published);

        for (var i = 0; i < 8; i++)
        {
            await crowd.QueueAsync(0, $"{i}");
        }

        await crowd.Phone.TypeAsync(CrowdScene.Chat(0), "/help", Cancellation);
        await crowd.Phone.WaitForBotMessagesAsync(CrowdScene.Chat(0), 9, Cancellation);

        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7"], (await crowd.TextsAsync(0)).Where(t => t.Length == 1));
        var sends = await crowd.SendsAsync();
        Assert.Equal(9, sends.Count);
        Assert.All(sends, call => Assert.Equal(200, call.Status));
    }
}
