using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Notify.Desktop;
using Notify.Testing;

namespace Notify.Tests;

/// <summary>How a burst is shown, on a clock of the test's own.</summary>
public sealed class DesktopFeedTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _shown = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_a_thousand_at_once_the_first_ten_are_shown_and_then_how_many_more_there_were()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var feed = new DesktopFeed(ShowAsync, _time);
        for (var i = 0; i < 1_000; i++)
        {
            feed.Take(Notification(i));
        }

        var running = feed.RunAsync(end.Token);
        await ShownAsync(10);
        await PassUntilShownAsync(11);
        feed.Take(Notification(1_000));
        await ShownAsync(12);

        Assert.Equal([.. Enumerable.Range(0, 10).Select(Title), "990 more notifications", Title(1_000)], Titles());
        await StopAsync(end, running);
    }

    [Fact]
    public async Task What_no_longer_fits_while_the_service_hangs_is_counted()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var feed = new DesktopFeed(
            async (n, c) =>
            {
                await hangs.Task;
                await ShowAsync(n, c);
            },
            _time
        );
        var running = feed.RunAsync(end.Token);
        for (var i = 0; i < 5_000; i++)
        {
            feed.Take(Notification(i));
        }

        hangs.SetResult();
        await ShownAsync(10);
        await PassUntilShownAsync(11);

        Assert.Equal("4990 more notifications", Titles()[^1]);
        await StopAsync(end, running);
    }

    [Theory]
    [InlineData(1, 400)]
    [InlineData(1, 999)]
    [InlineData(1, 1_000)]
    [InlineData(2, 1_300)]
    [InlineData(7, 3_000)]
    [InlineData(40, 9_000)]
    [InlineData(40, 11_000)]
    public async Task However_they_come_each_is_shown_or_counted(int atOnce, int everyMilliseconds)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var feed = new DesktopFeed(ShowAsync, _time);
        var running = feed.RunAsync(end.Token);
        var sent = 0;
        for (var step = 0; step < 100; step++)
        {
            for (var n = 0; n < atOnce; n++)
            {
                feed.Take(Notification(sent++));
            }

            _time.Advance(TimeSpan.FromMilliseconds(everyMilliseconds));
        }

        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Told() == sent;
            },
            () => $"{Told()} of {sent} were told",
            Cancellation
        );
        await StopAsync(end, running);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(400)]
    [InlineData(999)]
    [InlineData(1_001)]
    [InlineData(9_999)]
    public void Never_more_than_ten_pass_within_any_ten_seconds_and_ten_always_can(int everyMilliseconds)
    {
        var gate = new BurstGate(_time);
        var passed = new List<DateTimeOffset>();
        for (var i = 0; i < 500; i++)
        {
            if (gate.TryPass())
            {
                passed.Add(_time.GetUtcNow());
            }
            else
            {
                Assert.Equal(BurstGate.Most, passed.Count(p => p > _time.GetUtcNow() - BurstGate.Window));
                Assert.Equal(passed[^BurstGate.Most] + BurstGate.Window, _time.GetUtcNow() + gate.UntilFree);
            }

            _time.Advance(TimeSpan.FromMilliseconds(everyMilliseconds));
        }

        Assert.All(
            passed,
            one =>
                Assert.InRange(passed.Count(other => other >= one && other < one + BurstGate.Window), 1, BurstGate.Most)
        );
    }

    private static string Title(int number) => string.Create(CultureInfo.InvariantCulture, $"Number {number}");

    private static ShownNotification Notification(int number) => new(Title(number), "", null);

    private static async Task StopAsync(CancellationTokenSource end, Task running)
    {
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private Task ShowAsync(ShownNotification notification, CancellationToken cancellation)
    {
        lock (_shown)
        {
            _shown.Add(notification.Title);
        }

        return Task.CompletedTask;
    }

    private string[] Titles()
    {
        lock (_shown)
        {
            return [.. _shown];
        }
    }

    private int Told() =>
        Titles()
            .Sum(t =>
                t.Contains("more", StringComparison.Ordinal)
                    ? int.Parse(t.Split(' ')[0], CultureInfo.InvariantCulture)
                    : 1
            );

    /// <summary>Lets time pass in steps: the pause that is to end may begin a moment after what was seen before it.</summary>
    private Task PassUntilShownAsync(int count) =>
        Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Titles().Length == count;
            },
            () => $"shown: {string.Join(", ", Titles())}",
            Cancellation
        );

    private Task ShownAsync(int count) =>
        Eventually.TrueAsync(
            () => Titles().Length == count,
            () => $"shown: {string.Join(", ", Titles())}",
            Cancellation
        );
}
