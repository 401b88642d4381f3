using Notify.Bot.Polling;

namespace Notify.Bot.Delivery;

/// <summary>The jobs of one user or chat, in the order in which they came.</summary>
internal sealed class UserQueue(object key)
{
    public object Key => key;

    public Queue<DeliveryJob> Jobs { get; } = new();

    public long WaitsUntil { get; set; }

    /// <summary>The growing pauses of a queue whose first job fails again and again; null after anything else.</summary>
    public Backoff? Backoff { get; set; }
}
