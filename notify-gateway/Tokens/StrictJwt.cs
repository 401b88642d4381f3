using System.Buffers.Text;
using System.Text.Json;

namespace Notify.Gateway.Tokens;

/// <summary>Checks of a correctly signed token that the library lacks.</summary>
internal static class StrictJwt
{
    private static readonly JsonDocumentOptions OnceEach = new() { AllowDuplicateProperties = false };

    private static readonly string[] Demands = ["crit", "b64", "zip"];

    /// <summary>
    /// Whether no member of header and claims is repeated (RFC 7515, section 4; RFC 7519, section 4), and the header needs
    /// nothing that the gateway lacks: <c>crit</c> (RFC 7515, section 4.1.11), an unencoded (RFC 7797) or compressed payload.
    /// </summary>
    /// <param name="token">The token.</param>
    /// <param name="subject">Its user; null if that is not text. The library turns a number into text, and a user may be named 7.</param>
    internal static bool IsPlain(string token, out string? subject)
    {
        subject = null;
        var parts = token.Split('.');
        try
        {
            using var header = Read(parts[0]);
            using var claims = Read(parts[1]);
            subject =
                claims.RootElement.TryGetProperty("sub", out var sub) && sub.ValueKind == JsonValueKind.String
                    ? sub.GetString()
                    : null;
            return !Demands.Any(name => header.RootElement.TryGetProperty(name, out _));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private static JsonDocument Read(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part), OnceEach);
}
