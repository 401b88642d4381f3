using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Notify.Scripts;
using Notify.Sending;

namespace Notify.Bot.SendApi;

/// <summary>JSON as senders write it, whether it is a body or a field of a form.</summary>
internal static class RequestJson
{
    /// <summary>A field of a longer name is not named.</summary>
    private const int LongestName = 100;

    /// <exception cref="JsonException">It is no JSON, or nested too deeply; <see cref="FindTooDeep"/> says which.</exception>
    internal static JsonElement Read(ReadOnlyMemory<byte> json, int levels)
    {
        // A half of a surrogate pair is valid JSON that throws when it is read; json.dumps writes it for bytes that were no UTF-8.
        // So are bytes that are no UTF-8 at all.
        if ((HoldsSurrogateEscape(json.Span) || !Utf8.IsValid(json.Span)) && LenientJson.Mend(json.Span) is { } whole)
        {
            return Parsed(Encoding.UTF8.GetBytes(whole), levels);
        }

        try
        {
            return Parsed(json, levels);
        }
        catch (JsonException) when (LenientJson.Mend(json.Span) is { } mended)
        {
            return Parsed(Encoding.UTF8.GetBytes(mended), levels);
        }
    }

    /// <summary>Where JSON is nested more deeply than so many levels: the field, or nothing where it is none's; null where that is not what is wrong with it.</summary>
    internal static string? FindTooDeep(ReadOnlySpan<byte> json, int levels)
    {
        if (LenientJson.Mend(json) is not { } whole)
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
                    return field.Length <= LongestName ? field : "";
                }
            }
        }
        catch (JsonException)
        {
            // No JSON, after all.
        }

        return null;
    }

    internal static ApiException TooDeep(string field) =>
        ApiException.Field(
            field,
            string.Create(
                CultureInfo.InvariantCulture,
                $"is nested too deeply: {SendApiLimits.FieldLevels} levels are read at the most"
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
