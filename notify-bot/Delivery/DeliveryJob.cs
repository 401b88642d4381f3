using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>What has to happen after a try.</summary>
internal abstract record AttemptResult
{
    private AttemptResult() { }

    /// <summary>The job is done, for good or bad.</summary>
    internal sealed record Done : AttemptResult;

    /// <summary>The job has more to send, in its queue's next turn.</summary>
    internal sealed record More : AttemptResult;

    /// <summary>Its queue waits.</summary>
    internal sealed record Wait(TimeSpan Pause) : AttemptResult;

    /// <summary>Telegram makes this chat wait. The job waits with it, or has given up.</summary>
    internal sealed record ChatHeld(TimeSpan Pause, bool GivesUp = false) : AttemptResult;

    /// <summary>Telegram can't be reached, fails, or refuses the token: nobody's turn until it is asked whether it answers at all.</summary>
    internal sealed record Outage(BotApiFailure Failure) : AttemptResult;
}

/// <summary>Something to be sent to a chat, in one message or several.</summary>
internal abstract class DeliveryJob
{
    /// <summary>Jobs of one queue are done one after the other, in the order in which they came.</summary>
    public abstract object QueueKey { get; }

    /// <summary>Answers to chats that are not linked: their turn comes when nobody else's does.</summary>
    public virtual bool CanStandBack => false;

    /// <summary>How long it may still be tried. Once that is over, its next try sends nothing and ends it, whatever else holds its queue up.</summary>
    public abstract TimeSpan Left { get; }

    /// <summary>Where to, at this moment; null where there is no such chat any more, which the job itself deals with.</summary>
    /// <exception cref="StateUnreadableException">It can't be told now.</exception>
    public abstract ChatId? Chat();

    /// <summary>Sends the next message. The chat is null where there is none, or where the time is over.</summary>
    public abstract Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping);
}
