using System.Net;
using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Delivery;

/// <summary>Telegram is away, in each of the ways in which it can be: senders are told <c>queued</c>, and all arrives once afterwards, in order.</summary>
public sealed class OutageTests
{
    private const string Page =
        "<html><head><title>Access denied</title></head><body>By order of the proxy</body></html>";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("refused")]
    [InlineData("dropped")]
    [InlineData("502")]
    [InlineData("401")]
    [InlineData("404")]
    public async Task What_is_sent_during_an_outage_arrives_once_and_in_order_afterwards(string kind)
    {
        await using var crowd = await CrowdScene.BeginAsync(6);
        await (
            kind switch
            {
                "refused" => crowd.Phone.BeginOutageAsync(Cancellation),
                "dropped" => crowd.Phone.AddFaultAsync(new Fault { Kind = FaultKind.Drop }, Cancellation),
                "502" => crowd.Phone.AddFaultAsync(
                    new Fault
                    {
                        Kind = FaultKind.Answer,
                        Status = 502,
                        Body = "<html><body>Bad Gateway</body></html>",
                    },
                    Cancellation
                ),
                "401" => crowd.Phone.ChangeTokenAsync("110201:BBH-another-token-of-the-same-bot", Cancellation),
                _ => crowd.Phone.AddFaultAsync(new Fault { Kind = FaultKind.Answer, Status = 404 }, Cancellation),
            }
        );

        for (var round = 0; round < 4; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 6).Select(person => crowd.QueueAsync(person, $"{round}")));
        }

        await UntilNoticedAsync(crowd);
        Assert.Equal(
            24,
            (await crowd.Scene.Bot.GetAsync("/health", Cancellation))
                .GetProperty("queue")
                .GetProperty("length")
                .GetInt32()
        );
        Assert.Empty(await crowd.TextsAsync(0));

        await crowd.Phone.EndOutageAsync(Cancellation);
        await crowd.Phone.ClearFaultsAsync(Cancellation);
        await crowd.Phone.ChangeTokenAsync(Sandbox.SandboxOptions.SampleToken, Cancellation);
        await crowd.UntilQueueIsEmptyAsync();
        foreach (var person in Enumerable.Range(0, 6))
        {
            Assert.Equal(["0", "1", "2", "3"], await crowd.TextsAsync(person));
        }

        Assert.DoesNotContain(
            "dead",
            await File.ReadAllTextAsync(Path.Combine(crowd.Scene.Data, "telegram_users.json"), Cancellation),
            StringComparison.Ordinal
        );
        Assert.Equal(1, Polling.PollingFaultTests.Count(crowd.Scene.Log, "takes nothing at the moment"));
    }

    [Theory]
    [InlineData(302, Page)]
    [InlineData(400, Page)]
    [InlineData(401, Page)]
    [InlineData(403, Page)]
    [InlineData(404, Page)]
    [InlineData(407, Page)]
    [InlineData(408, Page)]
    [InlineData(409, Page)]
    [InlineData(413, Page)]
    [InlineData(429, Page)]
    [InlineData(451, "")]
    [InlineData(403, """{"error":"forbidden"}""")]
    [InlineData(403, """{"error_code":1020,"description":"Access denied"}""")]
    [InlineData(400, """{"ok":false}""")]
    public async Task What_a_proxy_says_in_Telegrams_place_is_an_outage_that_costs_neither_message_nor_link(
        int status,
        string body
    )
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = status,
                Body = body,
            },
            Cancellation
        );

        await crowd.QueueAsync(0, "kept");

        await UntilNoticedAsync(crowd);
        await Polling.PollingFaultTests.EndTheOpenPollAsync(crowd.Scene);
        await crowd.Scene.Bot.WaitForHealthAsync(h => BotScene.Telegram(h) == "unreachable", Cancellation);
        Assert.Equal("queued", (await crowd.NewestAsync(0)).GetProperty("state").GetString());
        await crowd.Phone.ClearFaultsAsync(Cancellation);
        await crowd.UntilQueueIsEmptyAsync();
        Assert.Equal(["kept"], await crowd.TextsAsync(0));
        Assert.DoesNotContain(
            "dead",
            await File.ReadAllTextAsync(Path.Combine(crowd.Scene.Data, "telegram_users.json"), Cancellation),
            StringComparison.Ordinal
        );
        await crowd.Scene.Bot.WaitForHealthAsync(h => BotScene.Status(h) == "ok", Cancellation);
    }

    [Fact]
    public async Task A_revoked_token_holds_the_queue_until_a_bot_with_the_new_one_is_started()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.ChangeTokenAsync("110201:BBH-another-token-of-the-same-bot", Cancellation);
        await crowd.QueueAsync(0, "kept");
        await UntilNoticedAsync(crowd);
        Assert.Equal("queued", (await crowd.NewestAsync(0)).GetProperty("state").GetString());

        crowd.Scene.Environment["TELEGRAM_BOT_TOKEN"] = "110201:BBH-another-token-of-the-same-bot";
        await crowd.StartBotAsync();

        await crowd.UntilQueueIsEmptyAsync();
        Assert.Equal(["kept"], await crowd.TextsAsync(0));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_an_outage_as_any()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        var right = crowd.Scene.Environment["TELEGRAM_API_URL"];
        crowd.Scene.Environment["TELEGRAM_API_URL"] = "http://telegram.invalid";
        await crowd.Scene.StartBotAsync();
        await crowd.QueueAsync(0, "kept");
        await UntilNoticedAsync(crowd);

        crowd.Scene.Environment["TELEGRAM_API_URL"] = right;
        await crowd.StartBotAsync();

        await crowd.UntilQueueIsEmptyAsync();
        Assert.Equal(["kept"], await crowd.TextsAsync(0));
    }

    [Fact]
    public async Task One_message_that_Telegram_always_fails_at_holds_up_nobody_else_and_is_no_outage()
    {
        await using var crowd = await CrowdScene.BeginAsync(20);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                ChatId = CrowdScene.Chat(0),
                Status = 500,
            },
            Cancellation
        );

        await crowd.QueueAsync(0, "poison");
        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(Enumerable.Range(1, 19).Select(person => crowd.DeliverAsync(person, $"{round}")));
        }

        // Each failure is followed by one getMe, and the pauses grow.
        Assert.InRange((await crowd.SendsAsync()).Count(c => c.Status == 500), 1, 8);
        Assert.DoesNotContain("takes nothing at the moment", crowd.Scene.Log, StringComparison.Ordinal);
        await crowd.Phone.ClearFaultsAsync(Cancellation);
        await crowd.UntilQueueIsEmptyAsync();
        Assert.Equal(["poison"], await crowd.TextsAsync(0));
    }

    [Fact]
    public async Task When_sending_fails_for_all_while_Telegram_answers_otherwise_the_pauses_are_shared()
    {
        await using var crowd = await CrowdScene.BeginAsync(50);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 503,
                Seconds = 8,
            },
            Cancellation
        );

        await Task.WhenAll(Enumerable.Range(0, 50).Select(person => crowd.QueueAsync(person, "hello")));
        await crowd.UntilQueueIsEmptyAsync();

        foreach (var person in Enumerable.Range(0, 50))
        {
            Assert.Equal(["hello"], await crowd.TextsAsync(person));
        }

        // One or two for each of the fifty until it is known that it is not their own fault, then one for each of the shared pauses;
        // with pauses of their own they would have tried four times each.
        Assert.InRange((await crowd.SendsAsync()).Count(c => c.Status == 503), 3, 2 * 50);
    }

    [Fact]
    public async Task Who_sends_while_Telegram_is_silent_is_told_queued()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.AddFaultAsync(new Fault { Kind = FaultKind.Hang }, Cancellation);

        var (status, body) = await crowd.SendAsync(0, "hello", wait: 1);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("queued", body.GetProperty("status").GetString());
    }

    private static Task UntilNoticedAsync(CrowdScene crowd) =>
        Eventually.TrueAsync(
            () => crowd.Scene.Log.Contains("takes nothing at the moment", StringComparison.Ordinal),
            () => $"no outage is noticed: {crowd.Scene.Log}",
            Cancellation
        );
}
