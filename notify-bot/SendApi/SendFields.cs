using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Contracts;
using Notify.Http;

namespace Notify.Bot.SendApi;

/// <summary>The fields of a send request, from a JSON object or a form. Null counts as absent. A wrong type is refused with the field's name.</summary>
internal abstract class SendFields
{
    internal abstract string? Text(string name);

    internal abstract bool Flag(string name, bool otherwise = false);

    internal abstract double? Number(string name);

    internal abstract JsonElement? Object(string name);

    /// <summary>A value of any kind: in a form, JSON text.</summary>
    internal abstract JsonElement? Value(string name);

    /// <summary>A list of texts. A form has none: its files are parts.</summary>
    internal abstract IReadOnlyList<string> Texts(string name);
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
                        $"The body is nested too deeply: {SendApiLimits.JsonLevels} levels are the limit."
                    )
                ),
                var field => RequestJson.TooDeep(field),
            };
        }

        return root.ValueKind == JsonValueKind.Object
            ? new JsonFields(root)
            : throw new ApiException(StatusCodes.Status400BadRequest, "The body is not a JSON object.");
    }

    /// <summary>The fields of an object within a body; null for anything else.</summary>
    internal static JsonFields? Of(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? new JsonFields(value) : null;

    internal override string? Text(string name) =>
        Get(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } value => value.GetString(),
            _ => throw ApiException.Field(name, "is not a string"),
        };

    internal IReadOnlyList<JsonElement>? List(string name) =>
        Get(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray()],
            _ => throw ApiException.Field(name, "is not a list"),
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

    internal override JsonElement? Value(string name) => Get(name);

    internal override IReadOnlyList<string> Texts(string name) =>
        [
            .. (List(name) ?? []).Select(item =>
                item.ValueKind == JsonValueKind.String
                    ? item.GetString()!
                    : throw ApiException.Field(name, "is not a list of strings")
            ),
        ];

    private JsonElement? Get(string name) =>
        _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}

internal sealed class FormFields(IReadOnlyDictionary<string, string> fields) : SendFields
{
    /// <summary>Total length of all fields, in UTF-16 units.</summary>
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

    internal override JsonElement? Object(string name) =>
        Value(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Object } value => value,
            _ => throw ApiException.Field(name, "is not an object"),
        };

    internal override IReadOnlyList<string> Texts(string name) =>
        fields.GetValueOrDefault(name) is { Length: > 0 }
            ? throw ApiException.Field(
                name,
                $"has paths only in JSON: in a form, send the files as parts '{SendField.Photos}' or '{SendField.Files}'"
            )
            : [];

    internal override JsonElement? Value(string name)
    {
        if (fields.GetValueOrDefault(name) is not { Length: > 0 } text)
        {
            return null;
        }

        // As in a JSON body, where it is one level deeper.
        var json = Encoding.UTF8.GetBytes(text);
        try
        {
            return RequestJson.Read(json, SendApiLimits.FieldLevels) switch
            {
                { ValueKind: JsonValueKind.Null } => null,
                var value => value,
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
