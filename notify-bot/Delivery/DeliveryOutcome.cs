namespace Notify.Bot.Delivery;

/// <summary>How a delivery ended, as far as the sender has to know.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <summary>Telegram has taken all parts.</summary>
    public sealed record Delivered : DeliveryOutcome;

    /// <summary>There is nothing a reader would see.</summary>
    public sealed record NothingToSay : DeliveryOutcome;

    /// <summary>The chat takes nothing until its person does something.</summary>
    public sealed record ChatGone(string Reason) : DeliveryOutcome;

    /// <summary>Telegram will never take this message.</summary>
    public sealed record Refused(string Description) : DeliveryOutcome;

    /// <summary>Not taken, or not known to be; the sender tries again later.</summary>
    public sealed record NotNow(string Sentence, TimeSpan RetryAfter) : DeliveryOutcome;
}
