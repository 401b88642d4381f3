using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Gateway.Tokens;

/// <summary>Checks a client's token: a JWT that the dashboard signed for one user.</summary>
/// <param name="settings">The secrets, with any of which it may be signed.</param>
/// <param name="revoked">Revoked tokens.</param>
/// <param name="time">The clock for start and expiry.</param>
public sealed class TokenValidator(GatewaySettings settings, RevokedTokens revoked, TimeProvider time)
{
    /// <summary>The issuer (<c>iss</c>).</summary>
    public const string Issuer = "notify-web";

    /// <summary>The audience (<c>aud</c>).</summary>
    public const string Audience = "notify-gateway";

    /// <summary>
    /// How far ahead the issuer's clock may be for <c>nbf</c>. The expiry has no such
    /// allowance: token and connection end exactly then.
    /// </summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Longest <c>jti</c> in characters.</summary>
    public const int MaxIdLength = 128;

    private readonly JsonWebTokenHandler _handler = new();

    private readonly TokenValidationParameters _parameters = new()
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        IssuerSigningKeys = [.. settings.Secrets.Select(secret => new SymmetricSecurityKey(secret))],
        RequireSignedTokens = true,
        ValidateIssuerSigningKey = true,
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        RequireAudience = true,
        ValidateLifetime = true,
        LifetimeValidator = (begins, ends, _, _) => IsNow(begins, ends, time.GetUtcNow().UtcDateTime),
    };

    /// <summary>Checks a token.</summary>
    public async Task<TokenValidationResult> CheckAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _parameters);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt)
        {
            return new TokenValidationResult.Refused(Sentence(result.Exception));
        }

        if (!StrictJwt.IsPlain(token, out var subject))
        {
            return new TokenValidationResult.Refused(
                "The token has an unknown or repeated claim. Get a new one from the dashboard."
            );
        }

        if (!UserName.TryParse(subject, out var user))
        {
            return new TokenValidationResult.Refused("The token names no user.");
        }

        var id = jwt.Id is { Length: > 0 } jti ? jti : null;
        if (id is { Length: > MaxIdLength })
        {
            return new TokenValidationResult.Refused("The token's id is too long.");
        }

        return id is not null && revoked.Contains(id)
            ? new TokenValidationResult.Refused(RevokedSentence)
            : new TokenValidationResult.Accepted(user, id, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero));
    }

    /// <summary>The sentence for a revoked token.</summary>
    public const string RevokedSentence = "The token was revoked. Get a new one from the dashboard.";

    /// <summary>The sentence for an expired token.</summary>
    public const string EndedSentence = "The token has expired. Get a new one from the dashboard.";

    private static bool IsNow(DateTime? begins, DateTime? ends, DateTime now)
    {
        if (ends is null)
        {
            throw new SecurityTokenNoExpirationException();
        }

        if (ends <= now)
        {
            throw new SecurityTokenExpiredException();
        }

        return begins is null || begins <= now + ClockSkew ? true : throw new SecurityTokenNotYetValidException();
    }

    private static string Sentence(Exception? wrong) =>
        wrong switch
        {
            SecurityTokenExpiredException => EndedSentence,
            SecurityTokenNotYetValidException =>
                "The token is not valid yet: this machine's clock and the dashboard's differ.",
            SecurityTokenNoExpirationException => "The token has no expiry.",
            SecurityTokenInvalidIssuerException => "The token is not from the dashboard.",
            SecurityTokenInvalidAudienceException => "The token is not for the gateway.",
            SecurityTokenInvalidAlgorithmException => "The token is not signed with HS256.",
            SecurityTokenMalformedException or ArgumentException => "This is not a token.",
            _ => "The token's signature is invalid. Get a new one from the dashboard.",
        };
}
