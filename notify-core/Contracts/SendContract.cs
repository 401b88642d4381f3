using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>The fields of <c>POST /send</c> and <c>POST /send_photo</c>: members of the JSON body, or parts of a form (docs/send-api.md).</summary>
public static class SendField
{
    /// <summary>The user whom it is for.</summary>
    public const string User = "user";

    /// <summary>The bold header.</summary>
    public const string Title = "title";

    /// <summary>The message.</summary>
    public const string Message = "message";

    /// <summary>Another name of <see cref="Message"/> in <c>/send</c>.</summary>
    public const string Text = "text";

    /// <summary>Another name of <see cref="Message"/> in <c>/send_photo</c>.</summary>
    public const string Caption = "caption";

    /// <summary>The markup of the message.</summary>
    public const string ParseMode = "parse_mode";

    /// <summary>Its script.</summary>
    public const string Script = "script";

    /// <summary>The sender's own data.</summary>
    public const string Data = "data";

    /// <summary>Whether the phone stays quiet.</summary>
    public const string Silent = "silent";

    /// <summary>How many seconds the answer may take.</summary>
    public const string Wait = "wait";

    /// <summary>The sender's name for the notification.</summary>
    public const string Key = "key";

    /// <summary>For how many seconds the key means it.</summary>
    public const string KeyFor = "key_for";

    /// <summary>Whether the phone is told even in quiet hours.</summary>
    public const string Urgent = "urgent";

    /// <summary>The paths of several pictures.</summary>
    public const string Images = "images";

    /// <summary>The parts of a form that hold several pictures.</summary>
    public const string Photos = "photos";

    /// <summary>The paths of files; or the parts of a form that hold them.</summary>
    public const string Files = "files";

    /// <summary>A table.</summary>
    public const string Table = "table";

    /// <summary>Whether buttons stand under it, or the sender's own buttons.</summary>
    public const string Buttons = "buttons";

    /// <summary>The key of the incident that it belongs to.</summary>
    public const string Incident = "incident";

    /// <summary>Whether the incident fires: a word of <see cref="FiringState"/>.</summary>
    public const string State = "state";

    /// <summary>How many seconds lie between reminders of the incident.</summary>
    public const string Cooldown = "cooldown";

    /// <summary>Whether the incident's end is sure, so the chat is told.</summary>
    public const string Confirmed = "confirmed";

    /// <summary>The picture, as a part of a form.</summary>
    public const string Photo = "photo";

    /// <summary>The picture's path.</summary>
    public const string PhotoPath = "photo_path";
}

/// <summary>The JSON body of <c>POST /send</c>, as this system's own programs write it. The bot reads bodies of other senders leniently.</summary>
public sealed record SendCall
{
    /// <summary>The bold header; literal text.</summary>
    [JsonPropertyName(SendField.Title)]
    public string? Title { get; init; }

    /// <summary>The message.</summary>
    [JsonPropertyName(SendField.Message)]
    public string? Message { get; init; }

    /// <summary>Another name of <see cref="Message"/>.</summary>
    [JsonPropertyName(SendField.Text)]
    public string? Text { get; init; }

    /// <summary>The markup of the message; null for Markdown.</summary>
    [JsonPropertyName(SendField.ParseMode)]
    public string? ParseMode { get; init; }

    /// <summary>The script's file name.</summary>
    [JsonPropertyName(SendField.Script)]
    public string? Script { get; init; }

    /// <summary>False for no buttons, or a list of the sender's; null for the bot's choice.</summary>
    [JsonPropertyName(SendField.Buttons)]
    public JsonElement? Buttons { get; init; }

    /// <summary>A table.</summary>
    [JsonPropertyName(SendField.Table)]
    public JsonElement? Table { get; init; }

    /// <summary>True if the phone is told even in quiet hours.</summary>
    [JsonPropertyName(SendField.Urgent)]
    public bool? Urgent { get; init; }

    /// <summary>True if the phone makes no sound.</summary>
    [JsonPropertyName(SendField.Silent)]
    public bool? Silent { get; init; }

    /// <summary>The sender's name for the notification.</summary>
    [JsonPropertyName(SendField.Key)]
    public string? Key { get; init; }

    /// <summary>For how many seconds the key means it.</summary>
    [JsonPropertyName(SendField.KeyFor)]
    public long? KeyFor { get; init; }

    /// <summary>The script's own data.</summary>
    [JsonPropertyName(SendField.Data)]
    public JsonElement? Data { get; init; }

    /// <summary>The key of the incident that it belongs to; null for none.</summary>
    [JsonPropertyName(SendField.Incident)]
    public string? Incident { get; init; }

    /// <summary>Whether the incident fires: a word of <see cref="FiringState"/>; null for firing.</summary>
    [JsonPropertyName(SendField.State)]
    public string? State { get; init; }

    /// <summary>How many seconds lie between reminders, and after its end the incident opens again; null for neither.</summary>
    [JsonPropertyName(SendField.Cooldown)]
    public long? Cooldown { get; init; }

    /// <summary>With <see cref="FiringState.Ok"/>: whether the chat is told of the end; null for true.</summary>
    [JsonPropertyName(SendField.Confirmed)]
    public bool? Confirmed { get; init; }
}

/// <summary>A notification was accepted.</summary>
/// <param name="Ok">Always true.</param>
/// <param name="Status"><see cref="DeliveryState.Delivered"/>, <see cref="DeliveryState.Queued"/> or <see cref="DeliveryState.Held"/>. A muted one is queued, since older senders know only these.</param>
/// <param name="Id">Its name.</param>
/// <param name="Channels">What took it.</param>
/// <param name="Repeated">True if the bot had accepted the key before: nothing new was sent.</param>
/// <param name="MutedUntil">The end of the mute that keeps it off the phone.</param>
public sealed record SentAnswer(
    bool Ok,
    DeliveryState Status,
    string Id,
    ChannelsAnswer Channels,
    bool? Repeated,
    DateTimeOffset? MutedUntil
)
{
    /// <summary>The end of the quiet hours that hold it; only for <see cref="DeliveryState.Held"/>.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>The incident after the post; null for a notification without one, and for the end of an unknown incident.</summary>
    public IncidentAnswer? Incident { get; init; }
}

/// <summary>What took a notification.</summary>
/// <param name="Telegram">How it stands with Telegram; null if no phone is linked.</param>
/// <param name="Desktop">How many desktops and pages got it; null if that is not known.</param>
public sealed record ChannelsAnswer(DeliveryState? Telegram, int? Desktop);

/// <summary>What is wrong, and what to do.</summary>
/// <param name="Error">A sentence.</param>
/// <param name="Id">The notification's, if one was accepted before this went wrong.</param>
public sealed record ErrorAnswer(string? Error, string? Id = null);

/// <summary>JSON of the sending.</summary>
[JsonSerializable(typeof(SendCall))]
[JsonSerializable(typeof(SentAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
public sealed partial class SendContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static SendContract Json { get; } = new(WireJson.NewOptions());
}
