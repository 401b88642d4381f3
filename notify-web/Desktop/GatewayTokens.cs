using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Web.Desktop;

/// <summary>A token for the gateway.</summary>
/// <param name="Id">Its <c>jti</c>, by which it can be taken back.</param>
/// <param name="Text">The token itself: a secret.</param>
/// <param name="ExpiresAt">From then on it counts no more; whole seconds.</param>
internal sealed record GatewayToken(string Id, string Text, DateTimeOffset ExpiresAt);

/// <summary>Makes the tokens that the gateway takes (specification, sections 12 and 13): HS256, for one user, with an end.</summary>
/// <remarks>Signed with the secret in use; the one before is only still accepted by the gateway while it is being replaced.</remarks>
internal sealed class GatewayTokens(WebSettings settings, TimeProvider time)
{
    /// <summary>For an open page, which gets itself a new one before.</summary>
    internal static readonly TimeSpan PageLife = TimeSpan.FromMinutes(10);

    /// <summary>For a device, which its user renews.</summary>
    internal static readonly TimeSpan DeviceLife = TimeSpan.FromDays(30);

    private const string Issuer = "notify-web";
    private const string Audience = "notify-gateway";

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _credentials = new(
        new SymmetricSecurityKey(Encoding.UTF8.GetBytes(settings.JwtSecret)),
        SecurityAlgorithms.HmacSha256
    );

    /// <summary>For a device.</summary>
    internal GatewayToken MakeForDevice(UserName user) =>
        Make(user, DeviceLife, Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16)));

    /// <summary>For the pages of a session, under the id that <see cref="PageStore"/> has for them; it lives no longer than the session does.</summary>
    internal GatewayToken MakeForPage(UserName user, string id, DateTimeOffset sessionEnds)
    {
        var left = sessionEnds - time.GetUtcNow();
        return Make(user, left < PageLife ? left : PageLife, id);
    }

    private GatewayToken Make(UserName user, TimeSpan life, string id)
    {
        var now = time.GetUtcNow();
        var end = DateTimeOffset.FromUnixTimeSeconds((now + life).ToUnixTimeSeconds());
        var text = _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = Issuer,
                Audience = Audience,
                IssuedAt = now.UtcDateTime,
                Expires = end.UtcDateTime,
                Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = user.Value, ["jti"] = id },
                SigningCredentials = _credentials,
            }
        );
        return new GatewayToken(id, text, end);
    }
}
