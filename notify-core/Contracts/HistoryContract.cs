using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary><c>GET /notifications</c>: a user's history.</summary>
/// <param name="Notifications">The newest first.</param>
public sealed record NotificationsAnswer(IReadOnlyList<NotificationAnswer> Notifications);

/// <summary>A notification of the history.</summary>
/// <param name="Id">Its name.</param>
/// <param name="User">Whose it is.</param>
/// <param name="Script">The script's file name; null if no script sent it.</param>
/// <param name="Title">Literal text.</param>
/// <param name="Message">As it came, marked up as <paramref name="ParseMode"/> says.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it waits, failed, or reached no phone; a word of <see cref="DeliveryReason"/>, or words for people.</param>
/// <param name="NextTryAt">When the bot tries again; of a held one, the end of the quiet hours.</param>
/// <param name="ImageId">Its chart's, for <c>GET /images/ID</c>.</param>
/// <param name="ParseMode"><c>HTML</c>, <c>MarkdownV2</c>, or empty for plain; null for Markdown.</param>
/// <param name="ImageIds">All its charts', if there are several.</param>
/// <param name="Files">Its files; null if there are none.</param>
/// <param name="Table">Its table as the phone shows it: lines of at most 38 columns.</param>
/// <param name="AgainOf">The id of the failed one that this one repeats; null for none.</param>
public sealed record NotificationAnswer(
    string Id,
    string User,
    string? Script,
    string? Title,
    string Message,
    DateTimeOffset CreatedAt,
    DeliveryState State,
    string? Reason,
    DateTimeOffset? NextTryAt,
    string? ImageId,
    string? ParseMode,
    IReadOnlyList<string>? ImageIds,
    IReadOnlyList<FileAnswer>? Files,
    string? Table,
    string? AgainOf = null
);

/// <summary><c>GET /notifications/scripts</c>: the scripts in a user's history.</summary>
/// <param name="Scripts">Their file names, in order.</param>
public sealed record NotificationScriptsAnswer(IReadOnlyList<string> Scripts);

/// <summary><c>GET /notifications/ID</c>: a notification and what became of it.</summary>
/// <param name="Notification">The notification.</param>
/// <param name="Timeline">What happened to it, the oldest first.</param>
/// <param name="AgainOf">The id of the failed one that this one repeats; null for none.</param>
/// <param name="SentAgain">The id of the one that repeats it; null for none.</param>
public sealed record NotificationDetailAnswer(
    NotificationAnswer Notification,
    IReadOnlyList<TimelineAnswer> Timeline,
    string? AgainOf,
    string? SentAgain
);

/// <summary>A step of a notification's delivery.</summary>
/// <param name="At">When.</param>
/// <param name="Event">What happened.</param>
/// <param name="Text">More about it, such as Telegram's words; null for nothing.</param>
/// <param name="Until">How long that lasts; null if it does not.</param>
public sealed record TimelineAnswer(
    DateTimeOffset At,
    TimelineEvent Event,
    string? Text = null,
    DateTimeOffset? Until = null
);

/// <summary>The body of <c>POST /notifications/ID/again</c>.</summary>
/// <param name="User">Whose notification; null for the caller's.</param>
public sealed record AgainCall(string? User);

/// <summary>A file of a notification.</summary>
/// <param name="Id">For <c>GET /files/ID</c>.</param>
/// <param name="Name">The name that its sender gave it.</param>
/// <param name="Bytes">Its size.</param>
public sealed record FileAnswer(string Id, string Name, long Bytes);

/// <summary><c>GET /notifications/days</c>: how many notifications a user had on each day of UTC.</summary>
/// <param name="Since">The first day of which all are counted.</param>
/// <param name="Days">Days with any, the oldest first.</param>
public sealed record DaysAnswer(DateOnly Since, IReadOnlyList<DayAnswer> Days);

/// <summary>The notifications of a day, by state.</summary>
/// <param name="Day">The day.</param>
/// <param name="Queued">How many are <see cref="DeliveryState.Queued"/> or <see cref="DeliveryState.Held"/>.</param>
/// <param name="Delivered">How many are <see cref="DeliveryState.Delivered"/>.</param>
/// <param name="Failed">How many are <see cref="DeliveryState.Failed"/>.</param>
/// <param name="Unknown">How many are <see cref="DeliveryState.Unknown"/>.</param>
/// <param name="Muted">How many are <see cref="DeliveryState.Muted"/>.</param>
public sealed record DayAnswer(DateOnly Day, int Queued, int Delivered, int Failed, int Unknown, int Muted);

/// <summary><c>GET /notifications/quarters</c>: how many notifications a user had in each quarter of an hour. The days of every time zone are made of them.</summary>
/// <param name="Since">The beginning of the first quarter of which all are counted.</param>
/// <param name="Quarters">Quarters with any, the oldest first.</param>
public sealed record QuartersAnswer(DateTimeOffset Since, IReadOnlyList<QuarterAnswer> Quarters);

/// <summary>The notifications of a quarter of an hour, by state.</summary>
/// <param name="At">When it begins.</param>
/// <param name="Queued">How many are <see cref="DeliveryState.Queued"/> or <see cref="DeliveryState.Held"/>.</param>
/// <param name="Delivered">How many are <see cref="DeliveryState.Delivered"/>.</param>
/// <param name="Failed">How many are <see cref="DeliveryState.Failed"/>.</param>
/// <param name="Unknown">How many are <see cref="DeliveryState.Unknown"/>.</param>
/// <param name="Muted">How many are <see cref="DeliveryState.Muted"/>.</param>
public sealed record QuarterAnswer(DateTimeOffset At, int Queued, int Delivered, int Failed, int Unknown, int Muted);

/// <summary>The data of an event of <c>GET /events</c>.</summary>
/// <param name="User">Whose notification or script has changed.</param>
/// <param name="Id">The notification's.</param>
/// <param name="State">Where it stands now.</param>
public sealed record ChangeAnswer(string? User, string? Id = null, DeliveryState? State = null);

/// <summary>JSON of the history and its changes.</summary>
[JsonSerializable(typeof(NotificationsAnswer))]
[JsonSerializable(typeof(NotificationScriptsAnswer))]
[JsonSerializable(typeof(NotificationDetailAnswer))]
[JsonSerializable(typeof(AgainCall))]
[JsonSerializable(typeof(DaysAnswer))]
[JsonSerializable(typeof(QuartersAnswer))]
[JsonSerializable(typeof(ChangeAnswer))]
public sealed partial class HistoryContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static HistoryContract Json { get; } = new(WireJson.NewOptions());
}
