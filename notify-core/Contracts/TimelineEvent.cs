using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>What happened to a notification.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TimelineEvent>))]
public enum TimelineEvent
{
    /// <summary>The bot has stored it.</summary>
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    /// <summary>It waits for the end of quiet hours.</summary>
    [JsonStringEnumMemberName("held")]
    Held,

    /// <summary>Its user has muted it.</summary>
    [JsonStringEnumMemberName("muted")]
    Muted,

    /// <summary>The bot sent it to Telegram.</summary>
    [JsonStringEnumMemberName("tried")]
    Tried,

    /// <summary>Telegram refused a try.</summary>
    [JsonStringEnumMemberName("refused")]
    Refused,

    /// <summary>The bot waits before the next try.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>Telegram has taken all of it.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered,

    /// <summary>It will never be delivered.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>It went out without an answer.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>Its message was changed.</summary>
    [JsonStringEnumMemberName("edited")]
    Edited,

    /// <summary>An operator removed it from the queue.</summary>
    [JsonStringEnumMemberName("dropped")]
    Dropped,
}
