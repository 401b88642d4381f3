using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>Why a notification failed, waits, is muted or held, or reached a desktop only. A text beside it says more. Numbers and words may be stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeliveryReason>))]
public enum DeliveryReason
{
    /// <summary>There is none, or an earlier version stored a text alone.</summary>
    [JsonStringEnumMemberName("none")]
    None = 0,

    /// <summary>Muted: its user has muted the script or everything.</summary>
    [JsonStringEnumMemberName("muted")]
    Muted = 1,

    /// <summary>Delivered to a desktop: no phone is linked.</summary>
    [JsonStringEnumMemberName("desktop only")]
    DesktopOnly = 2,

    /// <summary>Held: its user has quiet hours.</summary>
    [JsonStringEnumMemberName("quiet hours")]
    QuietHours = 3,

    // It waits, or waited when its time was over.

    /// <summary>Waits: Telegram makes the chat wait (429).</summary>
    [JsonStringEnumMemberName("rate limited")]
    RateLimited = 10,

    /// <summary>Waits: Telegram can't be reached. The text says why.</summary>
    [JsonStringEnumMemberName("unreachable")]
    TelegramUnreachable = 11,

    /// <summary>Waits: Telegram does not know the bot's token.</summary>
    [JsonStringEnumMemberName("token refused")]
    TokenRefused = 12,

    /// <summary>Waits: another process polls with the same token, or a webhook is set.</summary>
    [JsonStringEnumMemberName("polled elsewhere")]
    PolledElsewhere = 13,

    /// <summary>Waits: the group became a supergroup, and its new chat is tried next.</summary>
    [JsonStringEnumMemberName("chat moved")]
    ChatMoved = 14,

    /// <summary>Waits: the user's account does not exist at the moment.</summary>
    [JsonStringEnumMemberName("account gone")]
    AccountGone = 15,

    /// <summary>Waits: the user is not in a group that gives access.</summary>
    [JsonStringEnumMemberName("group left")]
    GroupLeft = 16,

    // It failed.

    /// <summary>Failed: not delivered within 24 hours.</summary>
    [JsonStringEnumMemberName("expired")]
    Expired = 30,

    /// <summary>Failed: Telegram refuses this message. The text is Telegram's.</summary>
    [JsonStringEnumMemberName("refused")]
    Refused = 31,

    /// <summary>Failed: the link was dead already. The text is the word of its <see cref="DeadLinkReason"/>.</summary>
    [JsonStringEnumMemberName("dead link")]
    DeadLink = 32,

    /// <summary>Failed: no chat is linked any more, or the user name belongs to another account now.</summary>
    [JsonStringEnumMemberName("no link")]
    NoLink = 33,

    /// <summary>Failed: its row is gone from the outbox.</summary>
    [JsonStringEnumMemberName("forgotten")]
    Forgotten = 34,

    /// <summary>Failed: it has no visible character.</summary>
    [JsonStringEnumMemberName("nothing to show")]
    NothingToShow = 35,

    /// <summary>Failed: no phone is linked, and no desktop was connected any more.</summary>
    [JsonStringEnumMemberName("unreached")]
    Unreached = 36,

    /// <summary>Unknown: the answer was lost twice.</summary>
    [JsonStringEnumMemberName("unknown")]
    OutcomeUnknown = 37,

    /// <summary>Failed: an operator dropped it while it waited.</summary>
    [JsonStringEnumMemberName("dropped")]
    Dropped = 38,

    // It failed, and the link is dead from then on.

    /// <summary>Failed: <see cref="DeadLinkReason.Blocked"/>.</summary>
    [JsonStringEnumMemberName("blocked")]
    Blocked = 50,

    /// <summary>Failed: <see cref="DeadLinkReason.Kicked"/>.</summary>
    [JsonStringEnumMemberName("kicked")]
    Kicked = 51,

    /// <summary>Failed: <see cref="DeadLinkReason.Deactivated"/>.</summary>
    [JsonStringEnumMemberName("deactivated")]
    Deactivated = 52,

    /// <summary>Failed: <see cref="DeadLinkReason.ChatNotFound"/>.</summary>
    [JsonStringEnumMemberName("chat not found")]
    ChatNotFound = 53,

    /// <summary>Failed: <see cref="DeadLinkReason.NotStarted"/>.</summary>
    [JsonStringEnumMemberName("not started")]
    NotStarted = 54,
}

/// <summary>The words of <see cref="DeliveryReason"/>.</summary>
public static class DeliveryReasons
{
    private static readonly WireWords<DeliveryReason> Words = new();

    /// <summary>The word in metrics and in the outbox, such as <c>dead link</c>.</summary>
    public static string Word(this DeliveryReason reason) => Words[reason];

    /// <summary>The reason of a word; null for a word of another version.</summary>
    public static DeliveryReason? Find(string? word) => Words.Find(word);

    /// <summary>Whether the chat takes nothing any more, as opposed to this one message.</summary>
    public static bool IsChatUnreachable(this DeliveryReason reason) =>
        reason is DeliveryReason.DeadLink or >= DeliveryReason.Blocked and <= DeliveryReason.NotStarted;
}
