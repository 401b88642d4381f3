using Notify.Retry;

namespace Notify.Bot.Delivery;

/// <summary>The jobs of one user or chat, in their order.</summary>
internal sealed class UserQueue(object key)
{
    public object Key => key;

    public Queue<DeliveryJob> Jobs { get; } = new();

    public long WaitsUntil { get; set; }

    /// <summary>The pauses after outages of its first job; null after any other result.</summary>
    public Backoff? Backoff { get; set; }
}
