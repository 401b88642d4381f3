using System.Text.Json;
using Notify.Contracts;

namespace Notify.Gateway.Connections;

/// <summary>Messages of a client. Other members are ignored.</summary>
internal static class FromClient
{
    /// <summary>Parses a text; null if it is not in the protocol.</summary>
    internal static ClientMessage? TryRead(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, GatewayContract.Json.ClientMessage);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The gateway's messages to clients.</summary>
internal static class ToClient
{
    internal static readonly ReadOnlyMemory<byte> Ping = Text(new GatewayMessage("ping"));

    internal static ReadOnlyMemory<byte> AuthOk(UserName user) =>
        Text(new GatewayMessage("auth_ok", Username: user.Value));

    internal static ReadOnlyMemory<byte> AuthError(string message) =>
        Text(new GatewayMessage("auth_error", Message: message));

    internal static ReadOnlyMemory<byte> Notification(DispatchedNotification sent) =>
        Text(
            new GatewayMessage(
                "notification",
                sent.Id,
                sent.Title,
                sent.Message,
                sent.Script,
                sent.Timestamp,
                sent.ImageUrl
            )
        );

    private static ReadOnlyMemory<byte> Text(GatewayMessage message) =>
        JsonSerializer.SerializeToUtf8Bytes(message, GatewayContract.Json.GatewayMessage);
}
