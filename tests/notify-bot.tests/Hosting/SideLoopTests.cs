using Microsoft.Extensions.Time.Testing;
using Notify.Bot;
using Notify.Testing;
using Notify.Tests.Outbox;

namespace Notify.Tests.Hosting;

/// <summary>An unforeseen fault of a loop beside the deliveries ends neither the loop nor the bot.</summary>
public sealed class SideLoopTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
    private readonly CollectedLog<SideLoopTests> _log = new();
    private int _begun;

    [Fact]
    public async Task A_loop_that_fails_begins_again_and_says_so_once_until_it_was_well()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = RunAsync(
            async cancellation =>
            {
                if (_begun > 5)
                {
                    await Task.Delay(TimeSpan.FromMinutes(10), _time, cancellation);
                }

                throw new InvalidOperationException("nobody thought of this");
            },
            stop.Token
        );

        await UntilAsync(() => _begun > 5);
        var line = Assert.Single(_log.Lines);
        Assert.StartsWith("1006 The loop of a test failed unexpectedly.", line, StringComparison.Ordinal);
        await UntilAsync(() => _begun > 6);
        Assert.Equal(2, _log.Lines.Count());

        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_time_limit_within_a_loop_is_a_fault_and_not_the_end_of_the_bot()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = RunAsync(_ => throw new OperationCanceledException(), stop.Token);

        await UntilAsync(() => _begun > 2);

        Assert.Single(_log.Lines);
        await stop.CancelAsync();
        await running;
    }

    private Task RunAsync(Func<CancellationToken, Task> loop, CancellationToken stopping) =>
        SideLoop.RunAsync(
            "The loop of a test",
            cancellation =>
            {
                Interlocked.Increment(ref _begun);
                return loop(cancellation);
            },
            _time,
            _log,
            stopping
        );

    private Task UntilAsync(Func<bool> done) =>
        Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(10));
                return Task.FromResult(done());
            },
            () => $"begun {_begun} times",
            TestContext.Current.CancellationToken
        );
}
