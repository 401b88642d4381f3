using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Notify.Bot.Outbox;
using Notify.Linking;
using Notify.Scripts;

namespace Notify.Bot.SendApi;

// The answers of the send API (specification, section 7). What does not apply is left out.

/// <param name="Ok">Always true.</param>
/// <param name="Status"><c>delivered</c> or <c>queued</c>; a muted one is <c>queued</c>, as older senders know only these.</param>
/// <param name="Id">Its name.</param>
/// <param name="Channels">What took it.</param>
/// <param name="Repeated">True where the same key had been accepted before: nothing new was sent.</param>
/// <param name="MutedUntil">Until when its user has muted the script, or everything, where that holds it back.</param>
internal sealed record SentAnswer(
    bool Ok,
    string Status,
    string Id,
    ChannelsAnswer Channels,
    bool? Repeated,
    DateTimeOffset? MutedUntil
);

internal sealed record ChannelsAnswer(string? Telegram, int? Desktop)
{
    internal static ChannelsAnswer Of(DeliveryProgress progress, int? desktops) =>
        new(progress.IsOnDesktopOnly ? null : progress.State.Word(), desktops);
}

internal sealed record ErrorAnswer(string Error, string? Id = null);

internal sealed record HealthAnswer(
    string Status,
    string Version,
    string? BotUsername,
    TelegramAnswer Telegram,
    QueueAnswer Queue,
    OutboxAnswer? Outbox,
    IReadOnlyList<UnreadableFile> Unreadable
);

internal sealed record TelegramAnswer(string State, DateTimeOffset? LastGoodPoll, string? Reason);

internal sealed record QueueAnswer(int Length, double OldestSeconds);

internal sealed record OutboxAnswer(string State, string Reason, long LogBytes);

internal sealed record LinkAnswer(bool Linked, DateTimeOffset? LinkedAt = null);

internal sealed record ScriptsAnswer(IReadOnlyList<ScriptAnswer> Scripts, DateTimeOffset? MutedUntil);

internal sealed record ScriptAnswer(
    string Name,
    string Stem,
    DateTimeOffset? LastRun,
    DateTimeOffset? LastRound,
    DateTimeOffset? LastSent,
    DateTimeOffset? CooldownEnds,
    ScriptOutcome? LastOutcome,
    string? Error,
    bool Running,
    DateTimeOffset? MutedUntil,
    string? NoRun,
    IReadOnlyList<string>? Warnings
);

internal sealed record NotificationsAnswer(IReadOnlyList<NotificationAnswer> Notifications);

internal sealed record NotificationAnswer(
    string Id,
    string User,
    string? Script,
    string? Title,
    string Message,
    DateTimeOffset CreatedAt,
    string State,
    string? Reason,
    DateTimeOffset? NextTryAt,
    string? ImageId,
    string? ParseMode
);

internal sealed record DaysAnswer(DateOnly Since, IReadOnlyList<DayAnswer> Days);

internal sealed record DayAnswer(DateOnly Day, int Queued, int Delivered, int Failed, int Unknown, int Muted);

internal sealed record QuartersAnswer(DateTimeOffset Since, IReadOnlyList<QuarterAnswer> Quarters);

internal sealed record QuarterAnswer(DateTimeOffset At, int Queued, int Delivered, int Failed, int Unknown, int Muted);

internal sealed record ChangeAnswer(string User, string? Id = null, string? State = null);

/// <param name="MutedUntil">Until when everything is muted; left out where it is not.</param>
/// <param name="Scripts">Single scripts that are muted.</param>
internal sealed record MutesAnswer(DateTimeOffset? MutedUntil, IReadOnlyList<MutedScriptAnswer> Scripts);

/// <param name="Stem">The script's name without <c>.py</c>.</param>
/// <param name="MutedUntil">Until when; in the year 9999 where it has no end.</param>
internal sealed record MutedScriptAnswer(string Stem, DateTimeOffset MutedUntil);

internal sealed record MutedAnswer(bool Ok, DateTimeOffset? MutedUntil);

internal sealed record RunAnswer(
    string Outcome,
    string? Id = null,
    string? Error = null,
    ChannelsAnswer? Channels = null
);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcSecondsConverter)]
)]
[JsonSerializable(typeof(SentAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(LinkAnswer))]
[JsonSerializable(typeof(ScriptsAnswer))]
[JsonSerializable(typeof(NotificationsAnswer))]
[JsonSerializable(typeof(DaysAnswer))]
[JsonSerializable(typeof(QuartersAnswer))]
[JsonSerializable(typeof(ChangeAnswer))]
[JsonSerializable(typeof(MutedAnswer))]
[JsonSerializable(typeof(MutesAnswer))]
[JsonSerializable(typeof(RunAnswer))]
internal sealed partial class SendApiJson : JsonSerializerContext;

internal static class Answering
{
    /// <summary>Apostrophes and letters as they are, for whoever reads an answer with curl: what would have to be escaped within a web page is none here.</summary>
    private static readonly JsonWriterOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static async Task WriteAsync<T>(this HttpContext context, int status, T answer, JsonTypeInfo<T> type)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, Readable))
        {
            JsonSerializer.Serialize(writer, answer, type);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }
}
