using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>The state of the Telegram card.</summary>
internal enum TelegramCardState
{
    /// <summary>There is no bot to link to.</summary>
    NotSetUp,

    /// <summary>Not linked, and the bot can't answer a phone.</summary>
    BotDown,

    /// <summary>The stored links can't be read.</summary>
    Unreadable,

    /// <summary>Not linked.</summary>
    Unlinked,

    /// <summary>Linked.</summary>
    Linked,

    /// <summary>Linked to a chat that takes nothing any more.</summary>
    Dead,
}

/// <summary>The link between the user and a phone.</summary>
internal sealed record TelegramCard
{
    public required TelegramCardState State { get; init; }

    /// <summary>The bot's name without <c>@</c>; null if unknown.</summary>
    public string? BotUsername { get; init; }

    public DateTimeOffset? LinkedAt { get; init; }

    /// <summary>The time zone of the times in the chat; null for the server's.</summary>
    public TimeZoneName? TimeZone { get; init; }

    /// <summary>A team's group, linked by an admin.</summary>
    public bool IsGroup { get; init; }

    public DeadLinkReason? DeadReason { get; init; }

    public DateTimeOffset? DeadSince { get; init; }

    /// <summary>Whether a link that works takes one line only.</summary>
    public bool IsBrief { get; init; }

    /// <summary>What is wrong, or what the state means; null if all is fine.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The address of the bot's chat; null if its name is unknown.</summary>
    public string? BotAddress => BotUsername is null ? null : $"https://t.me/{BotUsername}";

    /// <summary>The bot's name for people.</summary>
    public string BotName => BotUsername is null ? "the bot" : "@" + BotUsername;

    /// <summary>Whether a new link is the way out of a dead one; a blocked bot only has to be unblocked.</summary>
    public bool OffersLinking =>
        State == TelegramCardState.Unlinked
        || (State == TelegramCardState.Dead && DeadReason is not (DeadLinkReason.Blocked or DeadLinkReason.Kicked));

    /// <summary>What a screen reader says when the card changes.</summary>
    public string Announcement =>
        State switch
        {
            TelegramCardState.Linked => "Your phone is linked.",
            TelegramCardState.Unlinked => "No phone is linked.",
            TelegramCardState.Dead => "Your phone gets no notifications.",
            TelegramCardState.BotDown => "The bot does not answer.",
            TelegramCardState.Unreadable => "Your link can't be read.",
            _ => "Telegram is not set up.",
        };
}

/// <summary>A one-tap link that was just made.</summary>
/// <param name="Url">What the phone opens.</param>
/// <param name="ExpiresAt">From then on it is void.</param>
internal sealed record OneTapLink(string Url, DateTimeOffset ExpiresAt)
{
    public QrCode Code { get; } = QrCode.Of(Url);
}
