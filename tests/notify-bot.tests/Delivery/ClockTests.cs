using Microsoft.Extensions.Time.Testing;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Sandbox;
using Notify.Testing;

namespace Notify.Tests.Delivery;

/// <summary>What depends on hours and on the machine's clock: the delivery of a bot in this process, with a clock of the test's own.</summary>
public sealed class ClockTests : IAsyncLifetime
{
    private const long Chat = 7001;

    private readonly string _folder = Directory.CreateTempSubdirectory("notify-clock-").FullName;
    private readonly UserName _user = UserName.Parse("dana");
    private SandboxServer _sandbox = null!;
    private SandboxControl _phone = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Limits = SendLimits.Off }, Cancellation);
        _phone = new SandboxControl(_sandbox);
        await _phone.AddStartedPersonAsync("Dana", Cancellation, Chat);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "telegram_users.json"),
            $$"""{"dana": {"chat_id": {{Chat}}, "linked_at": "2026-01-05T09:00:00Z"} }""",
            Cancellation
        );
    }

    public async ValueTask DisposeAsync()
    {
        _phone.Dispose();
        await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_could_not_be_delivered_for_a_day_is_marked_failed_while_Telegram_is_still_away_and_is_never_sent()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        await _phone.BeginOutageAsync(Cancellation);
        await using var bot = new Delivering(_folder, _sandbox, time);
        await bot.QueueAsync(_user, "too old");

        await AdvanceUntilAsync(time, TimeSpan.FromHours(23.9));
        Assert.Equal(DeliveryState.Queued, bot.Newest(_user).State);
        await bot.QueueAsync(_user, "young");
        await AdvanceUntilAsync(time, TimeSpan.FromHours(0.2));

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return bot.History(_user)[1].State == DeliveryState.Failed;
            },
            () => $"it is {bot.History(_user)[1]}",
            Cancellation
        );
        Assert.Contains("24 hours", bot.History(_user)[1].ReasonText, StringComparison.Ordinal);
        Assert.Equal(DeliveryState.Queued, bot.Newest(_user).State);

        await _phone.EndOutageAsync(Cancellation);
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return bot.Newest(_user).State == DeliveryState.Delivered;
            },
            () => $"it is {bot.Newest(_user)}",
            Cancellation
        );
        Assert.Equal(["young"], (await _phone.BotMessagesAsync(Chat, Cancellation)).Select(m => m.Text));
    }

    [Fact]
    public async Task What_waited_for_its_chat_for_a_day_is_marked_failed_without_another_call()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        await using var bot = new Delivering(_folder, _sandbox, time);
        await _phone.AddFaultAsync(Faults.FloodWait(30 * 3600), Cancellation);
        await bot.QueueAsync(_user, "hello");
        await Eventually.TrueAsync(
            () => bot.Newest(_user).NextTryAt is not null,
            () => $"it is {bot.Newest(_user)}",
            Cancellation
        );

        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromHours(25));
                return bot.Newest(_user).State == DeliveryState.Failed;
            },
            () => $"it is {bot.Newest(_user)}",
            Cancellation
        );
        Assert.Single(await _phone.CallsAsync(Cancellation, "sendMessage"));
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public async Task A_clock_that_is_set_by_days_while_something_waits_neither_loses_it_nor_delays_it(int days)
    {
        var time = new SetClock();
        await _phone.AddFaultAsync(Faults.FloodWait(2) with { Times = 1 }, Cancellation);
        await using var bot = new Delivering(_folder, _sandbox, time);
        await bot.QueueAsync(_user, "hello");
        await Eventually.TrueAsync(
            () => bot.Newest(_user).NextTryAt is not null,
            () => $"it is {bot.Newest(_user)}",
            Cancellation
        );

        time.Shift = TimeSpan.FromDays(days);

        await Eventually.TrueAsync(
            () => bot.Newest(_user).State == DeliveryState.Delivered,
            () => $"it is {bot.Newest(_user)}",
            Cancellation
        );
        Assert.Equal(["hello"], (await _phone.BotMessagesAsync(Chat, Cancellation)).Select(m => m.Text));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(1)]
    [InlineData(24 * 30)]
    public async Task A_clock_that_was_set_back_before_a_restart_makes_a_chat_wait_no_longer_than_Telegram_asked_for(
        double hours
    )
    {
        var time = await WaitForTelegramAsync(seconds: 60);

        time = new FakeTimeProvider(time.GetUtcNow() - TimeSpan.FromHours(hours));
        await using var later = new Delivering(_folder, _sandbox, time);
        Assert.Single(await _phone.CallsAsync(Cancellation, "sendMessage"));
        var left = TimeSpan.FromSeconds(120);
        await Eventually.TrueAsync(
            () =>
            {
                // In steps: the wait may begin a moment after the first have passed.
                var step = left > TimeSpan.Zero ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
                left -= step;
                time.Advance(step);
                return later.Newest(_user).State == DeliveryState.Delivered;
            },
            () => $"it is {later.Newest(_user)}",
            Cancellation
        );
    }

    [Fact]
    public async Task A_wait_that_an_older_version_stored_is_a_day_at_the_most_after_the_clock_was_set_back_by_a_month()
    {
        var time = await WaitForTelegramAsync(seconds: 60);
        await using (
            var older = new Microsoft.Data.Sqlite.SqliteConnection(
                $"Data Source={Path.Combine(_folder, "private", "outbox.db")};Pooling=False"
            )
        )
        {
            await older.OpenAsync(Cancellation);
            await using var command = older.CreateCommand();
            command.CommandText = Outbox.OutboxScene.ToVersion1;
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        time = new FakeTimeProvider(time.GetUtcNow() - TimeSpan.FromDays(30));
        await using var later = new Delivering(_folder, _sandbox, time);
        Assert.Single(await _phone.CallsAsync(Cancellation, "sendMessage"));
        time.Advance(TimeSpan.FromHours(23.99));

        // In steps: the wait may begin a moment after the hours have passed.
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return later.Newest(_user).State != DeliveryState.Queued;
            },
            () => $"it is {later.Newest(_user)}",
            Cancellation
        );
    }

    /// <summary>A bot that ended while Telegram made its chat wait, and its clock.</summary>
    private async Task<FakeTimeProvider> WaitForTelegramAsync(int seconds)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        await _phone.AddFaultAsync(Faults.FloodWait(seconds) with { Times = 1 }, Cancellation);
        await using var bot = new Delivering(_folder, _sandbox, time);
        await bot.QueueAsync(_user, "hello");
        await Eventually.TrueAsync(
            () => bot.Newest(_user).NextTryAt is not null,
            () => $"it is {bot.Newest(_user)}",
            Cancellation
        );
        return time;
    }

    private static async Task AdvanceUntilAsync(FakeTimeProvider time, TimeSpan span)
    {
        for (var steps = 0; steps < 100; steps++)
        {
            time.Advance(span / 100);
            await Task.Yield();
        }
    }

    /// <summary>The machine's steady clock, and a time of day that can be set.</summary>
    private sealed class SetClock : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }

    /// <summary>Outbox and delivery as the bot puts them together.</summary>
    private sealed class Delivering(string folder, SandboxServer sandbox, TimeProvider time) : IAsyncDisposable
    {
        private readonly DeliveringBot _bot = new(folder, sandbox, time);

        public async Task QueueAsync(UserName user, string text)
        {
            var outcome = await _bot.Pipeline.SendAsync(
                new SendCommand
                {
                    User = user,
                    Message = text,
                    ParseMode = ParseMode.Plain,
                },
                _bot.Links.Find(user)!,
                TimeSpan.Zero,
                Cancellation
            );
            Assert.IsType<DeliveryOutcome.Accepted>(outcome);
        }

        public DeliveryProgress Newest(UserName user) => History(user)[0];

        public DeliveryProgress[] History(UserName user) => [.. _bot.Outbox.History(user, 10).Select(n => n.Progress)];

        public ValueTask DisposeAsync() => _bot.DisposeAsync();
    }
}
