using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Http;
using Notify.Tables;

namespace Notify.Bot.SendApi;

/// <summary>A checked request to <c>/send</c> or <c>/send_photo</c>.</summary>
internal sealed record SendRequest
{
    /// <summary>The default wait for the delivery; after it the answer is <c>queued</c>.</summary>
    internal static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait that a sender may ask for.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    /// <summary>The longest lifetime of a key: older notifications are pruned.</summary>
    private static readonly TimeSpan MaxKeyLifetime = TimeSpan.FromDays(30);

    internal required string? User { get; init; }

    internal required string? Title { get; init; }

    internal required string Message { get; init; }

    internal required ParseMode ParseMode { get; init; }

    internal required string? Script { get; init; }

    internal required JsonElement? Data { get; init; }

    internal required bool Silent { get; init; }

    internal required TimeSpan Wait { get; init; }

    internal required string? Key { get; init; }

    /// <summary>The key's lifetime.</summary>
    internal required TimeSpan KeyLifetime { get; init; }

    /// <summary>Whether a script's notification may have Notify's buttons.</summary>
    internal required bool HasButtons { get; init; }

    /// <summary>The sender's own buttons.</summary>
    internal required IReadOnlyList<NotificationButton> Buttons { get; init; }

    internal required bool Urgent { get; init; }

    internal required Table? Table { get; init; }

    internal required string? PhotoPath { get; init; }

    /// <summary>The paths of several charts.</summary>
    internal required IReadOnlyList<string> Images { get; init; }

    /// <summary>The paths of files.</summary>
    internal required IReadOnlyList<string> Files { get; init; }

    /// <summary>The incident that it is about; null for none.</summary>
    internal required IncidentCall? Incident { get; init; }

    /// <summary>Reads the fields. Ignores unknown ones.</summary>
    /// <param name="fields">The fields.</param>
    /// <param name="photo">Whether it came to <c>/send_photo</c>.</param>
    /// <param name="attached">How many pictures and files came as parts of a form.</param>
    /// <exception cref="ApiException">400, naming the field.</exception>
    internal static SendRequest Read(SendFields fields, bool photo, int attached = 0)
    {
        var alias = photo ? SendField.Caption : SendField.Text;
        var text = fields.Text(alias);
        var message = fields.Text(SendField.Message);
        if (text is not null && message is not null && text != message)
        {
            throw ApiException.Field(alias, "and field 'message' mean the same; give one of them");
        }

        var title = fields.Text(SendField.Title);
        var words = text ?? message ?? "";
        var table = ReadTable(fields.Value(SendField.Table));
        var images = ReadPaths(fields, SendField.Images, SendApiLimits.LeastImages, SendApiLimits.Images);
        var files = ReadPaths(fields, SendField.Files, 1, SendApiLimits.Files);
        var incident = IncidentFields.Read(fields);
        if (
            !photo
            && incident is not { Fires: false }
            && words.Length == 0
            && string.IsNullOrEmpty(title)
            && table is null
            && images.Count + files.Count + attached == 0
        )
        {
            throw ApiException.Field(alias, "is missing or empty: give a text, or 'title' and 'message'");
        }

        var keyFor = fields.Number(SendField.KeyFor) ?? SqliteOutbox.KeyLifetime.TotalSeconds;
        var wait = fields.Number(SendField.Wait) ?? DefaultWait.TotalSeconds;
        var (hasButtons, buttons) = ReadButtons(fields.Value(SendField.Buttons));
        return new SendRequest
        {
            User = fields.Text(SendField.User),
            Title = string.IsNullOrEmpty(title) ? null : title,
            Message = words,
            ParseMode = ReadMode(fields.Text(SendField.ParseMode)),
            Script = ReadScript(fields.Text(SendField.Script)),
            Data = fields.Object(SendField.Data),
            Silent = fields.Flag(SendField.Silent),
            Wait =
                wait >= 0 && wait <= MaxWait.TotalSeconds
                    ? TimeSpan.FromSeconds(wait)
                    : throw ApiException.Field(
                        SendField.Wait,
                        $"is not a number of seconds from 0 to {MaxWait.TotalSeconds:0}"
                    ),
            Key = ReadKey(fields.Text(SendField.Key)),
            KeyLifetime =
                keyFor >= 1 && keyFor <= MaxKeyLifetime.TotalSeconds
                    ? TimeSpan.FromSeconds(keyFor)
                    : throw ApiException.Field(
                        SendField.KeyFor,
                        $"is not a number of seconds from 1 to {MaxKeyLifetime.TotalSeconds:0}"
                    ),
            HasButtons = hasButtons,
            Buttons = buttons,
            Urgent = fields.Flag(SendField.Urgent),
            Table = table,
            Images = images,
            Files = files,
            Incident = incident,
            PhotoPath = photo ? fields.Text(SendField.PhotoPath) : null,
        };
    }

    private static Table? ReadTable(JsonElement? value) =>
        value is { } json
            ? TableReader.Read(json, out var problem) ?? throw ApiException.Field(SendField.Table, problem!)
            : null;

    /// <summary>True or false for Notify's own buttons, or a list of the sender's.</summary>
    private static (bool HasOwn, IReadOnlyList<NotificationButton> Buttons) ReadButtons(JsonElement? value) =>
        value switch
        {
            null => (true, []),
            { ValueKind: JsonValueKind.True or JsonValueKind.False } flag => (flag.GetBoolean(), []),
            { } list => (
                true,
                ButtonReader.Read(list, out var problem) ?? throw ApiException.Field(SendField.Buttons, problem!)
            ),
        };

    private static IReadOnlyList<string> ReadPaths(SendFields fields, string name, int least, int most) =>
        fields.Texts(name) is var paths && (paths.Count == 0 || (paths.Count >= least && paths.Count <= most))
            ? paths
            : throw ApiException.Field(
                name,
                string.Create(CultureInfo.InvariantCulture, $"has {paths.Count} paths; it takes {least} to {most}")
            );

    private static ParseMode ReadMode(string? text) =>
        ParseModes.TryParse(text, out var mode)
            ? mode
            : throw ApiException.Field(SendField.ParseMode, "is not Markdown, HTML, MarkdownV2 or the empty string");

    private static string? ReadKey(string? text) =>
        text switch
        {
            null or "" => null,
            { Length: <= 200 } => text,
            _ => throw ApiException.Field(SendField.Key, "is longer than 200 characters"),
        };

    private static string? ReadScript(string? text)
    {
        if (text is null or "")
        {
            return null;
        }

        // With or without .py: both are in use. The script need not exist, because other callers have their own names.
        return
            ScriptName.TryParse(text.EndsWith(".py", StringComparison.Ordinal) ? text : text + ".py", out _)
            && Encoding.UTF8.GetByteCount(text) <= 255
            ? text
            : throw ApiException.Field(SendField.Script, "is not the name of a script, such as revenue_drop.py");
    }
}
