using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Hosting;
using Notify.Scripts;

namespace Notify.Dispatching;

/// <summary>A notification as the gateway passes it on to desktops and pages (specification, section 13). All but the id may be null.</summary>
/// <param name="Id">Its name; clients show a name once.</param>
/// <param name="Title">Literal text.</param>
/// <param name="Message">Markdown.</param>
/// <param name="Script">The script that says it.</param>
/// <param name="Timestamp">When it was accepted.</param>
/// <param name="ImageUrl">Where the dashboard shows its chart.</param>
public sealed record DispatchedNotification(
    string Id,
    string? Title,
    string? Message,
    string? Script,
    DateTimeOffset Timestamp,
    Uri? ImageUrl
);

// What is said on the dispatch socket (docs/gateway.md).

internal sealed record DispatchCall(string User, DispatchedNotification Notification);

internal sealed record DispatchAnswer(int Sent);

internal sealed record RevokeCall(string Id, DateTimeOffset Until);

internal sealed record GatewayHealth(IReadOnlyDictionary<string, int>? Users);

internal sealed record GatewayError(string? Error);

[JsonSerializable(typeof(DispatchCall))]
[JsonSerializable(typeof(DispatchAnswer))]
[JsonSerializable(typeof(RevokeCall))]
[JsonSerializable(typeof(GatewayHealth))]
[JsonSerializable(typeof(GatewayError))]
internal sealed partial class GatewayJson : JsonSerializerContext
{
    internal static GatewayJson Own { get; } = new(WithTimes());

    private static JsonSerializerOptions WithTimes()
    {
        var options = WireJson.NewOptions();
        options.Converters.Add(new UtcSecondsConverter());
        return options;
    }
}
