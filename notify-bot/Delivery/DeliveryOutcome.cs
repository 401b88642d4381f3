using Notify.Bot.Outbox;

namespace Notify.Bot.Delivery;

/// <summary>What a sender is told who waits so long for the delivery of what was accepted.</summary>
/// <param name="wait">How long; the delivery goes on after it.</param>
/// <param name="cancellation">Ends the wait, not the delivery.</param>
public delegate Task<DeliveryOutcome> OutcomeWait(TimeSpan wait, CancellationToken cancellation);

/// <summary>What a sender is told.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome() { }

    /// <summary>It was accepted; this is how far it has come while the sender waited.</summary>
    /// <param name="Id">Its name.</param>
    /// <param name="Progress">How far it has come.</param>
    /// <param name="Desktops">To how many desktops and pages it went at once; null where that is not known, or it went to none before.</param>
    public sealed record Accepted(string Id, DeliveryProgress Progress, int? Desktops = null) : DeliveryOutcome
    {
        /// <summary>Whether it had been accepted before under the same key.</summary>
        public bool IsRepeat { get; init; }
    }

    /// <summary>There is nothing a reader would see.</summary>
    public sealed record NothingToSay : DeliveryOutcome;

    /// <summary>The chat takes nothing until its person does something; it was known before, so nothing was accepted.</summary>
    public sealed record LinkDead(string Reason) : DeliveryOutcome;

    /// <summary>Too many of this user's notifications, or too many bytes of them, wait already.</summary>
    /// <param name="Waiting">How many wait.</param>
    /// <param name="Bytes">How many bytes they count.</param>
    public sealed record TooManyWaiting(int Waiting, long Bytes) : DeliveryOutcome
    {
        /// <summary>Said of them, such as <c>200 notifications of dana</c>.</summary>
        internal string Said(string whose) =>
            Waiting >= WaitingQuota.Most
                ? $"{Waiting} notifications{whose}"
                : $"{Waiting} notifications{whose}, of {Bytes / 1_000_000} MB together (a chart counts a sixteenth),";
    }
}
