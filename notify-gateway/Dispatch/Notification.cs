using System.Text.Json;
using System.Text.Json.Serialization;
using Notify.Hosting;

namespace Notify.Gateway.Dispatch;

/// <summary>A notification as it comes in <c>POST /dispatch</c>. All but the id may be left out or null; other members mean nothing.</summary>
internal sealed record Notification(
    string? Id,
    string? Title,
    string? Message,
    string? Script,
    string? Timestamp,
    string? ImageUrl
)
{
    /// <summary>Longest id in characters.</summary>
    internal const int LongestId = 200;

    /// <summary>As clients get it.</summary>
    internal ReadOnlyMemory<byte> ForClients() =>
        JsonSerializer.SerializeToUtf8Bytes(
            new NotificationText("notification", Id!, Title, Message, Script, Timestamp, ImageUrl),
            DispatchJson.Own.NotificationText
        );
}

/// <summary>A notification as clients get it.</summary>
internal sealed record NotificationText(
    string Type,
    string Id,
    string? Title,
    string? Message,
    string? Script,
    string? Timestamp,
    string? ImageUrl
);

/// <summary><c>POST /dispatch</c>.</summary>
internal sealed record DispatchCall(string? User, Notification? Notification);

/// <summary><c>POST /revoke</c>.</summary>
internal sealed record RevokeCall(string? Id, string? Until);

internal sealed record DispatchAnswer(int Sent);

internal sealed record RevokeAnswer(int Cut);

internal sealed record HealthAnswer(string Status, int Connections, SortedDictionary<string, int> Users);

internal sealed record ErrorAnswer(string Error);

[JsonSerializable(typeof(DispatchCall))]
[JsonSerializable(typeof(RevokeCall))]
[JsonSerializable(typeof(NotificationText))]
[JsonSerializable(typeof(DispatchAnswer))]
[JsonSerializable(typeof(RevokeAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(Tokens.RevokedList))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class DispatchJson : JsonSerializerContext
{
    internal static DispatchJson Own { get; } = new(WireJson.NewOptions());
}
