using Notify.Linking;
using Notify.Retry;

namespace Notify.Bot.Delivery;

/// <summary>The job of one accepted notification, with what <see cref="NotificationDelivery"/> keeps between two attempts.</summary>
/// <param name="delivery">Makes the attempts.</param>
/// <param name="pending">The notification.</param>
/// <param name="sequence">Its place in the outbox.</param>
/// <param name="account">Its account; null in a row of an earlier version.</param>
/// <param name="time">The clock.</param>
internal sealed class NotificationJob(
    NotificationDelivery delivery,
    PendingNotification pending,
    long sequence,
    AccountId? account,
    TimeProvider time
) : DeliveryJob
{
    /// <summary>Time limit of delivery (docs/send-api.md).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // The age counts on the steady clock, because the machine's clock may be set forward by a day.
    private readonly long _begun = time.GetTimestamp();
    private readonly TimeSpan _ageThen =
        time.GetUtcNow() - pending.CreatedAt is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    private bool _isDropped;

    public PendingNotification Pending => pending;

    public long Sequence => sequence;

    /// <summary>Its account. A notification of a version without ids belongs to the account that has the name at the first attempt.</summary>
    public AccountId? Account { get; set; } = account;

    /// <summary>Null before the first attempt of a notification that was accepted before the bot started.</summary>
    public RenderedNotification? Rendered { get; set; }

    /// <summary>
    /// Whether the photos of the album that is next go one by one: it was refused as a whole, or a photo of it failed and nobody knows which others arrived.
    /// </summary>
    public bool SendsPhotosSingly { get; set; }

    /// <summary>The pauses while the move of its chat can't be stored.</summary>
    public Backoff Backoff => field ??= CircuitBreaker.NewBackoff();

    public override int Cost
    {
        get
        {
            var done = pending.Progress.PartsDone;
            return SendsPhotosSingly ? 1
                : Rendered is { } rendered ? rendered.CostAfter(done)
                : done == 0 ? Math.Max(1, pending.Images)
                : 1;
        }
    }

    /// <summary>A digest has a queue of its own, so no alert of its user waits behind it.</summary>
    public override object QueueKey => pending.IsDigest ? DigestKey(pending.User) : pending.User;

    /// <summary>The keys of a user's queues.</summary>
    public static IEnumerable<object> KeysOf(UserName user) => [user, DigestKey(user)];

    private static object DigestKey(UserName user) => ("digest", user);

    public override bool CanStandBack => pending.IsDigest;

    /// <summary>Whether an operator dropped it. An attempt that is under way still counts.</summary>
    public bool IsDropped => Volatile.Read(ref _isDropped);

    /// <summary>None once it is dropped, so neither rates nor an outage keep it from ending.</summary>
    public override TimeSpan Left => IsDropped ? TimeSpan.Zero : Lifetime - _ageThen - time.GetElapsedTime(_begun);

    public override PendingNotification Drop()
    {
        Volatile.Write(ref _isDropped, true);
        return pending;
    }

    public override ChatId? Chat() => delivery.ChatOf(this);

    public override Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping) =>
        delivery.TryAsync(this, chat, stopping);
}
