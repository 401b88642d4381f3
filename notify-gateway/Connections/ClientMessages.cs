using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notify.Gateway.Connections;

/// <summary>What a client says: <c>auth</c> with a token, <c>pong</c>. Other members mean nothing.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Token">Of <c>auth</c>.</param>
internal sealed record FromClient(string? Type, string? Token)
{
    /// <summary>Reads a text; null where it is none of the protocol's.</summary>
    internal static FromClient? TryRead(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ClientMessagesJson.Own.FromClient);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What a client is told. A notification is in <c>Dispatch/Notification</c>.</summary>
internal static class ToClient
{
    internal static readonly ReadOnlyMemory<byte> Ping = "{\"type\":\"ping\"}"u8.ToArray();

    internal static ReadOnlyMemory<byte> AuthOk(UserName user) =>
        JsonSerializer.SerializeToUtf8Bytes(new AuthOk("auth_ok", user.Value), ClientMessagesJson.Own.AuthOk);

    internal static ReadOnlyMemory<byte> AuthError(string message) =>
        JsonSerializer.SerializeToUtf8Bytes(new AuthError("auth_error", message), ClientMessagesJson.Own.AuthError);
}

internal sealed record AuthOk(string Type, string Username);

internal sealed record AuthError(string Type, string Message);

[JsonSerializable(typeof(FromClient))]
[JsonSerializable(typeof(AuthOk))]
[JsonSerializable(typeof(AuthError))]
internal sealed partial class ClientMessagesJson : JsonSerializerContext
{
    /// <summary>Sentences as they are, without escapes for apostrophes.</summary>
    internal static ClientMessagesJson Own { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
