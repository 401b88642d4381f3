using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Sending;

namespace Notify.Bot.SendApi;

/// <summary>The fields of a send request, as they came: a JSON object or a form. Null and absent are one. A wrong type is a refusal that names the field.</summary>
internal abstract class SendFields
{
    internal abstract string? Text(string name);

    internal abstract bool Flag(string name, bool otherwise = false);

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
            root = RequestJson.Read(body, SendApiLimits.JsonLevels);
        }
        catch (JsonException e)
        {
            throw RequestJson.FindTooDeep(body.Span, SendApiLimits.JsonLevels) switch
            {
                null => new ApiException(
                    StatusCodes.Status400BadRequest,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The body is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})."
                    )
                ),
                "" => new ApiException(
                    StatusCodes.Status400BadRequest,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The body is nested too deeply: {SendApiLimits.JsonLevels} levels are read at the most."
                    )
                ),
                var field => RequestJson.TooDeep(field),
            };
        }

        return root.ValueKind == JsonValueKind.Object
            ? new JsonFields(root)
            : throw new ApiException(StatusCodes.Status400BadRequest, "The body is not a JSON object.");
    }

    internal override string? Text(string name) =>
        Get(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } value => value.GetString(),
            _ => throw ApiException.Field(name, "is not a string"),
        };

    internal override bool Flag(string name, bool otherwise = false) =>
        Get(name)?.ValueKind switch
        {
            null => otherwise,
            JsonValueKind.False => false,
            JsonValueKind.True => true,
            _ => throw ApiException.Field(name, "is not true or false"),
        };

    internal override double? Number(string name) =>
        Get(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) => number,
            _ => throw ApiException.Field(name, "is not a number"),
        };

    internal override JsonElement? Object(string name) =>
        Get(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Object } value => value,
            _ => throw ApiException.Field(name, "is not an object"),
        };

    private JsonElement? Get(string name) =>
        _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}

internal sealed class FormFields(IReadOnlyDictionary<string, string> fields) : SendFields
{
    /// <summary>Of all fields together, in UTF-16 units.</summary>
    internal long Length => fields.Values.Sum(value => (long)value.Length);

    internal override string? Text(string name) => fields.GetValueOrDefault(name);

    internal override bool Flag(string name, bool otherwise = false) =>
        fields.GetValueOrDefault(name) switch
        {
            null or "" => otherwise,
            "false" => false,
            "true" => true,
            _ => throw ApiException.Field(name, "is not true or false"),
        };

    internal override double? Number(string name) =>
        fields.GetValueOrDefault(name) switch
        {
            null or "" => null,
            var text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) =>
                number,
            _ => throw ApiException.Field(name, "is not a number"),
        };

    internal override JsonElement? Object(string name)
    {
        if (fields.GetValueOrDefault(name) is not { Length: > 0 } text)
        {
            return null;
        }

        // As in a body of JSON, where it is one level further in.
        var json = Encoding.UTF8.GetBytes(text);
        try
        {
            return RequestJson.Read(json, SendApiLimits.FieldLevels) switch
            {
                { ValueKind: JsonValueKind.Null } => null,
                { ValueKind: JsonValueKind.Object } value => value,
                _ => throw ApiException.Field(name, "is not an object"),
            };
        }
        catch (JsonException)
        {
            throw RequestJson.FindTooDeep(json, SendApiLimits.FieldLevels) is null
                ? ApiException.Field(name, "is not JSON")
                : RequestJson.TooDeep(name);
        }
    }
}
