using System.Text.Json.Serialization;

namespace Notify.Contracts;

// What is said on the gateway's dispatch socket, and what clients are told (docs/gateway.md). The gateway checks what it reads, so members of calls may be null.

/// <summary>A notification for desktops and pages. Everything but the id may be null.</summary>
/// <param name="Id">Its id; clients show an id once.</param>
/// <param name="Title">Literal text.</param>
/// <param name="Message">Markdown.</param>
/// <param name="Script">Its script.</param>
/// <param name="Timestamp">When it was accepted, as text.</param>
/// <param name="ImageUrl">The address of its chart on the dashboard.</param>
public sealed record DispatchedNotification(
    string? Id,
    string? Title,
    string? Message,
    string? Script,
    string? Timestamp,
    string? ImageUrl
);

/// <summary><c>POST /dispatch</c>: passes a notification on.</summary>
/// <param name="User">To whose connections.</param>
/// <param name="Notification">The notification.</param>
public sealed record DispatchCall(string? User, DispatchedNotification? Notification);

/// <summary>A notification was passed on.</summary>
/// <param name="Sent">To how many connections.</param>
public sealed record DispatchAnswer(int Sent);

/// <summary><c>POST /revoke</c>: ends a token before its time.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="Until">When it would have ended by itself, as text.</param>
public sealed record RevokeCall(string? Id, string? Until);

/// <summary>A token was revoked.</summary>
/// <param name="Cut">How many connections ended.</param>
public sealed record RevokeAnswer(int Cut);

/// <summary><c>GET /health</c> of the gateway.</summary>
/// <param name="Status">In a word.</param>
/// <param name="Connections">How many there are.</param>
/// <param name="Users">How many each user has.</param>
public sealed record GatewayHealth(HealthState Status, int Connections, IReadOnlyDictionary<string, int>? Users);

/// <summary>What the gateway tells a client. The type says which members there are.</summary>
/// <param name="Type"><c>notification</c>, <c>ping</c>, <c>auth_ok</c> or <c>auth_error</c>.</param>
/// <param name="Id">Of a notification, as the next five.</param>
/// <param name="Title">As in <see cref="DispatchedNotification"/>.</param>
/// <param name="Message">As in <see cref="DispatchedNotification"/>; of <c>auth_error</c>, why.</param>
/// <param name="Script">As in <see cref="DispatchedNotification"/>.</param>
/// <param name="Timestamp">As in <see cref="DispatchedNotification"/>.</param>
/// <param name="ImageUrl">As in <see cref="DispatchedNotification"/>.</param>
/// <param name="Username">Of <c>auth_ok</c>: the token's user.</param>
public sealed record GatewayMessage(
    string? Type,
    string? Id = null,
    string? Title = null,
    string? Message = null,
    string? Script = null,
    string? Timestamp = null,
    string? ImageUrl = null,
    string? Username = null
);

/// <summary>What a client tells the gateway.</summary>
/// <param name="Type"><c>auth</c> or <c>pong</c>.</param>
/// <param name="Token">Of <c>auth</c>.</param>
public sealed record ClientMessage(string? Type, string? Token = null);

/// <summary>JSON of the gateway.</summary>
[JsonSerializable(typeof(DispatchCall))]
[JsonSerializable(typeof(DispatchAnswer))]
[JsonSerializable(typeof(RevokeCall))]
[JsonSerializable(typeof(RevokeAnswer))]
[JsonSerializable(typeof(GatewayHealth))]
[JsonSerializable(typeof(GatewayMessage))]
[JsonSerializable(typeof(ClientMessage))]
[JsonSerializable(typeof(ErrorAnswer))]
public sealed partial class GatewayContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static GatewayContract Json { get; } = new(WireJson.NewOptions());
}
