using System.Text.Json;

namespace Notify.Scripts;

/// <summary>What a script said, by the contract of specification section 10.</summary>
public sealed record ScriptResult
{
    /// <summary>Whether to send.</summary>
    public required bool Notify { get; init; }

    /// <summary>The bold header; literal text.</summary>
    public string? Title { get; init; }

    /// <summary>The message in Markdown.</summary>
    public string? Message { get; init; }

    /// <summary>Where the chart is, as the script says.</summary>
    public string? ImagePath { get; init; }

    /// <summary>How long to hold back what comes after it.</summary>
    public required Cooldown Cooldown { get; init; }

    /// <summary>The script's own data: a JSON object.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>What was not as it should be and did not cost the notification, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>Reads a script's stdout.</summary>
public static class ScriptOutput
{
    /// <summary>How much of an output that can't be read is shown, in UTF-16 units.</summary>
    public const int ShownLength = 200;

    /// <summary>Deepest nesting of <c>data</c>: the usual limit of JSON readers is 64, and the bot wraps it in one object more.</summary>
    private const int DeepestData = 60;

    /// <summary>
    /// Finds the last top-level JSON object that holds <c>notify</c> and takes its fields. A wrong type of an optional field costs
    /// that field and is a warning.
    /// </summary>
    /// <param name="output">What the script printed, or the last part of it.</param>
    /// <param name="error">What is wrong where nothing is returned.</param>
    public static ScriptResult? Read(ReadOnlySpan<byte> output, out string? error)
    {
        var found = LooseJson.FindLastObject(output, "notify", out var noise);
        if (found is null)
        {
            error = NothingFound(output);
            return null;
        }

        using var document = JsonDocument.Parse(found, new JsonDocumentOptions { MaxDepth = LooseJson.MaxDepth });
        var fields = new Fields(document.RootElement);
        if (noise)
        {
            fields.Warnings.Add("stdout holds other lines besides the JSON result; print those to stderr.");
        }

        return Take(fields, out error);
    }

    private static ScriptResult? Take(Fields fields, out string? error)
    {
        var notifyField = fields.Last("notify");
        if (notifyField?.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            error = $"notify must be true or false, but is {Fields.Describe(notifyField)}.";
            return null;
        }

        var result = new ScriptResult
        {
            Notify = notifyField.Value.GetBoolean(),
            Title = fields.Text("title"),
            Message = fields.Text("message"),
            ImagePath = fields.Text("image_path"),
            Cooldown = ReadCooldown(fields),
            Data = ReadData(fields),
            Warnings = fields.Warnings,
        };
        if (result is { Notify: true, Message: null, ImagePath: null })
        {
            error = fields.Last("message") is { } message
                ? $"notify is true, and message must be text that is not empty, but is {Fields.Describe(message)}."
                : "notify is true, but there is no message.";
            return null;
        }

        error = null;
        return result;
    }

    private static Cooldown ReadCooldown(Fields fields)
    {
        if (fields.Last("cooldown") is not { ValueKind: not JsonValueKind.Null } field)
        {
            return Cooldown.Default;
        }

        if (field.ValueKind == JsonValueKind.String && Cooldown.TryParse(field.GetString()!) is { } cooldown)
        {
            return cooldown;
        }

        fields.Warnings.Add($"cooldown must be a number and m, h or d, such as \"30m\", but is {Fields.Describe(field)}; {Cooldown.Default.Text} counts.");
        return Cooldown.Default;
    }

    private static JsonElement? ReadData(Fields fields)
    {
        if (fields.Last("data") is not { ValueKind: not JsonValueKind.Null } field)
        {
            return null;
        }

        if (field.ValueKind != JsonValueKind.Object)
        {
            fields.Warnings.Add($"data must be an object, but is {Fields.Describe(field)}; it is left out.");
            return null;
        }

        if (LooseJson.Depth(field.GetRawText()) > DeepestData)
        {
            fields.Warnings.Add($"data is nested deeper than {DeepestData} levels; it is left out.");
            return null;
        }

        return field.Clone();
    }

    private static string NothingFound(ReadOnlySpan<byte> output)
    {
        var text = LooseJson.Decode(output).Trim();
        if (text.Length == 0)
        {
            return "It printed nothing on stdout. A script prints one JSON object with \"notify\": true or false.";
        }

        var hint = text.Contains("'notify'", StringComparison.Ordinal)
            ? "This looks like a Python dict: print(json.dumps(result)), not print(result)."
            : "A script prints one JSON object with \"notify\": true or false.";
        return $"There is no JSON object with \"notify\" on its stdout. {hint} It printed: {Shown.Quoted(text, ShownLength)}";
    }

    /// <summary>An object's members. Of members with one name the last counts, as for Python and JavaScript.</summary>
    private sealed class Fields(JsonElement root)
    {
        internal List<string> Warnings { get; } = [];

        internal JsonElement? Last(string name) => root.TryGetProperty(name, out var value) ? value : null;

        internal string? Text(string name)
        {
            if (Last(name) is not { ValueKind: not JsonValueKind.Null } field)
            {
                return null;
            }

            if (field.ValueKind == JsonValueKind.String)
            {
                return field.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
            }

            Warnings.Add($"{name} must be text, but is {Describe(field)}; it is left out.");
            return null;
        }

        internal static string Describe(JsonElement? field) =>
            field is not { } value ? "missing" : Shown.OneLine(value.GetRawText(), 60);
    }
}
