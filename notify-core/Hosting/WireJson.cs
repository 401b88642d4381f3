using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notify.Hosting;

/// <summary>How the programs write JSON to each other and to callers, alike everywhere: snake_case, what does not apply left out, letters as they are.</summary>
public static class WireJson
{
    /// <summary>Options of that kind, for a context of source-generated types.</summary>
    public static JsonSerializerOptions NewOptions()
    {
        var options = new JsonSerializerOptions();
        Set(options);
        return options;
    }

    /// <summary>Makes options so.</summary>
    public static void Set(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        // It is never part of a page. Escapes would take up to six bytes for a letter, and limits count bytes.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    }
}
