using Notify.Sandbox.Telegram;
using Notify.Testing;

namespace Notify.Tests.Delivery;

/// <summary>The request went out and no answer came: nobody knows whether the message arrived.</summary>
public sealed class LostAnswerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FaultKind.Drop)]
    [InlineData(FaultKind.Cut)]
    public async Task After_a_lost_answer_Telegram_is_asked_whether_it_answers_and_the_message_sent_once_more(
        FaultKind kind
    )
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.ClearCallsAsync(Cancellation);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = kind,
                Method = "sendMessage",
                Taken = true,
                Times = 1,
            },
            Cancellation
        );

        await crowd.DeliverAsync(0, "hello");

        Assert.Equal(["hello", "hello"], await crowd.TextsAsync(0));
        Assert.Equal(
            ["sendMessage", "getMe", "sendMessage"],
            (await crowd.Phone.CallsAsync(Cancellation)).Select(c => c.Method).Where(m => m is "sendMessage" or "getMe")
        );
    }

    [Fact]
    public async Task A_proxy_that_waited_in_vain_lost_the_answer_so_a_message_comes_twice_at_most()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Status = 504,
                Body = "<html>504 Gateway Time-out</html>",
                Method = "sendMessage",
                Taken = true,
            },
            Cancellation
        );

        await crowd.QueueAsync(0, "hello");

        await crowd.UntilNewestIsAsync(0, "unknown");
        Assert.Equal(["hello", "hello"], await crowd.TextsAsync(0));
    }

    [Fact]
    public async Task Two_lost_answers_make_it_unknown_which_is_shown_and_the_next_notification_goes_on()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Drop,
                Method = "sendMessage",
                Taken = true,
                Times = 2,
            },
            Cancellation
        );

        var (status, body) = await crowd.SendAsync(0, "hello", wait: 30);

        Assert.Equal(System.Net.HttpStatusCode.BadGateway, status);
        Assert.Contains("Look at the phone", body.GetProperty("error").GetString(), StringComparison.Ordinal);
        var shown = await crowd.NewestAsync(0);
        Assert.Equal("unknown", shown.GetProperty("state").GetString());
        Assert.Equal(body.GetProperty("id").GetString(), shown.GetProperty("id").GetString());
        Assert.Contains("may have arrived", shown.GetProperty("reason").GetString(), StringComparison.Ordinal);

        await crowd.DeliverAsync(0, "next");
        Assert.Equal(["hello", "hello", "next"], await crowd.TextsAsync(0));
    }

    [Fact]
    public async Task Lost_answers_are_an_outage_that_only_a_taken_message_ends()
    {
        await using var crowd = await CrowdScene.BeginAsync(4);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Drop,
                Method = "sendMessage",
                Taken = true,
            },
            Cancellation
        );

        await Task.WhenAll(Enumerable.Range(0, 4).Select(person => crowd.QueueAsync(person, "hello")));
        foreach (var person in Enumerable.Range(0, 4))
        {
            await crowd.UntilNewestIsAsync(person, "unknown");
        }

        await UntilLoggedAsync(crowd, "takes nothing at the moment");
        Assert.DoesNotContain("takes messages again", crowd.Scene.Log, StringComparison.Ordinal);

        await crowd.Phone.ClearFaultsAsync(Cancellation);
        await crowd.DeliverAsync(0, "next");
        await UntilLoggedAsync(crowd, "takes messages again");
        Assert.Equal(1, Polling.PollingFaultTests.Count(crowd.Scene.Log, "takes nothing at the moment"));
    }

    [Fact]
    public async Task Lost_answers_of_the_chat_are_an_outage_too()
    {
        await using var crowd = await CrowdScene.BeginAsync(3);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Drop,
                Method = "sendMessage",
                Taken = true,
            },
            Cancellation
        );

        // Three failures at the same moment share one getMe, which is answered. So the people go on asking.
        var asked = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                await crowd.Phone.TypeAsync(CrowdScene.Chat(asked++ % 3), "/help", Cancellation);
                return crowd.Scene.Log.Contains("takes nothing at the moment", StringComparison.Ordinal);
            },
            () => $"no outage is noticed: {crowd.Scene.Log}",
            Cancellation
        );
    }

    [Fact]
    public async Task A_doubt_is_remembered_over_a_kill_and_over_what_fails_for_certain_in_between()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Drop,
                Method = "sendMessage",
                Taken = true,
                Times = 1,
            },
            Cancellation
        );
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Answer,
                Method = "sendMessage",
                Status = 500,
                Times = 1,
            },
            Cancellation
        );
        await crowd.Phone.AddFaultAsync(Faults.FloodWait(2) with { Times = 1 }, Cancellation);
        await crowd.Phone.AddFaultAsync(
            new Fault
            {
                Kind = FaultKind.Drop,
                Method = "sendMessage",
                Taken = true,
                Times = 1,
            },
            Cancellation
        );

        await crowd.QueueAsync(0, "hello");
        await Eventually.TrueAsync(
            async () =>
                (await crowd.NewestAsync(0)).TryGetProperty("next_try_at", out var next)
                && next.ValueKind == System.Text.Json.JsonValueKind.String,
            () => "no flood wait",
            Cancellation
        );
        await crowd.Scene.Bot.KillAsync();
        await crowd.StartBotAsync();

        await crowd.UntilNewestIsAsync(0, "unknown");
        Assert.Equal(["hello", "hello"], await crowd.TextsAsync(0));
    }

    [Fact]
    public async Task Connections_that_never_carried_the_request_are_tried_again_as_often_as_it_takes()
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        await crowd.Phone.BeginOutageAsync(Cancellation);
        await crowd.QueueAsync(0, "hello");
        for (var time = 0; time < 3; time++)
        {
            await crowd.Scene.Bot.KillAsync();
            await crowd.Scene.StartBotAsync();
            await Eventually.TrueAsync(
                () => Polling.PollingFaultTests.Count(crowd.Scene.Log, "takes nothing at the moment") > time,
                () => "the bot does not try",
                Cancellation
            );
        }

        await crowd.Phone.EndOutageAsync(Cancellation);
        await crowd.UntilQueueIsEmptyAsync();
        Assert.Equal(["hello"], await crowd.TextsAsync(0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_notification_of_several_messages_goes_on_with_the_one_that_failed(bool killed)
    {
        await using var crowd = await CrowdScene.BeginAsync(1);
        crowd.Scene.Environment["TELEGRAM_CHAT_MESSAGES_PER_SECOND"] = "1";
        await crowd.StartBotAsync();
        var rows = Enumerable.Range(0, 900).Select(i => $"| row {i:0000} | value {i * 17:00000} |").ToArray();
        await crowd.QueueAsync(0, string.Join('\n', rows));
        await crowd.Phone.WaitForBotMessagesAsync(CrowdScene.Chat(0), 2, Cancellation);
        if (killed)
        {
            await crowd.Scene.Bot.KillAsync();
            await crowd.StartBotAsync();
        }
        else
        {
            await crowd.Phone.AddFaultAsync(
                new Fault
                {
                    Kind = FaultKind.Answer,
                    Method = "sendMessage",
                    Status = 500,
                    Times = 2,
                },
                Cancellation
            );
        }

        await crowd.UntilQueueIsEmptyAsync();

        // Each row once and in order; the part that was on its way at the kill may be there twice.
        var parts = await crowd.TextsAsync(0);
        Assert.True(parts.Length >= 5, $"{parts.Length} parts");
        Assert.InRange(parts.Length - parts.Distinct().Count(), 0, killed ? 1 : 0);
        Assert.Equal(
            rows,
            string.Join('\n', parts.Distinct())
                .Split('\n')
                .Where(line => line.StartsWith("| row", StringComparison.Ordinal))
        );
    }

    private static Task UntilLoggedAsync(CrowdScene crowd, string words) =>
        Eventually.TrueAsync(
            () => crowd.Scene.Log.Contains(words, StringComparison.Ordinal),
            () => $"\"{words}\" is not logged: {crowd.Scene.Log}",
            Cancellation
        );
}
