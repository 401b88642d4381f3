using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Notify.Scripts;

namespace Notify.Bot.SendApi;

/// <summary>The fields of a send request, as they came: a JSON object or a form. Null and absent are one. A wrong type is a refusal that names the field.</summary>
internal abstract class SendFields
{
    internal abstract string? Text(string name);

    internal abstract bool Flag(string name);

    internal abstract double? Number(string name);

    internal abstract JsonElement? Object(string name);
}

internal sealed class JsonFields : SendFields
{
    private readonly JsonElement _root;

    private JsonFields(JsonElement root) => _root = root;

    internal static JsonFields Parse(ReadOnlyMemory<byte> body)
    {
        JsonElement root;
        try
        {
            root = Read(body);
        }
        catch (JsonException e)
        {
            throw new RefusalException(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"The body is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})."));
        }

        return root.ValueKind == JsonValueKind.Object
            ? new JsonFields(root)
            : throw new RefusalException(StatusCodes.Status400BadRequest, "The body is not a JSON object.");
    }

    private static JsonElement Read(ReadOnlyMemory<byte> body)
    {
        // A half of a surrogate pair is valid JSON that throws when it is read; json.dumps writes it for bytes that were no UTF-8.
        // So are bytes that are no UTF-8 at all.
        if ((HoldsSurrogateEscape(body.Span) || !Utf8.IsValid(body.Span)) && LooseJson.Mend(body.Span) is { } whole)
        {
            return Parsed(whole);
        }

        try
        {
            return Parsed(body);
        }
        catch (JsonException) when (LooseJson.Mend(body.Span) is { } mended)
        {
            return Parsed(mended);
        }
    }

    private static bool HoldsSurrogateEscape(ReadOnlySpan<byte> body) => body.IndexOf("\\ud"u8) >= 0 || body.IndexOf("\\uD"u8) >= 0;

    private static JsonElement Parsed(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
        return document.RootElement.Clone();
    }

    private static JsonElement Parsed(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64 });
        return document.RootElement.Clone();
    }

    internal override string? Text(string name) => Get(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw RefusalException.Field(name, "is not a string"),
    };

    internal override bool Flag(string name) => Get(name)?.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw RefusalException.Field(name, "is not true or false"),
    };

    internal override double? Number(string name) => Get(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) => number,
        _ => throw RefusalException.Field(name, "is not a number"),
    };

    internal override JsonElement? Object(string name) => Get(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => value,
        _ => throw RefusalException.Field(name, "is not an object"),
    };

    private JsonElement? Get(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}

internal sealed class FormFields(IReadOnlyDictionary<string, string> fields) : SendFields
{
    internal override string? Text(string name) => fields.GetValueOrDefault(name);

    internal override bool Flag(string name) => fields.GetValueOrDefault(name) switch
    {
        null or "" or "false" => false,
        "true" => true,
        _ => throw RefusalException.Field(name, "is not true or false"),
    };

    internal override double? Number(string name) => fields.GetValueOrDefault(name) switch
    {
        null or "" => null,
        var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw RefusalException.Field(name, "is not a number"),
    };

    internal override JsonElement? Object(string name)
    {
        if (fields.GetValueOrDefault(name) is not { Length: > 0 } text)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw RefusalException.Field(name, "is not an object");
        }
        catch (JsonException)
        {
            throw RefusalException.Field(name, "is not JSON");
        }
    }
}
