using System.Text.Json;
using System.Text.Unicode;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Tables;

namespace Notify.Scripts;

/// <summary>Reads a JSON object as a script's result, and says what is wrong with it.</summary>
internal static class ScriptResultReader
{
    /// <summary>Deepest nesting of <c>data</c>: a few levels below the bot's limit, for what wraps it.</summary>
    private const int DeepestData = SendApiLimits.JsonLevels - 4;

    /// <summary>Reads one JSON object.</summary>
    /// <param name="found">The object as the script printed it.</param>
    /// <param name="error">What is wrong; null for a valid result.</param>
    internal static ScriptResult? Read(ReadOnlySpan<byte> found, out string? error)
    {
        var json = LenientJson.Strict(found);
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = LenientJson.MaxDepth });
        var fields = new ScriptFieldReader(document.RootElement);
        if (json.Contains('\uFFFD', StringComparison.Ordinal) && !Utf8.IsValid(found))
        {
            fields.Warnings.Add(
                "stdout holds bytes that are not UTF-8, shown as \uFFFD. Decode them with their own encoding (often cp1252) before you print."
            );
        }

        return Read(fields, out error);
    }

    private static ScriptResult? Read(ScriptFieldReader fields, out string? error)
    {
        var unknown = fields.Unknown();
        var notifyField = fields.Last(ScriptFields.Notify);
        if (notifyField?.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            error =
                $"notify must be true or false, but is {ScriptFieldReader.Describe(notifyField)}.{BoolHint(notifyField)}";
            return null;
        }

        var (hasButtons, buttons) = ReadButtons(fields);
        var imagePath = fields.Text(ScriptFields.ImagePath);
        var result = new ScriptResult
        {
            Notify = notifyField.Value.GetBoolean(),
            Title = fields.Words(ScriptFields.Title),
            Message = fields.Words(ScriptFields.Message),
            ImagePath = imagePath,
            Cooldown = ReadCooldown(fields),
            Data = ReadData(fields),
            Images = fields.Paths(ScriptFields.Images, SendApiLimits.Images - (imagePath is null ? 0 : 1)),
            Files = fields.Paths(ScriptFields.Files, SendApiLimits.Files),
            Table = ReadTable(fields),
            HasButtons = hasButtons,
            Buttons = buttons,
            Urgent = fields.Flag(ScriptFields.Urgent),
            Silent = fields.Flag(ScriptFields.Silent),
            UnknownFields = unknown,
            Warnings = fields.Warnings,
        };
        if (result is { Notify: true, Message: null, ImagePath: null, Images: [], Files: [], Table: null })
        {
            error = fields.Last(ScriptFields.Message) switch
            {
                { ValueKind: JsonValueKind.String } text when !string.IsNullOrWhiteSpace(text.GetString()) =>
                    $"notify is true, but message holds no visible character: {ScriptFieldReader.Describe(text)}.",
                { } message =>
                    $"notify is true, so message must be text that is not empty, but it is {ScriptFieldReader.Describe(message)}.",
                null =>
                    $"notify is true, but there is no message.{string.Concat(unknown.Take(ScriptFieldReader.MaxNamed).Select(field => " " + field.Sentence))}",
            };
            return null;
        }

        error = null;
        return result;
    }

    private static string BoolHint(JsonElement? field) =>
        field?.ValueKind switch
        {
            JsonValueKind.String =>
                " json.dumps(..., default=str) turns numpy's bools into text: write \"notify\": bool(...).",
            JsonValueKind.Number => " Write \"notify\": bool(...).",
            _ => "",
        };

    private static Cooldown ReadCooldown(ScriptFieldReader fields)
    {
        if (fields.Last(ScriptFields.Cooldown) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return Cooldown.Default;
        }

        if (field.ValueKind == JsonValueKind.String && Cooldown.TryParse(field.GetString()!) is { } cooldown)
        {
            return cooldown;
        }

        fields.Warnings.Add(
            $"cooldown must be a number and m, h or d, such as \"30m\", but is {ScriptFieldReader.Describe(field)}; {Cooldown.Default.Text} counts."
        );
        return Cooldown.Default;
    }

    private static JsonElement? ReadData(ScriptFieldReader fields)
    {
        if (fields.Last(ScriptFields.Data) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return null;
        }

        if (field.ValueKind != JsonValueKind.Object)
        {
            fields.Warnings.Add($"data must be an object, but is {ScriptFieldReader.Describe(field)}; it is left out.");
            return null;
        }

        if (LenientJson.Depth(field.GetRawText()) > DeepestData)
        {
            fields.Warnings.Add($"data is nested deeper than {DeepestData} levels; it is left out.");
            return null;
        }

        return field.Clone();
    }

    private static TableField? ReadTable(ScriptFieldReader fields)
    {
        if (fields.Last(ScriptFields.Table) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return null;
        }

        if (TableReader.Read(field, out var problem) is { } table)
        {
            return new TableField(table, field.Clone());
        }

        fields.Warnings.Add($"table {problem}; it is left out.");
        return null;
    }

    private static (bool HasOwn, IReadOnlyList<NotificationButton> Buttons) ReadButtons(ScriptFieldReader fields)
    {
        switch (fields.Last(ScriptFields.Buttons))
        {
            case null or { ValueKind: JsonValueKind.Null }:
                return (true, []);
            case { ValueKind: JsonValueKind.True or JsonValueKind.False } flag:
                return (flag.GetBoolean(), []);
            case { } list when ButtonReader.Read(list, out var problem) is var buttons:
                if (buttons is null)
                {
                    fields.Warnings.Add($"buttons {problem}; they are left out.");
                }

                return (true, buttons ?? []);
            default:
                return (true, []);
        }
    }
}
