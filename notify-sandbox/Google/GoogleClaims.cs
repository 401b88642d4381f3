using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Notify.Sandbox.Google;

/// <summary>Google's own claims, and which scope brings which (https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload).</summary>
internal static class GoogleClaims
{
    /// <summary>The Workspace domain; as a parameter of a request, the one that the client would like.</summary>
    public const string WorkspaceDomain = "hd";

    public static bool IsGranted(string claim, IReadOnlyCollection<string> scopes) =>
        claim switch
        {
            Claims.Email or Claims.EmailVerified => scopes.Contains(Scopes.Email, StringComparer.Ordinal),
            Claims.Name or Claims.GivenName or Claims.FamilyName => scopes.Contains(
                Scopes.Profile,
                StringComparer.Ordinal
            ),
            WorkspaceDomain => scopes.Contains(Scopes.Email, StringComparer.Ordinal)
                || scopes.Contains(Scopes.Profile, StringComparer.Ordinal),
            _ => true,
        };
}
