using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using Claims = OpenIddict.Abstractions.OpenIddictConstants.Claims;

namespace Notify.Sandbox.Google;

/// <summary>
/// Writes the ID token: Google's claims in Google's shapes, none of the library's own, signed with the current key. The faults that are
/// about the token are played here.
/// </summary>
internal sealed class IdTokenWriter(GoogleWorld world)
{
    private static readonly TimeSpan Lifetime = OpenIddictSetup.TokenLifetime;
    private static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    // SetDefaultTimesOnTokenCreation would add the machine's clock to a token that has its times from the sandbox's.
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <param name="principal">The claims that go into it.</param>
    /// <param name="clientId">For whom it is.</param>
    public string Write(ClaimsPrincipal principal, string clientId)
    {
        var fault = world.Faults.Next(f => f.Kind is not (GoogleFaultKind.Token500 or GoogleFaultKind.Hang));
        var now = world.Time.GetUtcNow();
        var begin = fault switch
        {
            GoogleFaultKind.ExpiredToken => now - Lifetime - Lifetime,
            GoogleFaultKind.NotYetValid => now + Lifetime,
            _ => now,
        };
        var audience = fault == GoogleFaultKind.WrongAudience ? "another-" + clientId : clientId;
        var claims = new JsonObject
        {
            [Claims.Issuer] = fault == GoogleFaultKind.WrongIssuer ? "https://accounts.example.net" : world.Issuer,
            [Claims.AuthorizedParty] = audience,
            [Claims.Audience] = audience,
            [Claims.Subject] = principal.GetClaim(Claims.Subject),
        };
        Copy(GoogleClaims.WorkspaceDomain);
        Copy(Claims.Email);
        if (principal.GetClaim(Claims.EmailVerified) is { } isVerified && fault != GoogleFaultKind.NoEmailVerified)
        {
            claims[Claims.EmailVerified] = isVerified == "true";
        }
        // Somebody who makes up a token leaves it out: a client that only looks at the hash must not be saved by it.
        if (fault != GoogleFaultKind.AlgNone)
        {
            Copy(Claims.AccessTokenHash);
        }

        if (fault == GoogleFaultKind.WrongNonce)
        {
            claims[Claims.Nonce] = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
        }
        else if (fault != GoogleFaultKind.NoNonce)
        {
            Copy(Claims.Nonce);
        }

        Copy(Claims.Name);
        Copy(Claims.GivenName);
        Copy(Claims.FamilyName);
        if (fault == GoogleFaultKind.NotYetValid)
        {
            claims[Claims.NotBefore] = begin.ToUnixTimeSeconds();
        }

        claims[Claims.IssuedAt] = begin.ToUnixTimeSeconds();
        claims[Claims.ExpiresAt] = (begin + Lifetime).ToUnixTimeSeconds();

        var payload = claims.ToJsonString(Plain);
        return fault switch
        {
            GoogleFaultKind.AlgNone =>
                $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{Base64UrlEncoder.Encode(payload)}.",
            GoogleFaultKind.BadSignature => WithAnotherSignature(Signed(payload)),
            _ => Signed(payload),
        };

        void Copy(string name)
        {
            if (principal.GetClaim(name) is { } value)
            {
                claims[name] = value;
            }
        }
    }

    private string Signed(string payload) => _handler.CreateToken(payload, world.Keys.Current);

    private static string WithAnotherSignature(string token)
    {
        var begin = token.LastIndexOf('.') + 1;
        var signature = Base64UrlEncoder.DecodeBytes(token[begin..]);
        signature[^1] ^= 1;
        return token[..begin] + Base64UrlEncoder.Encode(signature);
    }
}
