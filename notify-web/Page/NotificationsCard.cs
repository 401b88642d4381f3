using System.Globalization;

namespace Notify.Web.Page;

/// <summary>Where a notification stands; the words of the send API (specification, section 7).</summary>
internal enum NotificationState
{
    Queued,
    Delivered,
    Failed,
    Unknown,
    Muted,
}

/// <summary>A notification as the page shows it.</summary>
internal sealed record NotificationView
{
    public required string Id { get; init; }

    public string? Script { get; init; }

    public string? Title { get; init; }

    public required MessageHtml Message { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required NotificationState State { get; init; }

    /// <summary>Why it waits or failed, in Telegram's words; of a delivered one, that it reached no phone.</summary>
    public string? Reason { get; init; }

    public DateTimeOffset? NextTryAt { get; init; }

    public string? ImageId { get; init; }

    /// <summary>What the row is called where only a few words fit: for a picture's text and for what is read aloud.</summary>
    public string Name => Title ?? Script ?? "Notification";

    /// <summary>The state in words; the reason stands after it.</summary>
    public string StateWords =>
        State switch
        {
            NotificationState.Queued => "Waiting for Telegram",
            NotificationState.Delivered => "Delivered",
            NotificationState.Failed => "Not delivered",
            NotificationState.Unknown => "May have arrived",
            NotificationState.Muted => "Held back: muted",
            _ => State.ToString(),
        };

    /// <summary>What the owner can do, or should know, where the state alone doesn't say it.</summary>
    public string? Advice =>
        State switch
        {
            NotificationState.Queued when Reason is not null =>
                "There is nothing to do: it goes out by itself as soon as Telegram takes it.",
            NotificationState.Failed when Reason is "blocked" =>
                "You have blocked the bot. The Telegram card says how to mend that; then run the script again.",
            NotificationState.Failed when Reason is "chat not found" or "deactivated" =>
                "Telegram no longer has this chat. Link your phone again, then run the script again.",
            NotificationState.Unknown =>
                "It went out, and Telegram never answered. Look at your phone before you send it again.",
            _ => null,
        };

    /// <summary>The reason, unless it only repeats the state.</summary>
    public string? ShownReason =>
        State is NotificationState.Muted
            ? null
            : Reason switch
            {
                "blocked" => "the bot is blocked",
                "deactivated" => "the Telegram account was deleted",
                var other => other,
            };
}

/// <summary>The notifications of the last 30 days.</summary>
internal sealed record NotificationsCard
{
    /// <summary>Most that are shown on one page: more than a script that speaks each hour says in the 30 days.</summary>
    public const int Most = 1_000;

    /// <summary>Shown at first; each <em>Show more</em> doubles it.</summary>
    public const int Portion = 20;

    /// <summary>What is wrong, and what to do; then there is nothing else.</summary>
    public Problem? Problem { get; init; }

    /// <summary>What the bot gave, the newest first: those that are shown, and one more where there are more.</summary>
    public IReadOnlyList<NotificationView> All { get; init; } = [];

    /// <summary>How many are to be shown.</summary>
    public int Show { get; init; } = Portion;

    /// <summary>Now.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Whose days the plot shows.</summary>
    public required ReaderZone Zone { get; init; }

    public IEnumerable<NotificationView> Shown => All.Take(Show);

    /// <summary>Whether there are more than are shown.</summary>
    public bool HasMore => All.Count > Show;

    /// <summary>How many to show next; null where it can't be more.</summary>
    public int? ShowNext => Show < Most ? Math.Min(Show * 2, Most) : null;

    /// <summary>The days; there is none where there is trouble.</summary>
    public DayPlot? Plot { get; init; }

    /// <summary>How many to show, as an address asks for it.</summary>
    public static int ShowFrom(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, Portion, Most)
            : Portion;
}
