using Microsoft.Extensions.Time.Testing;
using Notify.Bot;
using Notify.Bot.Delivery;
using Notify.Bot.Telegram;
using Notify.Testing;
using Notify.Tests.Outbox;

namespace Notify.Tests.Delivery;

/// <summary>The worker finds out by one message at a time whether a wait is for all chats.</summary>
public sealed class GlobalRateLimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_that_ends_without_a_call_does_not_show_that_Telegram_takes_messages_again()
    {
        var log = new CollectedLog<DeliveryWorker>();
        var time = new FakeTimeProvider();
        var settings = new BotSettings
        {
            Token = BotToken.TryParse(Sandbox.SandboxOptions.SampleToken)!,
            ApiUrl = new Uri("http://telegram.invalid"),
            DataFolder = "/nowhere",
            SocketPath = "/nowhere/bot.sock",
            AnalystGroup = "nogroup",
            TrustedGroup = "nogroup",
            ScriptsProgram = "/bin/false",
            InstanceName = "Test",
            Pace = new PaceLimits(30, 1, 20),
            MessageButtons = true,
            GatewaySocket = "/nowhere/gateway.sock",
        };
        using var api = new BotApi(settings.ApiUrl, settings.Token, time);
        using var worker = new DeliveryWorker(api, settings, time, log);
        var wait = new AttemptResult.ChatHeld(TimeSpan.FromSeconds(4), GivesUp: true);

        // One queue, so each begins when the one before has ended. Three waits are the suspicion, and the last job's is its proof.
        AttemptResult[] results = [wait, wait, wait, new AttemptResult.Ended(), wait];
        foreach (var (index, result) in results.Index())
        {
            worker.Add(new PlannedJob(new ChatId(7000 + index), result));
        }

        await worker.StartAsync(Cancellation);

        await Eventually.TrueAsync(
            () => log.Lines.Any(line => line.StartsWith("1505 ", StringComparison.Ordinal)),
            () => "the worker does not hold all chats",
            Cancellation
        );
        await worker.StopAsync(Cancellation);
    }

    /// <summary>A job to a chat of its own, with a result that the test chose.</summary>
    private sealed class PlannedJob(ChatId chat, AttemptResult result) : DeliveryJob
    {
        public override object QueueKey => typeof(PlannedJob);

        public override TimeSpan Left => TimeSpan.FromHours(1);

        public override ChatId? Chat() => chat;

        public override Task<AttemptResult> TryAsync(ChatId? to, CancellationToken stopping) => Task.FromResult(result);
    }
}
