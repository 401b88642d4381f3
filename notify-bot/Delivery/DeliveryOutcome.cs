using Notify.Bot.Outbox;

namespace Notify.Bot.Delivery;

/// <summary>What a sender is told.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <summary>It was accepted; this is how far it has come while the sender waited.</summary>
    public sealed record Accepted(string Id, DeliveryProgress Progress) : DeliveryOutcome;

    /// <summary>There is nothing a reader would see.</summary>
    public sealed record NothingToSay : DeliveryOutcome;

    /// <summary>The chat takes nothing until its person does something; it was known before, so nothing was accepted.</summary>
    public sealed record LinkDead(string Reason) : DeliveryOutcome;

    /// <summary>Too many of this user's notifications wait already.</summary>
    public sealed record TooManyWaiting(int Waiting) : DeliveryOutcome;
}
