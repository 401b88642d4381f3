using Notify.Testing;

namespace Notify.Tests.Delivery;

/// <summary>A user's flood delays that user.</summary>
public sealed class FairnessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_users_take_turns()
    {
        await using var crowd = await CrowdScene.BeginAsync(2);
        crowd.Scene.Environment["TELEGRAM_MESSAGES_PER_SECOND"] = "20";
        await crowd.StartBotAsync();

        // All of both wait before the first goes out, however long that takes.
        await crowd.Phone.BeginOutageAsync(Cancellation);
        await QueueManyAsync(crowd, 0, 30);
        await QueueManyAsync(crowd, 1, 30);
        await BeginToDeliverAsync(crowd);

        // Neither gets ahead, where one after the other it would be by all that is left of the first.
        var ahead = 0;
        var arrived = (await crowd.SendsAsync()).Where(c => c.Status == 200).ToArray();
        Assert.Equal(60, arrived.Length);
        foreach (var call in arrived.Take(50))
        {
            ahead += call.ChatId == CrowdScene.Chat(0) ? 1 : -1;
            Assert.InRange(ahead, -5, 5);
        }
    }

    [Fact]
    public async Task Two_hundred_that_wait_for_one_user_come_between_another_and_their_message_at_most_a_few_times()
    {
        await using var crowd = await CrowdScene.BeginAsync(2);
        crowd.Scene.Environment["TELEGRAM_MESSAGES_PER_SECOND"] = "30";
        await crowd.StartBotAsync();
        await crowd.Phone.BeginOutageAsync(Cancellation);
        await QueueManyAsync(crowd, 0, 200);
        await crowd.QueueAsync(1, "mine");
        await BeginToDeliverAsync(crowd);

        var arrived = (await crowd.SendsAsync()).Where(c => c.Status == 200).ToArray();
        Assert.Equal(201, arrived.Length);
        Assert.InRange(arrived.TakeWhile(c => c.ChatId != CrowdScene.Chat(1)).Count(), 0, 5);
    }

    [Fact]
    public async Task More_than_two_hundred_that_wait_are_refused_and_only_for_their_user()
    {
        await using var crowd = await CrowdScene.BeginAsync(2);
        await crowd.Phone.AddFaultAsync(Faults.FloodWait(600) with { ChatId = CrowdScene.Chat(0) }, Cancellation);

        var answers = await Task.WhenAll(Enumerable.Range(0, 230).Select(i => crowd.SendAsync(0, $"{i}")));

        Assert.Equal(200, answers.Count(a => a.Status == System.Net.HttpStatusCode.OK));
        Assert.Equal(30, answers.Count(a => a.Status == System.Net.HttpStatusCode.TooManyRequests));
        await crowd.DeliverAsync(1, "mine");
    }

    /// <summary>Has all that waits delivered by a bot that knows nothing of the outage: no user waits longer than another.</summary>
    private static async Task BeginToDeliverAsync(CrowdScene crowd)
    {
        await crowd.Scene.Bot.KillAsync();
        await crowd.Phone.EndOutageAsync(Cancellation);
        await crowd.StartBotAsync();
        await crowd.UntilQueueIsEmptyAsync();
    }

    private static async Task QueueManyAsync(CrowdScene crowd, int person, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await crowd.QueueAsync(person, $"{i}");
        }
    }
}
