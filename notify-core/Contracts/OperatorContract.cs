using System.Text.Json.Serialization;

namespace Notify.Contracts;

// What operators ask of the bot under /operator (docs/send-api.md). No answer holds a title, a text, a chart or a file of anybody.

/// <summary>The query of the calls under <c>/operator</c>, and its words.</summary>
public static class OperatorQuery
{
    /// <summary>The operator for whom a service asks, such as the dashboard.</summary>
    public const string Operator = "operator";

    /// <summary>A part of a user's name.</summary>
    public const string Search = "q";

    /// <summary>Keeps one kind of users.</summary>
    public const string Only = "only";

    /// <summary>Users without a link that counts.</summary>
    public const string Unlinked = "unlinked";

    /// <summary>Users whose chat takes no messages.</summary>
    public const string Dead = "dead";

    /// <summary>Users whose rounds have stopped.</summary>
    public const string Silent = "silent";

    /// <summary>Users with failing scripts.</summary>
    public const string Failing = "failing";
}

/// <summary><c>GET /operator/users</c>.</summary>
/// <param name="Users">By name.</param>
public sealed record OperatorUsersAnswer(IReadOnlyList<OperatorUserAnswer> Users);

/// <summary>How a user is served.</summary>
/// <param name="User">The user.</param>
/// <param name="LinkedAt">Since when a link counts; null without one.</param>
/// <param name="Dead">Why the chat takes no messages; null if it does.</param>
/// <param name="DeadSince">Since when.</param>
/// <param name="LastRound">When the last round began; null if none was reported.</param>
/// <param name="Scripts">The scripts of the last round.</param>
/// <param name="Failing">The failing ones, by file name; at most 50.</param>
/// <param name="Waiting">Notifications that wait for delivery.</param>
/// <param name="Held">Notifications that quiet hours hold.</param>
/// <param name="Failed24h">Notifications of the last 24 hours that failed, or whose outcome is unknown.</param>
/// <param name="Desktops">Desktops and pages that are connected now.</param>
public sealed record OperatorUserAnswer(
    string User,
    DateTimeOffset? LinkedAt,
    DeadLinkReason? Dead,
    DateTimeOffset? DeadSince,
    DateTimeOffset? LastRound,
    int Scripts,
    IReadOnlyList<string> Failing,
    int Waiting,
    int Held,
    [property: JsonPropertyName("failed_24h")] int Failed24h,
    int Desktops
);

/// <summary><c>GET /operator/queue</c>.</summary>
/// <param name="Users">The users with waiting notifications, the oldest first.</param>
public sealed record OperatorQueueAnswer(IReadOnlyList<OperatorQueueUserAnswer> Users);

/// <summary>What waits of a user.</summary>
/// <param name="User">The user.</param>
/// <param name="Waiting">How many notifications.</param>
/// <param name="Oldest">When the oldest was accepted.</param>
/// <param name="NextTryAt">When the bot tries again; null if it does at once, or when Telegram is back.</param>
/// <param name="Reason">Why the oldest waits; a word of <see cref="DeliveryReason"/>; null if nothing failed yet.</param>
public sealed record OperatorQueueUserAnswer(
    string User,
    int Waiting,
    DateTimeOffset Oldest,
    DateTimeOffset? NextTryAt,
    string? Reason
);

/// <summary><c>GET /operator/failed</c>.</summary>
/// <param name="Failures">The newest first.</param>
public sealed record OperatorFailedAnswer(IReadOnlyList<OperatorFailureAnswer> Failures);

/// <summary>A notification that failed, or whose outcome is unknown.</summary>
/// <param name="Id">Its name.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Script">The script's file name; null if no script sent it.</param>
/// <param name="At">When it was accepted.</param>
/// <param name="State"><see cref="DeliveryState.Failed"/> or <see cref="DeliveryState.Unknown"/>.</param>
/// <param name="Reason">Why; a word of <see cref="DeliveryReason"/>.</param>
public sealed record OperatorFailureAnswer(
    string Id,
    string User,
    string? Script,
    DateTimeOffset At,
    DeliveryState State,
    string? Reason
);

