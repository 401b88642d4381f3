using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Notify.Contracts;
using Notify.Http;
using Notify.Scripts;

namespace Notify.Bot.SendApi;

/// <summary>Parses senders' JSON, in a body or a form's field.</summary>
internal static class RequestJson
{
    /// <summary>Longest field name in an error.</summary>
    private const int MaxNameLength = 100;

    /// <exception cref="JsonException">Not JSON, or nested too deeply; <see cref="FindTooDeep"/> says which.</exception>
    internal static JsonElement Read(ReadOnlyMemory<byte> json, int levels)
    {
        // Half a surrogate pair is valid JSON, but throws when read; json.dumps writes it for bytes that are not UTF-8.
        // Bytes that are not UTF-8 throw too.
        if ((HoldsSurrogateEscape(json.Span) || !Utf8.IsValid(json.Span)) && LenientJson.Repair(json.Span) is { } whole)
        {
            return Parsed(Encoding.UTF8.GetBytes(whole), levels);
        }

        try
        {
            return Parsed(json, levels);
        }
        catch (JsonException) when (LenientJson.Repair(json.Span) is { } repaired)
        {
            return Parsed(Encoding.UTF8.GetBytes(repaired), levels);
        }
    }

    /// <summary>The field that is nested deeper than the limit, or an empty name for the whole body; null if nesting is not the error.</summary>
    internal static string? FindTooDeep(ReadOnlySpan<byte> json, int levels)
    {
        if (LenientJson.Repair(json) is not { } whole)
        {
            return null;
        }

        var reader = new Utf8JsonReader(
            Encoding.UTF8.GetBytes(whole),
            new JsonReaderOptions { MaxDepth = int.MaxValue }
        );
        var field = "";
        try
        {
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 })
                {
                    field = reader.GetString()!;
                }
                else if (
                    reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
                    && reader.CurrentDepth >= levels
                )
                {
                    return field.Length <= MaxNameLength ? field : "";
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON at all.
        }

        return null;
    }

    internal static ApiException TooDeep(string field) =>
        ApiException.Field(
            field,
            string.Create(
                CultureInfo.InvariantCulture,
                $"is nested too deeply: {SendApiLimits.FieldLevels} levels are the limit"
            )
        );

    private static bool HoldsSurrogateEscape(ReadOnlySpan<byte> json) =>
        json.IndexOf("\\ud"u8) >= 0 || json.IndexOf("\\uD"u8) >= 0;

    private static JsonElement Parsed(ReadOnlyMemory<byte> json, int levels)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = levels });
        return document.RootElement.Clone();
    }
}
