using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Web.Desktop;

/// <summary>A token for the gateway.</summary>
/// <param name="Id">Its <c>jti</c>, for revoking it.</param>
/// <param name="Text">The token itself: a secret.</param>
/// <param name="ExpiresAt">Its expiry, in whole seconds.</param>
internal sealed record GatewayToken(string Id, string Text, DateTimeOffset ExpiresAt);

/// <summary>Creates tokens for the gateway: HS256, for one user, with an expiry.</summary>
/// <remarks>Signed with the current secret. The gateway also accepts the earlier one while it is being replaced.</remarks>
internal sealed class GatewayTokens(WebSettings settings, TimeProvider time)
{
    /// <summary>Life of a page's token; the page renews it.</summary>
    internal static readonly TimeSpan PageLife = TimeSpan.FromMinutes(10);

    /// <summary>Life of a device's token; its user renews it.</summary>
    internal static readonly TimeSpan DeviceLife = TimeSpan.FromDays(30);

    private const string Issuer = "notify-web";
    private const string Audience = "notify-gateway";

    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SigningCredentials _credentials = new(
        new SymmetricSecurityKey(Encoding.UTF8.GetBytes(settings.JwtSecret)),
        SecurityAlgorithms.HmacSha256
    );

    /// <summary>Creates a token for a device.</summary>
    internal GatewayToken MakeForDevice(UserName user) =>
        Make(user, DeviceLife, Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16)));

    /// <summary>Creates a token for a session's pages, with their id in <see cref="PageStore"/>. It expires with the session at the latest.</summary>
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
