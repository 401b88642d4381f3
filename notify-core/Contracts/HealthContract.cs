using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>How a program is, in a word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthState>))]
public enum HealthState
{
    /// <summary>All is well.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>It serves, and something is wrong.</summary>
    [JsonStringEnumMemberName("degraded")]
    Degraded,

    /// <summary>It can accept nothing.</summary>
    [JsonStringEnumMemberName("down")]
    Down,
}

/// <summary>What is wrong with the bot's outbox.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OutboxState>))]
public enum OutboxState
{
    /// <summary>The disk is full, read-only or broken.</summary>
    [JsonStringEnumMemberName("not writable")]
    NotWritable,

    /// <summary>Another program holds a lock on the file.</summary>
    [JsonStringEnumMemberName("locked")]
    Locked,

    /// <summary>The disk or the server is too busy to store anything in time.</summary>
    [JsonStringEnumMemberName("not answering")]
    NotAnswering,

    /// <summary>It stores, and its write-ahead log grows, since another program reads it.</summary>
    [JsonStringEnumMemberName("log too large")]
    LogTooLarge,
}

/// <summary><c>GET /health</c> of the bot.</summary>
/// <param name="Status">In a word.</param>
/// <param name="Version">The bot's version.</param>
/// <param name="BotUsername">Its name at Telegram, without <c>@</c>; null while it has never reached Telegram.</param>
/// <param name="Telegram">How it stands with Telegram.</param>
/// <param name="Queue">What waits for delivery.</param>
/// <param name="Outbox">What is wrong with its outbox; null if nothing is.</param>
/// <param name="Unreadable">Shared files that it can't read.</param>
public sealed record BotHealth(
    HealthState? Status,
    string? Version,
    string? BotUsername,
    TelegramHealth? Telegram,
    QueueHealth? Queue,
    OutboxHealth? Outbox,
    IReadOnlyList<UnreadableEntry>? Unreadable
);

/// <summary>How the bot stands with Telegram.</summary>
/// <param name="State">In a word.</param>
/// <param name="LastGoodPoll">When Telegram last answered.</param>
/// <param name="Reason">Why it is not ok, in a sentence.</param>
public sealed record TelegramHealth(TelegramState State, DateTimeOffset? LastGoodPoll, string? Reason);

/// <summary>What waits for delivery, of all users.</summary>
/// <param name="Length">How many notifications.</param>
/// <param name="OldestSeconds">The age of the oldest, in seconds.</param>
public sealed record QueueHealth(int Length, double OldestSeconds);

/// <summary>What is wrong with the file in which the bot stores what it accepts.</summary>
/// <param name="State">In a word.</param>
/// <param name="Reason">Why, for the admin.</param>
/// <param name="LogBytes">Size of the write-ahead log.</param>
public sealed record OutboxHealth(OutboxState State, string Reason, long LogBytes);

/// <summary>A shared file, or an entry of one, that can't be read.</summary>
/// <param name="File">Its name without folder.</param>
/// <param name="Position">Where in it, or what is wrong with the whole.</param>
/// <param name="Problem">What is wrong there.</param>
/// <param name="Entry">The entry's name; null for the whole file.</param>
public sealed record UnreadableEntry(string File, string Position, string? Problem, string? Entry);

/// <summary><c>GET /link</c> of the bot.</summary>
/// <param name="Linked">Whether the user has a phone linked.</param>
/// <param name="LinkedAt">Since when.</param>
public sealed record LinkAnswer(bool? Linked, DateTimeOffset? LinkedAt = null);

/// <summary>JSON of how the bot and a user's link are.</summary>
[JsonSerializable(typeof(BotHealth))]
[JsonSerializable(typeof(LinkAnswer))]
public sealed partial class HealthContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static HealthContract Json { get; } = new(WireJson.NewOptions());
}

/// <summary>The words of <see cref="HealthState"/>.</summary>
public static class HealthStates
{
    private static readonly WireWords<HealthState> Words = new();

    /// <summary>The word in <c>/health</c>, such as <c>degraded</c>.</summary>
    public static string Word(this HealthState state) => Words[state];
}
