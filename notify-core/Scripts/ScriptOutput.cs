using System.Globalization;
using System.Text.Json;
using Notify.Sending;

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

    /// <summary>Fields that the contract does not know, in their order; each is among <see cref="Warnings"/> too.</summary>
    public IReadOnlyList<UnknownField> UnknownFields { get; init; } = [];

    /// <summary>What was not as it should be and did not cost the notification, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>Reads a script's stdout.</summary>
public static class ScriptOutput
{
    /// <summary>How much of an output that can't be read is shown, in UTF-16 units.</summary>
    public const int ShownLength = 200;

    /// <summary>Unknown fields that are named.</summary>
    private const int MostNamed = 5;

    /// <summary>Deepest nesting of <c>data</c>: a few levels less than the bot takes, for what wraps it.</summary>
    private const int DeepestData = SendApiLimits.JsonLevels - 4;

    private static readonly string[] PythonWords = ["True", "False", "None"];

    /// <summary>
    /// Finds the last top-level JSON object that holds <c>notify</c> and takes its fields. A wrong type of an optional field costs
    /// that field and is a warning.
    /// </summary>
    /// <param name="output">What the script printed, or the last part of it.</param>
    /// <param name="error">What is wrong where nothing is returned.</param>
    public static ScriptResult? Read(ReadOnlySpan<byte> output, out string? error)
    {
        if (LenientJson.FindLastObject(output, ScriptFields.Notify) is not { } found)
        {
            error = NothingFound(output);
            return null;
        }

        using var document = JsonDocument.Parse(
            found.Json,
            new JsonDocumentOptions { MaxDepth = LenientJson.MaxDepth }
        );
        var fields = new Fields(document.RootElement);
        if (found.Others > 0)
        {
            fields.Warnings.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"stdout holds {found.Others + 1} results; the last counts, {(found.Others == 1 ? "the other one is" : $"the {found.Others} others are")} left out. Print one JSON object, at the end."
                )
            );
        }
        else if (found.HasNoise)
        {
            fields.Warnings.Add("stdout holds other lines besides the JSON result; print those to stderr.");
        }

        if (found.Encoding is { } encoding)
        {
            fields.Warnings.Add($"stdout is {encoding} and was read as that; print in UTF-8.");
        }
        else if (found.HasWrongBytes)
        {
            fields.Warnings.Add(
                "stdout holds bytes that are not UTF-8, shown as \uFFFD; decode them with their own encoding, often cp1252, before you print."
            );
        }

        return Take(fields, out error);
    }

    private static ScriptResult? Take(Fields fields, out string? error)
    {
        var unknown = fields.Unknown();
        var notifyField = fields.Last(ScriptFields.Notify);
        if (notifyField?.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            error = $"notify must be true or false, but is {Fields.Describe(notifyField)}.{BoolHint(notifyField)}";
            return null;
        }

        var result = new ScriptResult
        {
            Notify = notifyField.Value.GetBoolean(),
            Title = fields.Words(ScriptFields.Title),
            Message = fields.Words(ScriptFields.Message),
            ImagePath = fields.Text(ScriptFields.ImagePath),
            Cooldown = ReadCooldown(fields),
            Data = ReadData(fields),
            UnknownFields = unknown,
            Warnings = fields.Warnings,
        };
        if (result is { Notify: true, Message: null, ImagePath: null })
        {
            error = fields.Last(ScriptFields.Message) switch
            {
                { ValueKind: JsonValueKind.String } text when !string.IsNullOrWhiteSpace(text.GetString()) =>
                    $"notify is true, and message must be text that is not empty, but holds no visible character: {Fields.Describe(text)}.",
                { } message =>
                    $"notify is true, and message must be text that is not empty, but is {Fields.Describe(message)}.",
                null =>
                    $"notify is true, but there is no message.{string.Concat(unknown.Take(MostNamed).Select(field => " " + field.Sentence))}",
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
                " Text is none, and json.dumps(..., default=str) makes text of numpy's bools: write \"notify\": bool(...).",
            JsonValueKind.Number => " Write \"notify\": bool(...).",
            _ => "",
        };

    private static Cooldown ReadCooldown(Fields fields)
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
            $"cooldown must be a number and m, h or d, such as \"30m\", but is {Fields.Describe(field)}; {Cooldown.Default.Text} counts."
        );
        return Cooldown.Default;
    }

    private static JsonElement? ReadData(Fields fields)
    {
        if (fields.Last(ScriptFields.Data) is not { ValueKind: not JsonValueKind.Null } field)
        {
            return null;
        }

        if (field.ValueKind != JsonValueKind.Object)
        {
            fields.Warnings.Add($"data must be an object, but is {Fields.Describe(field)}; it is left out.");
            return null;
        }

        if (LenientJson.Depth(field.GetRawText()) > DeepestData)
        {
            fields.Warnings.Add($"data is nested deeper than {DeepestData} levels; it is left out.");
            return null;
        }

        return field.Clone();
    }

    private static string NothingFound(ReadOnlySpan<byte> output)
    {
        var text = LenientJson.Decode(output).Trim();
        if (text.Length == 0)
        {
            return "It printed nothing on stdout. A script prints one JSON object with \"notify\": true or false.";
        }

        var hint = Hint(text);
        return $"There is no JSON object with \"notify\" on its stdout. {hint} It printed: {SafeText.Quoted(text, ShownLength)}";
    }

    private static string Hint(string text)
    {
        if (text.Contains("'notify'", StringComparison.Ordinal))
        {
            return "This looks like a Python dict: print(json.dumps(result)), not print(result).";
        }

        if (PythonWords.Any(word => text.Contains("\"notify\": " + word, StringComparison.Ordinal)))
        {
            return "True, False and None are Python's; JSON has true, false and null: print(json.dumps(result)).";
        }

        if (text.StartsWith('[') && text.Contains("\"notify\"", StringComparison.Ordinal))
        {
            return "This looks like a list of results: print one JSON object.";
        }

        if (text.Contains(@"\""notify\""", StringComparison.Ordinal))
        {
            return "This looks like JSON within a JSON string: call json.dumps once.";
        }

        if (LenientJson.FindLastObject(text, member: null) is { } other)
        {
            using var document = JsonDocument.Parse(
                other.Json,
                new JsonDocumentOptions { MaxDepth = LenientJson.MaxDepth }
            );
            if (
                document
                    .RootElement.EnumerateObject()
                    .FirstOrDefault(member => ScriptFields.Nearest(member.Name) == ScriptFields.Notify) is
                { Value.ValueKind: not JsonValueKind.Undefined } near
            )
            {
                return new UnknownField(near.Name, ScriptFields.Notify).Sentence;
            }
        }

        return "A script prints one JSON object with \"notify\": true or false.";
    }

    /// <summary>An object's members. Of members with one name the last counts, as for Python and JavaScript.</summary>
    private sealed class Fields(JsonElement root)
    {
        internal List<string> Warnings { get; } = [];

        internal JsonElement? Last(string name) => root.TryGetProperty(name, out var value) ? value : null;

        /// <summary>What the contract does not know. A name that begins with <c>_</c> is its author's own remark.</summary>
        internal List<UnknownField> Unknown()
        {
            var unknown = root.EnumerateObject()
                .Select(member => member.Name)
                .Where(name => !ScriptFields.All.Contains(name, StringComparer.Ordinal) && !name.StartsWith('_'))
                .Select(name => new UnknownField(
                    SafeText.OneLine(name, ScriptFields.LongestName),
                    ScriptFields.Nearest(name) is { } near && Last(near) is null ? near : null
                ))
                .Distinct()
                .ToList();
            Warnings.AddRange(unknown.Take(MostNamed).Select(field => field.Sentence));
            if (unknown.Count > MostNamed)
            {
                Warnings.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"There are {unknown.Count - MostNamed} more fields that are none."
                    )
                );
            }

            return unknown;
        }

        /// <summary>A text for people: without what only a terminal understands, and null where nothing of it is visible.</summary>
        internal string? Words(string name)
        {
            if (Text(name) is not { } text)
            {
                return null;
            }

            var words = TerminalCodes.Remove(text);
            if (!UnseenCharacters.AreAll(words))
            {
                return words;
            }

            Warnings.Add($"{name} holds no visible character; it is left out.");
            return null;
        }

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
            field is not { } value ? "missing" : SafeText.OneLine(value.GetRawText(), 60);
    }
}
