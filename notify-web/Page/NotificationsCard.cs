using System.Globalization;
using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>A notification as the page shows it.</summary>
internal sealed record NotificationView
{
    public required string Id { get; init; }

    public string? Script { get; init; }

    public string? Title { get; init; }

    public required MessageHtml Message { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DeliveryState State { get; init; }

    /// <summary>Why it is queued or failed, in Telegram's words; for a delivered one, that it reached no phone.</summary>
    public string? Reason { get; init; }

    private DeadLinkReason Dead => DeadLinkReasons.Read(Reason);

    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>Its charts.</summary>
    public IReadOnlyList<string> ImageIds { get; init; } = [];

    /// <summary>Its files.</summary>
    public IReadOnlyList<FileView> Files { get; init; } = [];

    /// <summary>Its table, in lines for a monospace font.</summary>
    public string? Table { get; init; }

    /// <summary>A short name, for a picture's text and for screen readers.</summary>
    public string Name => Title ?? Script ?? "Notification";

    /// <summary>The kind of the dot before the words.</summary>
    public string StateKind =>
        State switch
        {
            DeliveryState.Delivered => "good",
            DeliveryState.Queued or DeliveryState.Held => "waiting",
            DeliveryState.Muted => "muted",
            _ => "bad",
        };

    /// <summary>Whether its owner may send it again.</summary>
    public bool CanSendAgain => State is DeliveryState.Failed or DeliveryState.Unknown;

    /// <summary>The id of the failed one that this one repeats; null for none.</summary>
    public string? AgainOf { get; init; }

    /// <summary>The state in words; the reason follows.</summary>
    public string StateWords => WordsOf(State);

    /// <summary>A state in words.</summary>
    public static string WordsOf(DeliveryState state) =>
        state switch
        {
            DeliveryState.Queued => "Queued",
            DeliveryState.Delivered => "Delivered",
            DeliveryState.Failed => "Failed",
            DeliveryState.Unknown => "May have arrived",
            DeliveryState.Muted => "Muted",
            DeliveryState.Held => "Held",
            _ => state.ToString(),
        };

    /// <summary>What the owner can do or should know, if the state alone does not say it.</summary>
    public string? Advice =>
        State switch
        {
            DeliveryState.Queued when Reason is not null =>
                "There is nothing to do. The bot delivers it when Telegram takes it.",
            DeliveryState.Failed when Dead is DeadLinkReason.Blocked =>
                "You have blocked the bot. The page Settings says how to fix it. Then send it again.",
            DeliveryState.Failed when Dead is DeadLinkReason.ChatNotFound or DeadLinkReason.Deactivated =>
                "Telegram no longer has this chat. Link your phone again, then send it again.",
            DeliveryState.Unknown =>
                "It went out, but Telegram did not answer. Look at your phone before you send it again.",
            _ => null,
        };

    /// <summary>The reason, unless it only repeats the state.</summary>
    public string? ShownReason =>
        State is DeliveryState.Muted or DeliveryState.Held || Reason is null ? null : ReasonWords(Reason);

    /// <summary>A reason for people.</summary>
    public static string ReasonWords(string reason) =>
        DeadLinkReasons.Read(reason) switch
        {
            DeadLinkReason.Blocked => "the bot is blocked",
            DeadLinkReason.Deactivated => "the Telegram account was deleted",
            _ => reason,
        };
}

/// <summary>A file of a notification as the page shows it.</summary>
/// <param name="Id">For its download.</param>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record FileView(string Id, string Name, long Bytes)
{
    /// <summary>The size for people, such as <c>1.2 MB</c>.</summary>
    public string Size =>
        Bytes switch
        {
            < 1000 => string.Create(CultureInfo.InvariantCulture, $"{Bytes} B"),
            < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{Bytes / 1000.0:0.#} kB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Bytes / 1_000_000.0:0.#} MB"),
        };
}

/// <summary>The notifications of a day.</summary>
/// <param name="Day">The day, in the reader's zone.</param>
/// <param name="Notifications">The newest first.</param>
internal sealed record NotificationDay(DateOnly Day, IReadOnlyList<NotificationView> Notifications)
{
    /// <summary>The day for people, such as <c>Tuesday, 24 November</c>.</summary>
    public string Words(DateOnly today) =>
        (today.DayNumber - Day.DayNumber) switch
        {
            0 => "Today",
            1 => "Yesterday",
            _ => Day.ToString(
                Day.Year == today.Year ? "dddd, d MMMM" : "dddd, d MMMM yyyy",
                CultureInfo.InvariantCulture
            ),
        };
}

/// <summary>A page of the history.</summary>
internal sealed record NotificationsCard
{
    /// <summary>Notifications on a page.</summary>
    public const int PageSize = 50;

    /// <summary>What is wrong and what to do. The card shows no notifications then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>Which ones.</summary>
    public required NotificationsFilter Filter { get; init; }

    /// <summary>The newest day first.</summary>
    public IReadOnlyList<NotificationDay> Days { get; init; } = [];

    /// <summary>Names of scripts for the filter, without <c>.py</c>.</summary>
    public IReadOnlyList<string> Scripts { get; init; } = [];

    /// <summary>How many there are in 30 days, without the filter; null if unknown.</summary>
    public int? Total { get; init; }

    /// <summary>The page after this one; null if this is the last.</summary>
    public NotificationsFilter? Older { get; init; }

    /// <summary>Today, in the reader's zone.</summary>
    public required DateOnly Today { get; init; }

    /// <summary>The zone of the days.</summary>
    public required ReaderZone Zone { get; init; }
}

/// <summary>The newest notifications and the plot of 30 days.</summary>
internal sealed record LatestCard
{
    /// <summary>How many are shown.</summary>
    public const int Most = 8;

    /// <summary>What is wrong and what to do. The card shows nothing else then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<NotificationView> Shown { get; init; } = [];

    /// <summary>The days; null if the bot did not answer.</summary>
    public DayPlot? Plot { get; init; }

    /// <summary>The zone of the plot's days.</summary>
    public required ReaderZone Zone { get; init; }
}
