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

    /// <summary>The state in words; the reason follows.</summary>
    public string StateWords =>
        State switch
        {
            DeliveryState.Queued => "Queued",
            DeliveryState.Delivered => "Delivered",
            DeliveryState.Failed => "Failed",
            DeliveryState.Unknown => "May have arrived",
            DeliveryState.Muted => "Muted",
            DeliveryState.Held => "Held",
            _ => State.ToString(),
        };

    /// <summary>What the owner can do or should know, if the state alone does not say it.</summary>
    public string? Advice =>
        State switch
        {
            DeliveryState.Queued when Reason is not null =>
                "There is nothing to do. The bot delivers it when Telegram takes it.",
            DeliveryState.Failed when Dead is DeadLinkReason.Blocked =>
                "You have blocked the bot. The Telegram card says how to fix it. Then run the script again.",
            DeliveryState.Failed when Dead is DeadLinkReason.ChatNotFound or DeadLinkReason.Deactivated =>
                "Telegram no longer has this chat. Link your phone again, then run the script again.",
            DeliveryState.Unknown =>
                "It went out, but Telegram did not answer. Look at your phone before you send it again.",
            _ => null,
        };

    /// <summary>The reason, unless it only repeats the state.</summary>
    public string? ShownReason =>
        State is DeliveryState.Muted or DeliveryState.Held
            ? null
            : Dead switch
            {
                DeadLinkReason.Blocked => "the bot is blocked",
                DeadLinkReason.Deactivated => "the Telegram account was deleted",
                _ => Reason,
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

/// <summary>The notifications of the last 30 days.</summary>
internal sealed record NotificationsCard
{
    /// <summary>Most notifications on one page: more than an hourly script sends in 30 days.</summary>
    public const int Most = 1_000;

    /// <summary>Notifications at first; each <em>Show more</em> doubles them.</summary>
    public const int Portion = 20;

    /// <summary>What is wrong and what to do. The card shows nothing else then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The bot's answer, newest first: the shown ones, and one more if there are more.</summary>
    public IReadOnlyList<NotificationView> All { get; init; } = [];

    /// <summary>How many to show.</summary>
    public int Show { get; init; } = Portion;

    /// <summary>Now.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The zone of the plot's days.</summary>
    public required ReaderZone Zone { get; init; }

    public IEnumerable<NotificationView> Shown => All.Take(Show);

    /// <summary>Whether there are more than are shown.</summary>
    public bool HasMore => All.Count > Show;

    /// <summary>How many to show next; null at the limit.</summary>
    public int? ShowNext => Show < Most ? Math.Min(Show * 2, Most) : null;

    /// <summary>The days; null if the bot did not answer.</summary>
    public DayPlot? Plot { get; init; }

    /// <summary>How many to show, from the address.</summary>
    public static int ShowFrom(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, Portion, Most)
            : Portion;
}
