using System.Net.WebSockets;
using Microsoft.Extensions.Time.Testing;
using Notify.Contracts;
using Notify.Desktop;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>The connection of notify-desktop, to a gateway that does what none should, on a clock of the test's own.</summary>
public sealed class GatewayLinkTests : IAsyncDisposable
{
    private readonly PausingTime _time = new();
    private readonly List<string> _said = [];
    private readonly System.Collections.Concurrent.ConcurrentQueue<string?> _heard = new();
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(
        TestContext.Current.CancellationToken
    );
    private Task _link = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_that_says_nothing_more_is_left_after_three_pings_that_did_not_come()
    {
        await using var gateway = new PlayedGateway(
            async (socket, _, ended) =>
            {
                await PlayedGateway.LetInAsync(socket, ended);
                await PlayedGateway.UntilClosedAsync(socket, ended);
            }
        );
        Start(gateway);
        await SaidAsync("Connected as alice.");

        await _time.TimerAsync(TimeSpan.FromSeconds(100));
        _time.Advance(TimeSpan.FromSeconds(99));
        Assert.DoesNotContain(_said.ToArray(), s => s.Contains("gives no answer", StringComparison.Ordinal));
        _time.Advance(TimeSpan.FromSeconds(1));
        await SaidAsync("The gateway does not answer.");

        _time.Advance(await _time.NextPauseAsync(1));
        await Eventually.TrueAsync(() => gateway.Connections == 2, () => "it does not come back", Cancellation);
    }

    [Fact]
    public async Task A_gateway_that_lets_in_and_drops_is_asked_less_and_less()
    {
        await using var gateway = new PlayedGateway(
            async (socket, _, ended) =>
            {
                await PlayedGateway.LetInAsync(socket, ended);
                await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, ended);
            }
        );
        Start(gateway);
        for (var i = 1; i <= 8; i++)
        {
            var pause = await _time.NextPauseAsync(i);
            var step = Math.Min(60, Math.Pow(2, i - 1));
            Assert.InRange(pause.TotalSeconds, step / 2, step);
            _time.Advance(pause);
        }

        await Eventually.TrueAsync(
            () => gateway.Connections >= 9,
            () => $"{gateway.Connections} connections",
            Cancellation
        );
        Assert.Single(_said.ToArray(), s => s.Contains("Trying again until it works", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_a_connection_that_held_the_next_break_is_said_and_tried_at_once_again()
    {
        await using var gateway = new PlayedGateway(
            async (socket, number, ended) =>
            {
                await PlayedGateway.LetInAsync(socket, ended);
                if (number == 3)
                {
                    await SaidAsync("Connected as alice.", 3);
                    _time.Advance(TimeSpan.FromSeconds(31));
                }

                await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, ended);
            }
        );
        Start(gateway);
        for (var i = 1; i <= 2; i++)
        {
            _time.Advance(await _time.NextPauseAsync(i));
        }

        Assert.InRange((await _time.NextPauseAsync(3)).TotalSeconds, 0.5, 1);
        Assert.Equal(
            2,
            _said.ToArray().Count(s => s.Contains("Trying again until it works", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task A_message_of_a_megabyte_is_no_notification()
    {
        await using var gateway = new PlayedGateway(
            async (socket, _, ended) =>
            {
                await PlayedGateway.LetInAsync(socket, ended);
                await PlayedGateway.SayAsync(
                    socket,
                    $$"""{"type":"notification","id":"one","message":"{{new string('x', 1_000_000)}}"}""",
                    ended
                );
                await PlayedGateway.UntilClosedAsync(socket, ended);
            }
        );
        Start(gateway);

        await SaidAsync("it sends more than a notification can hold");
    }

    [Theory]
    [InlineData("nothing that is JSON")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"type\":\"notification\",\"id\":\"one\",\"title\":7}")]
    [InlineData("{\"type\":\"notification\",\"id\":\"one\",\"title\":\"\\ud800\"}")]
    [InlineData("{\"type\":\"news\"}")]
    public async Task What_is_no_message_of_the_protocol_is_passed_over_and_the_next_one_is_shown(string message)
    {
        await using var gateway = new PlayedGateway(
            async (socket, _, ended) =>
            {
                await PlayedGateway.LetInAsync(socket, ended);
                await PlayedGateway.SayAsync(socket, message, ended);
                await PlayedGateway.SayAsync(socket, """{"type":"notification","id":"two","title":"Orders"}""", ended);
                await PlayedGateway.UntilClosedAsync(socket, ended);
            }
        );
        Start(gateway);

        await Eventually.TrueAsync(() => _heard.Contains("two"), () => "the next one does not come", Cancellation);
        Assert.Equal(1, gateway.Connections);
        Assert.DoesNotContain("one", _heard);
    }

    [Fact]
    public async Task Status_ends_where_the_gateway_does_not_answer_the_close()
    {
        await using var gateway = new PlayedGateway(
            async (socket, _, ended) =>
            {
                await PlayedGateway.LetInAsync(socket, ended);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ended);
            }
        );
        var status = new GatewayLink(gateway.Configuration, _time, Say).TryOnceAsync(Cancellation);

        await _time.TimerAsync(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("alice", await status);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _link.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private void Start(PlayedGateway gateway) =>
        _link = new GatewayLink(gateway.Configuration, _time, Say).StayConnectedAsync(Hear, _end.Token);

    private Task Hear(GatewayMessage notification)
    {
        _heard.Enqueue(notification.Id);
        return Task.CompletedTask;
    }

    private void Say(string sentence)
    {
        lock (_said)
        {
            _said.Add(sentence);
        }
    }

    private Task SaidAsync(string words, int times = 1) =>
        Eventually.TrueAsync(
            () =>
            {
                lock (_said)
                {
                    return _said.Count(s => s.Contains(words, StringComparison.Ordinal)) >= times;
                }
            },
            () => string.Join(Environment.NewLine, _said),
            Cancellation
        );

    /// <summary>A clock that knows which timers were set on it.</summary>
    private sealed class PausingTime : FakeTimeProvider
    {
        /// <summary>Of the connect, of silence, of the close.</summary>
        private static readonly TimeSpan[] Limits =
        [
            TimeSpan.FromSeconds(20),
            TimeSpan.FromSeconds(100),
            TimeSpan.FromSeconds(5),
        ];

        private readonly Lock _gate = new();
        private readonly List<TimeSpan> _timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            lock (_gate)
            {
                _timers.Add(dueTime);
            }

            return timer;
        }

        /// <summary>Waits for a pause before a try, and gives its length.</summary>
        /// <param name="number">1 is the first.</param>
        public async Task<TimeSpan> NextPauseAsync(int number)
        {
            TimeSpan[] pauses = [];
            await Eventually.TrueAsync(
                () => (pauses = Timers(t => !Limits.Contains(t))).Length >= number,
                () => $"it paused {pauses.Length} times",
                Cancellation
            );
            return pauses[number - 1];
        }

        /// <summary>Waits until a timer of this length was set.</summary>
        public Task TimerAsync(TimeSpan length) =>
            Eventually.TrueAsync(() => Timers(t => t == length).Length > 0, () => "no such timer", Cancellation);

        private TimeSpan[] Timers(Func<TimeSpan, bool> which)
        {
            lock (_gate)
            {
                return [.. _timers.Where(which)];
            }
        }
    }
}
