using System.Globalization;
using System.Threading.Channels;

namespace Notify.Desktop;

/// <summary>
/// The queue between gateway and desktop. A hanging notification service does not keep the program from answering
/// the gateway. Of a burst it shows the first ones and the number of others.
/// </summary>
/// <param name="show">Shows one.</param>
/// <param name="time">The clock.</param>
internal sealed class DesktopFeed(Func<ShownNotification, CancellationToken, Task> show, TimeProvider time)
{
    /// <summary>Most waiting notifications; more are only counted.</summary>
    private const int MaxWaiting = 1_000;

    private readonly BurstGate _gate = new(time);
    private readonly Channel<ShownNotification> _waiting = Channel.CreateBounded<ShownNotification>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true }
    );
    private int _unshown;

    /// <summary>Queues one without waiting.</summary>
    internal void Take(ShownNotification notification)
    {
        if (!_waiting.Writer.TryWrite(notification))
        {
            Interlocked.Increment(ref _unshown);
        }
    }

    /// <summary>Shows notifications until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var next = await _waiting.Reader.ReadAsync(cancellation);
            if (_gate.TryPass())
            {
                await show(next, cancellation);
                continue;
            }

            Interlocked.Increment(ref _unshown);
            await Task.Delay(_gate.UntilFree, time, cancellation);
            await ShowMoreAsync(cancellation);
        }
    }

    private async Task ShowMoreAsync(CancellationToken cancellation)
    {
        while (_waiting.Reader.TryRead(out _))
        {
            Interlocked.Increment(ref _unshown);
        }

        var more = Interlocked.Exchange(ref _unshown, 0);
        _gate.TryPass();
        await show(More(more), cancellation);
    }

    private ShownNotification More(int count) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{count} more {(count == 1 ? "notification" : "notifications")}"
            ),
            "Too many to show at once. The dashboard has all of them.",
            time.GetUtcNow()
        );
}
