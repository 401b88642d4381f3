using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;

namespace Notify.Bot.Delivery;

/// <summary>An accepted notification that has not ended, as its sender and its delivery share it. Thread-safe.</summary>
public sealed class PendingNotification
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Task<int?>> _desktops = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private volatile DeliveryProgress _progress = new(DeliveryState.Queued);

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Its user.</summary>
    public required UserName User { get; init; }

    /// <summary>The time of acceptance.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its size in bytes for the limit of waiting notifications.</summary>
    public required long Size { get; init; }

    /// <summary>Whether a phone was linked at acceptance. Without one, only desktops get it.</summary>
    public bool HasPhone { get; init; } = true;

    /// <summary>The number of its charts.</summary>
    public int Images { get; init; }

    /// <summary>Whether it is a digest, which stands back behind notifications.</summary>
    public bool IsDigest { get; init; }

    /// <summary>Its messages; null if it was accepted before the bot started, and for what comes out of quiet hours. Delivery renders those.</summary>
    public IReadOnlyList<OutgoingMessage>? Messages { get; init; }

    /// <summary>The progress of its delivery.</summary>
    public DeliveryProgress Progress
    {
        get => _progress;
        set => _progress = value;
    }

    /// <summary>The number of desktops and pages that got it; null if unknown.</summary>
    public Task<int?> Desktops => _desktops.Task.Unwrap();

    /// <summary>Waits for its end, at most <paramref name="wait"/>, and returns the progress.</summary>
    public async Task<DeliveryProgress> WaitAsync(TimeSpan wait, TimeProvider time, CancellationToken cancellation)
    {
        if (wait != TimeSpan.Zero)
        {
            try
            {
                await _ended.Task.WaitAsync(wait, time, cancellation);
            }
            catch (TimeoutException)
            {
                // The delivery continues.
            }
        }

        return _progress;
    }

    /// <summary>The gateway was asked to pass it on.</summary>
    /// <param name="desktops">The number of desktops and pages that got it.</param>
    public void OfferedTo(Task<int?> desktops) => _desktops.TrySetResult(desktops);

    /// <summary>Ends the waits. <see cref="Progress"/> has the end.</summary>
    public void End() => _ended.TrySetResult();
}
