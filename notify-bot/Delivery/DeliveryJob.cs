using Notify.Bot.Telegram;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>The result of an attempt, and what it says about Telegram.</summary>
public abstract record AttemptResult
{
    private AttemptResult() { }

    /// <summary>Whether the job has ended, so its queue goes on with the next one.</summary>
    public bool EndsJob => this is Answered or Ended or ChatHeld { GivesUp: true } or Outage { GivesUp: true };

    /// <summary>Telegram answered, and the job has ended: delivered or refused.</summary>
    public sealed record Answered : AttemptResult;

    /// <summary>The job has ended without a call, so it says nothing about Telegram.</summary>
    public sealed record Ended : AttemptResult;

    /// <summary>Telegram answered. The job sends more in its queue's next turn.</summary>
    public sealed record More : AttemptResult;

    /// <summary>Its queue waits.</summary>
    public sealed record Wait(TimeSpan Pause) : AttemptResult;

    /// <summary>Telegram makes this chat wait. The job waits too, or has given up.</summary>
    public sealed record ChatHeld(TimeSpan Pause, bool GivesUp = false) : AttemptResult;

    /// <summary>Telegram fails, can't be reached, or refuses the token. The job waits, or has given up.</summary>
    public sealed record Outage(BotApiFailure Failure, bool GivesUp = false) : AttemptResult;
}

/// <summary>One or several messages to a chat.</summary>
public abstract class DeliveryJob
{
    /// <summary>Names the queue. A queue does its jobs one after the other, in their order.</summary>
    public abstract object QueueKey { get; }

    /// <summary>Whether all other queues go first: true for answers to unlinked chats and for digests.</summary>
    public virtual bool CanStandBack => false;

    /// <summary>How many messages the next attempt counts for Telegram's rates: an album as many as it has photos.</summary>
    public virtual int Cost => 1;

    /// <summary>The time that is left. After it, the next attempt sends nothing and ends the job, whatever holds its queue up.</summary>
    public abstract TimeSpan Left { get; }

    /// <summary>An operator drops it: it sends nothing more and ends in its queue's next turn. Called by the worker's loop. Answers to a chat are not dropped.</summary>
    /// <returns>What it delivers; null if it is nothing that can be dropped.</returns>
    public virtual PendingNotification? Drop() => null;

    /// <summary>The chat at this moment; null if there is none any more. The job handles that itself.</summary>
    /// <exception cref="StateUnreadableException">The links can't be read now.</exception>
    public abstract ChatId? Chat();

    /// <summary>Sends the next message. The chat is null if there is none, or if the time is over.</summary>
    public abstract Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping);
}
