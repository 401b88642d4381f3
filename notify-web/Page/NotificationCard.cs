using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>A step of a notification's delivery as the page shows it.</summary>
/// <param name="At">When.</param>
/// <param name="Event">What happened.</param>
/// <param name="Text">More about it; null for nothing.</param>
/// <param name="Until">How long that lasts; null if it does not.</param>
internal sealed record TimelineStep(DateTimeOffset At, TimelineEvent Event, string? Text, DateTimeOffset? Until)
{
    /// <summary>The event in words.</summary>
    public string Words =>
        Event switch
        {
            TimelineEvent.Accepted => "Accepted",
            TimelineEvent.Held => "Held for your quiet hours",
            TimelineEvent.Muted => "Muted: it stays on this page",
            TimelineEvent.Tried => "Sent to Telegram",
            TimelineEvent.Refused => "Telegram refused it",
            TimelineEvent.Waiting => "Waits for the next try",
            TimelineEvent.Delivered => "Delivered",
            TimelineEvent.Failed => "Failed",
            TimelineEvent.Unknown => "Telegram did not answer: it may have arrived",
            TimelineEvent.Edited => "Changed in the chat",
            TimelineEvent.Dropped => "Removed from the queue by an operator",
            _ => Event.ToString(),
        };

    /// <summary>The kind of the dot before the words.</summary>
    public string Kind =>
        Event switch
        {
            TimelineEvent.Delivered => "good",
            TimelineEvent.Held or TimelineEvent.Waiting or TimelineEvent.Refused => "waiting",
            TimelineEvent.Failed or TimelineEvent.Unknown or TimelineEvent.Dropped => "bad",
            TimelineEvent.Muted => "muted",
            _ => "idle",
        };
}

/// <summary>One notification and what became of it.</summary>
internal sealed record NotificationCard
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>What is wrong and what to do. The card shows nothing else then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The notification; null with a problem.</summary>
    public NotificationView? Notification { get; init; }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<TimelineStep> Timeline { get; init; } = [];

    /// <summary>The id of the one that repeats it; null for none.</summary>
    public string? SentAgain { get; init; }

    /// <summary>The zone of the times.</summary>
    public required ReaderZone Zone { get; init; }
}
