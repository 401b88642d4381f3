using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notify.Gateway.Tokens;

/// <summary>A time in JSON: ISO 8601 in UTC, such as <c>2026-03-01T08:00:00Z</c>.</summary>
public sealed class UtcTime : JsonConverter<DateTimeOffset>
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    /// <summary>Reads a time. Without an offset it counts as UTC.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            text,
            Form,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out time
        );

    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var time)
            ? time
            : throw new JsonException("not a time such as 2026-03-01T08:00:00Z");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture));
    }
}