/// <summary><c>GET /operator/health</c>.</summary>
/// <param name="Health">As <c>/health</c> says it.</param>
/// <param name="Failed24h">Notifications of the last 24 hours that failed, or whose outcome is unknown.</param>
/// <param name="DiskFreeBytes">Free on the disk of the data folder.</param>
/// <param name="DiskBytes">The size of that disk.</param>
/// <param name="Checks">What <c>doctor</c> checks, as far as the service itself can look.</param>
public sealed record OperatorHealthAnswer(
    BotHealth Health,
    [property: JsonPropertyName("failed_24h")] int Failed24h,
    long DiskFreeBytes,
    long DiskBytes,
    IReadOnlyList<OperatorCheckAnswer> Checks
);

/// <summary>A check of the bot.</summary>
/// <param name="Name">The name of the check, such as <c>folder</c>.</param>
/// <param name="Ok">Whether it is fine.</param>
/// <param name="Problem">What is wrong; null if it is fine.</param>
/// <param name="Advice">The command that fixes it.</param>
public sealed record OperatorCheckAnswer(string Name, bool Ok, string? Problem, string? Advice);

/// <summary><c>GET /operator/audit</c>.</summary>
/// <param name="Acts">The newest first.</param>
public sealed record OperatorAuditAnswer(IReadOnlyList<OperatorActAnswer> Acts);

/// <summary>What an operator did.</summary>
/// <param name="Number">Its place in the audit.</param>
/// <param name="At">When it began.</param>
/// <param name="By">The operator.</param>
/// <param name="Act">A word of <see cref="OperatorAct"/>, or of a later version.</param>
/// <param name="User">Whom it concerns.</param>
/// <param name="Detail">How it ended, in a sentence; null if the bot was killed in the middle.</param>
public sealed record OperatorActAnswer(
    long Number,
    DateTimeOffset At,
    string By,
    string Act,
    string? User,
    string? Detail
);

/// <summary>The answer to an act.</summary>
/// <param name="Said">What was done, in a sentence.</param>
public sealed record OperatorActedAnswer(string Said);

/// <summary><c>GET /forgotten</c>: the users whom operators had the bot forget, for services that keep something of users.</summary>
/// <param name="Users">By time, the newest first. A user who was forgotten twice is listed twice.</param>
public sealed record ForgottenAnswer(IReadOnlyList<ForgottenUserAnswer> Users);

/// <summary>A forgotten user. What a service keeps of the user from before that moment, it erases.</summary>
/// <param name="User">The user.</param>
/// <param name="At">When it began.</param>
public sealed record ForgottenUserAnswer(string User, DateTimeOffset At);

/// <summary>What an operator can do. The audit stores the words.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OperatorAct>))]
public enum OperatorAct
{
    /// <summary>Sends a test message to a user.</summary>
    [JsonStringEnumMemberName("test")]
    Test,

    /// <summary>Removes a user's link.</summary>
    [JsonStringEnumMemberName("unlink")]
    Unlink,

    /// <summary>Tries a user's waiting notifications at once.</summary>
    [JsonStringEnumMemberName("retry")]
    Retry,

    /// <summary>Drops a user's waiting notifications.</summary>
    [JsonStringEnumMemberName("drop")]
    Drop,

    /// <summary>Erases all that is kept of a user.</summary>
    [JsonStringEnumMemberName("forget")]
    Forget,
}

/// <summary>The words of <see cref="OperatorAct"/>.</summary>
public static class OperatorActs
{
    private static readonly WireWords<OperatorAct> Words = new();

    /// <summary>The word in the audit and in addresses, such as <c>unlink</c>.</summary>
    public static string Word(this OperatorAct act) => Words[act];
}

/// <summary>JSON of the operators' calls.</summary>
[JsonSerializable(typeof(OperatorUsersAnswer))]
[JsonSerializable(typeof(OperatorQueueAnswer))]
[JsonSerializable(typeof(OperatorFailedAnswer))]
[JsonSerializable(typeof(OperatorHealthAnswer))]
[JsonSerializable(typeof(OperatorAuditAnswer))]
[JsonSerializable(typeof(OperatorActedAnswer))]
[JsonSerializable(typeof(ForgottenAnswer))]
public sealed partial class OperatorContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static OperatorContract Json { get; } = new(WireJson.NewOptions());
}
