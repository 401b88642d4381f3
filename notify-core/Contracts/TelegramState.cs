using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>How the bot stands with Telegram.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TelegramState>))]
public enum TelegramState
{
    /// <summary>No answer yet, or none any more.</summary>
    [JsonStringEnumMemberName("unreachable")]
    Unreachable,

    /// <summary>The last poll was good.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Telegram does not know the token.</summary>
    [JsonStringEnumMemberName("token refused")]
    TokenRefused,

    /// <summary>Another process polls with the same token.</summary>
    [JsonStringEnumMemberName("polled elsewhere")]
    PolledElsewhere,
}

/// <summary>The words of <see cref="TelegramState"/>.</summary>
public static class TelegramStates
{
    private static readonly WireWords<TelegramState> Words = new();

    /// <summary>The word in <c>/health</c>, such as <c>token refused</c>.</summary>
    public static string Word(this TelegramState state) => Words[state];
}
