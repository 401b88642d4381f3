using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Contracts;

namespace Notify.Web;

/// <summary>The API's JSON, also that of events and of files in the state folder.</summary>
internal static class ApiJson
{
    internal static JsonSerializerOptions Options { get; } = Make();

    internal static void Set(JsonSerializerOptions options)
    {
        WireJson.Set(options);
        options.NumberHandling = JsonNumberHandling.Strict;
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Set(options);
        return options;
    }
}
