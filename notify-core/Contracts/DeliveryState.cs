using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>Where a notification stands. The numbers are stored in the outbox.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DeliveryState>))]
public enum DeliveryState
{
    /// <summary>Accepted, and Telegram has not taken all of it.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued = 0,

    /// <summary>Telegram has taken all parts.</summary>
    [JsonStringEnumMemberName("delivered")]
    Delivered = 1,

    /// <summary>It will never be delivered. The reason says why.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 2,

    /// <summary>It went out twice without an answer. It may have arrived.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown = 3,

    /// <summary>Its user has muted it. It stays in the history only.</summary>
    [JsonStringEnumMemberName("muted")]
    Muted = 4,

    /// <summary>It waits for the end of its user's quiet hours.</summary>
    [JsonStringEnumMemberName("held")]
    Held = 5,
}

/// <summary>The words of <see cref="DeliveryState"/>.</summary>
public static class DeliveryStates
{
    private static readonly WireWords<DeliveryState> Words = new();

    /// <summary>The word on the wire, such as <c>queued</c>.</summary>
    public static string Word(this DeliveryState state) => Words[state];
}
