using Notify.Bot.Outbox;
using Notify.Contracts;

namespace Notify.Bot.Delivery;

/// <summary>The answer to a sender.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome() { }

    /// <summary>The bot accepted the notification.</summary>
    /// <param name="Id">The notification's id.</param>
    /// <param name="Progress">The progress of its delivery while the sender waited.</param>
    /// <param name="Desktops">The number of desktops and pages that got it; null if unknown.</param>
    public sealed record Accepted(string Id, DeliveryProgress Progress, int? Desktops = null) : DeliveryOutcome
    {
        /// <summary>Whether the bot accepted it before, under the same key.</summary>
        public bool IsRepeat { get; init; }

        /// <summary>The incident after the post; null for none.</summary>
        public IncidentAnswer? Incident { get; init; }
    }

    /// <summary>The user has the maximum number of open incidents. Nothing was accepted.</summary>
    public sealed record TooManyIncidents : DeliveryOutcome
    {
        /// <summary>The maximum.</summary>
        public static int Max => IncidentCommands.MaxOpen;
    }

    /// <summary>A reader would see nothing. Nothing was accepted.</summary>
    public sealed record NothingToSay : DeliveryOutcome;

    /// <summary>The link is dead until its person acts. Nothing was accepted.</summary>
    public sealed record LinkDead(DeadLinkReason Reason) : DeliveryOutcome;

    /// <summary>Too many notifications or bytes of this user wait. Nothing was accepted.</summary>
    /// <param name="Waiting">The number of waiting notifications.</param>
    /// <param name="Bytes">Their size in bytes.</param>
    public sealed record TooManyWaiting(int Waiting, long Bytes) : DeliveryOutcome
    {
        /// <summary>The end of the quiet hours that hold them; null if they wait for Telegram.</summary>
        public DateTimeOffset? HeldUntil { get; init; }

        /// <summary>The same as part of a sentence, such as <c>200 notifications of dana</c>.</summary>
        internal string Said(string whose) =>
            Waiting >= (HeldUntil is null ? PendingNotifications.MaxOfUser : AcceptPipeline.MaxHeldOfUser)
                ? $"{Waiting} notifications{whose}"
                : $"{Waiting} notifications{whose}, of {Bytes / 1_000_000} MB together (a chart counts a sixteenth),";
    }
}
