namespace Notify.Tests.Delivery;

/// <summary>kill -9 and restart: accepted is delivered.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kills_under_load_lose_nothing_and_double_only_what_was_on_its_way()
    {
        const int People = 20,
            Kills = 3;
        await using var crowd = await CrowdScene.BeginAsync(People);
        crowd.Scene.Environment["TELEGRAM_MESSAGES_PER_SECOND"] = "200";
        await crowd.StartBotAsync();
        var accepted = new List<string>[People];
        for (var person = 0; person < People; person++)
        {
            accepted[person] = [];
        }

        var last = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            using var enough = new CancellationTokenSource();
            var senders = Enumerable
                .Range(0, People)
                .Select(person =>
                    SendUntilKilledAsync(crowd, person, accepted[person], () => Interlocked.Increment(ref last))
                )
                .ToArray();
            var goal = (kill + 1) * 300;
            await Testing.Eventually.TrueAsync(
                () => Volatile.Read(ref last) >= goal,
                () => $"{last} sent",
                Cancellation
            );
            await crowd.Scene.Bot.KillAsync();
            await Task.WhenAll(senders);
            await crowd.StartBotAsync();
        }

        await crowd.UntilQueueIsEmptyAsync();
        var doubled = 0;
        for (var person = 0; person < People; person++)
        {
            var texts = await crowd.TextsAsync(person);
            var distinct = texts.Distinct(StringComparer.Ordinal).ToArray();

            // What the bot had stored and could not answer for any more arrives as well; nobody was told that it would not.
            Assert.Equal(accepted[person], distinct.Where(accepted[person].Contains));
            doubled += texts.Length - distinct.Length;
        }

        output.WriteLine($"{accepted.Sum(a => a.Count)} accepted, {doubled} arrived twice over {Kills} kills.");
        Assert.InRange(doubled, 0, Kills * People);
    }

    [Fact]
    public async Task A_thousand_that_wait_at_a_restart_arrive_once_each_and_in_order()
    {
        const int People = 20,
            Each = 50;
        await using var crowd = await CrowdScene.BeginAsync(People);
        await crowd.Phone.BeginOutageAsync(Cancellation);
        await Task.WhenAll(
            Enumerable
                .Range(0, People)
                .Select(async person =>
                {
                    for (var i = 0; i < Each; i++)
                    {
                        await crowd.QueueAsync(person, $"{i}");
                    }
                })
        );
        await crowd.Scene.Bot.KillAsync();
        await crowd.Phone.EndOutageAsync(Cancellation);

        await crowd.StartBotAsync();
        await crowd.UntilQueueIsEmptyAsync();

        foreach (var person in Enumerable.Range(0, People))
        {
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{i}"), await crowd.TextsAsync(person));
        }
    }

    private static async Task SendUntilKilledAsync(CrowdScene crowd, int person, List<string> accepted, Func<int> count)
    {
        try
        {
            while (true)
            {
                var text = $"{count()}";
                var (status, _) = await crowd.SendAsync(person, text);
                if (status == System.Net.HttpStatusCode.OK)
                {
                    accepted.Add(text);
                }
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The bot is dead; whether this last one was accepted nobody was told.
        }
    }
}
