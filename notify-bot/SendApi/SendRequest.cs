using System.Text;
using System.Text.Json;
using Notify.Bot.Outbox;
using Notify.Formatting;

namespace Notify.Bot.SendApi;

/// <summary>A request to <c>/send</c> or <c>/send_photo</c>, checked.</summary>
internal sealed record SendRequest
{
    /// <summary>How long the answer may take by default, before it says that delivery goes on without the caller (specification, section 7).</summary>
    internal static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(5);

    /// <summary>The longest that a sender may ask to wait (specification, section 7).</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a key can mean the same notification: what is older is forgotten.</summary>
    private static readonly TimeSpan LongestKey = TimeSpan.FromDays(30);

    internal required string? User { get; init; }

    internal required string? Title { get; init; }

    internal required string Message { get; init; }

    internal required ParseMode ParseMode { get; init; }

    internal required string? Script { get; init; }

    internal required JsonElement? Data { get; init; }

    internal required bool Silent { get; init; }

    internal required TimeSpan Wait { get; init; }

    internal required string? Key { get; init; }

    /// <summary>How long the key means the same notification.</summary>
    internal required TimeSpan KeyLifetime { get; init; }

    /// <summary>Whether buttons may stand under it, where it is a script's.</summary>
    internal required bool HasButtons { get; init; }

    internal required string? PhotoPath { get; init; }

    /// <summary>Reads the fields. Unknown ones are passed over.</summary>
    /// <exception cref="ApiException">400, naming the field.</exception>
    internal static SendRequest Read(SendFields fields, bool photo)
    {
        var alias = photo ? "caption" : "text";
        var text = fields.Text(alias);
        var message = fields.Text("message");
        if (text is not null && message is not null && text != message)
        {
            throw ApiException.Field(alias, "and field 'message' are two names of one thing; give one of them");
        }

        var title = fields.Text("title");
        var words = text ?? message ?? "";
        if (!photo && words.Length == 0 && string.IsNullOrEmpty(title))
        {
            throw ApiException.Field(alias, "is missing or empty: say something in it, or in 'title' and 'message'");
        }

        var keyFor = fields.Number("key_for") ?? SqliteOutbox.KeyLifetime.TotalSeconds;
        var wait = fields.Number("wait") ?? DefaultWait.TotalSeconds;
        return new SendRequest
        {
            User = fields.Text("user"),
            Title = string.IsNullOrEmpty(title) ? null : title,
            Message = words,
            ParseMode = ReadMode(fields.Text("parse_mode")),
            Script = ReadScript(fields.Text("script")),
            Data = fields.Object("data"),
            Silent = fields.Flag("silent"),
            Wait =
                wait >= 0 && wait <= LongestWait.TotalSeconds
                    ? TimeSpan.FromSeconds(wait)
                    : throw ApiException.Field(
                        "wait",
                        $"is not a number of seconds from 0 to {LongestWait.TotalSeconds:0}"
                    ),
            Key = ReadKey(fields.Text("key")),
            KeyLifetime =
                keyFor >= 1 && keyFor <= LongestKey.TotalSeconds
                    ? TimeSpan.FromSeconds(keyFor)
                    : throw ApiException.Field(
                        "key_for",
                        $"is not a number of seconds from 1 to {LongestKey.TotalSeconds:0}"
                    ),
            HasButtons = fields.Flag("buttons", otherwise: true),
            PhotoPath = photo ? fields.Text("photo_path") : null,
        };
    }

    private static ParseMode ReadMode(string? text) =>
        ParseModes.TryParse(text, out var mode)
            ? mode
            : throw ApiException.Field("parse_mode", "is none of Markdown, HTML, MarkdownV2 and the empty string");

    private static string? ReadKey(string? text) =>
        text switch
        {
            null or "" => null,
            { Length: <= 200 } => text,
            _ => throw ApiException.Field("key", "is longer than 200 characters"),
        };

    private static string? ReadScript(string? text)
    {
        if (text is null or "")
        {
            return null;
        }

        // With or without .py: both are in use. What it names need not exist; callers other than the runner have their own names.
        return
            ScriptName.TryParse(text.EndsWith(".py", StringComparison.Ordinal) ? text : text + ".py", out _)
            && Encoding.UTF8.GetByteCount(text) <= 255
            ? text
            : throw ApiException.Field("script", "is not the name of a script, such as revenue_drop.py");
    }
}
