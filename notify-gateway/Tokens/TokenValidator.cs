using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Notify.Gateway.Tokens;

/// <summary>Checks a client's token: a JWT that the dashboard signed for one user (specification, section 13).</summary>
/// <param name="secrets">With any of which it may be signed.</param>
/// <param name="revoked">Those that count no more.</param>
/// <param name="time">The clock by which tokens begin and end.</param>
public sealed class TokenValidator(IReadOnlyList<byte[]> secrets, RevokedTokens revoked, TimeProvider time)
{
    /// <summary>Who signs tokens (<c>iss</c>).</summary>
    public const string Issuer = "notify-web";

    /// <summary>Whom they are for (<c>aud</c>).</summary>
    public const string Audience = "notify-gateway";

    /// <summary>
    /// How much later than this machine's the clock may be that made a token which begins at once (<c>nbf</c>). There is no such allowance at
    /// the end: a token ends when it says, and with it the connection.
    /// </summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Longest <c>jti</c> in characters.</summary>
    public const int LongestId = 128;

    private readonly JsonWebTokenHandler _handler = new();

    private readonly TokenValidationParameters _parameters = new()
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        IssuerSigningKeys = [.. secrets.Select(secret => new SymmetricSecurityKey(secret))],
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
                "The token asks for what the gateway does not know, or says something twice. Get a new one from the dashboard."
            );
        }

        if (!UserName.TryParse(subject, out var user))
        {
            return new TokenValidationResult.Refused("The token names no user.");
        }

        var id = jwt.Id is { Length: > 0 } jti ? jti : null;
        if (id is { Length: > LongestId })
        {
            return new TokenValidationResult.Refused("The token's id is too long.");
        }

        return id is not null && revoked.Contains(id)
            ? new TokenValidationResult.Refused(RevokedSentence)
            : new TokenValidationResult.Accepted(user, id, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero));
    }

    /// <summary>What a client is told whose token was taken back.</summary>
    public const string RevokedSentence = "The token was revoked. Get a new one from the dashboard.";

    /// <summary>What a client is told whose token is over.</summary>
    public const string EndedSentence = "The token has ended. Get a new one from the dashboard.";

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
            SecurityTokenNoExpirationException => "The token does not say when it ends.",
            SecurityTokenInvalidIssuerException => "The token is not the dashboard's.",
            SecurityTokenInvalidAudienceException => "The token is not for the gateway.",
            SecurityTokenInvalidAlgorithmException => "The token is not signed with HS256.",
            SecurityTokenMalformedException or ArgumentException => "That is not a token.",
            _ => "The token's signature is not the dashboard's. Get a new one from the dashboard.",
        };
}
