using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>Why a chat takes no messages any more. <c>telegram_users.json</c> holds the word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeadLinkReason>))]
public enum DeadLinkReason
{
    /// <summary>A word of another version, or of a person who edited the file.</summary>
    [JsonStringEnumMemberName("other")]
    Other,

    /// <summary>The user has blocked the bot.</summary>
    [JsonStringEnumMemberName("blocked")]
    Blocked,

    /// <summary>The bot is no longer in the group.</summary>
    [JsonStringEnumMemberName("kicked")]
    Kicked,

    /// <summary>The user's Telegram account was deleted.</summary>
    [JsonStringEnumMemberName("deactivated")]
    Deactivated,

    /// <summary>Telegram has no such chat, or none any more.</summary>
    [JsonStringEnumMemberName("chat not found")]
    ChatNotFound,

    /// <summary>The user has never started the bot.</summary>
    [JsonStringEnumMemberName("not started")]
    NotStarted,
}

/// <summary>The words of <see cref="DeadLinkReason"/>.</summary>
public static class DeadLinkReasons
{
    private static readonly WireWords<DeadLinkReason> Words = new();

    /// <summary>The word in files and answers, such as <c>chat not found</c>.</summary>
    public static string Word(this DeadLinkReason reason) => Words[reason];

    /// <summary>The reason of a word.</summary>
    public static DeadLinkReason Read(string? word) => Words.Find(word) ?? DeadLinkReason.Other;

    /// <summary>Why the delivery fails that finds this out.</summary>
    public static DeliveryReason ForDelivery(this DeadLinkReason reason) =>
        DeliveryReasons.Find(reason.Word()) ?? DeliveryReason.DeadLink;
}
