using System.Buffers.Text;
using System.Text.Json;

namespace Notify.Gateway.Tokens;

/// <summary>What a token must not hold although it is signed rightly; the library passes over it.</summary>
internal static class StrictJwt
{
    private static readonly JsonDocumentOptions OnceEach = new() { AllowDuplicateProperties = false };

    private static readonly string[] Demands = ["crit", "b64", "zip"];

    /// <summary>
    /// Whether a token can be taken at its word: each member of header and claims stands there once (RFC 7515, section 4; RFC 7519, section 4), and the header has
    /// nothing that this gateway would have to understand and does not: <c>crit</c> (RFC 7515, section 4.1.11), a payload that is not encoded (RFC 7797) or compressed.
    /// </summary>
    /// <param name="token">It.</param>
    /// <param name="subject">Whose it is; null where that is no text. The library makes one of a number, and a user may be called 7.</param>
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
