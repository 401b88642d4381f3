using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Notify.Linking;

namespace Notify.Web.Login;

/// <summary>A login session: its user, and the provider's data from the login.</summary>
/// <param name="Id">Random, for <see cref="RevokedSessions"/>.</param>
/// <param name="User">The Unix user.</param>
/// <param name="Account">The provider's data.</param>
/// <param name="UnixAccount">The user's account at the login; null in a cookie of an earlier version, which belongs to the account of its next use.</param>
/// <param name="BegunAt">When it began; null if it is read without its cookie's other properties.</param>
public sealed record Session(
    string Id,
    UserName User,
    GoogleAccount Account,
    AccountId? UnixAccount = null,
    DateTimeOffset? BegunAt = null
)
{
    private const string IdClaim = "session";
    private const string UserClaim = "user";
    private const string EmailClaim = "email";
    private const string VerifiedClaim = "email_verified";
    private const string HostedDomainClaim = "hd";

    /// <summary>Not a claim: anti-forgery tokens are bound to the claims, and tokens of open pages must survive an upgrade.</summary>
    private const string UnixAccountItem = "uid";

    /// <summary>A new session.</summary>
    public static Session Begin(UserName user, GoogleAccount account) =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), user, account);

    /// <summary>The session of a principal; null for another kind of principal.</summary>
    /// <param name="principal">Who it is.</param>
    /// <param name="properties">The cookie's other properties.</param>
    public static Session? Of(ClaimsPrincipal? principal, AuthenticationProperties? properties = null) =>
        principal?.Identity is ClaimsIdentity { IsAuthenticated: true } identity
        && identity.FindFirst(IdClaim)?.Value is { } id
        && UserName.TryParse(identity.FindFirst(UserClaim)?.Value, out var user)
        && identity.FindFirst(EmailClaim)?.Value is { } email
            ? new Session(
                id,
                user,
                new GoogleAccount(
                    email,
                    identity.FindFirst(VerifiedClaim)?.Value == "true",
                    identity.FindFirst(HostedDomainClaim)?.Value
                ),
                UnixAccountOf(properties),
                properties is null ? null : SessionLife.Begun(properties)
            )
            : null;

    /// <summary>Puts the session's account into its cookie.</summary>
    public static void SetUnixAccount(AuthenticationProperties properties, AccountId account)
    {
        ArgumentNullException.ThrowIfNull(properties);
        properties.Items[UnixAccountItem] = account.Uid?.ToString(CultureInfo.InvariantCulture);
    }

    private static AccountId? UnixAccountOf(AuthenticationProperties? properties) =>
        properties is not null
        && properties.Items.TryGetValue(UnixAccountItem, out var text)
        && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
            ? new AccountId(uid)
            : null;

    /// <summary>The principal for the cookie. Anti-forgery tokens are bound to all its claims, and so to this session.</summary>
    public ClaimsPrincipal ToPrincipal()
    {
        List<Claim> claims =
        [
            new(IdClaim, Id),
            new(UserClaim, User.Value),
            new(EmailClaim, Account.Email),
            new(VerifiedClaim, Account.EmailVerified ? "true" : "false"),
        ];
        if (Account.HostedDomain is { } domain)
        {
            claims.Add(new Claim(HostedDomainClaim, domain));
        }

        return new ClaimsPrincipal(
            new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme, UserClaim, roleType: null)
        );
    }
}

/// <summary>The logged-in user, for pages and routes.</summary>
public static class SessionExtensions
{
    /// <summary>The session of a request that has passed the login.</summary>
    public static Session Session(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Login.Session.Of(
                context.User,
                context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties
            ) ?? throw new InvalidOperationException("Nobody is logged in: this route must not be open.");
    }

    /// <summary>The user of a request that has passed the login. The request may act for no other.</summary>
    public static UserName UserName(this HttpContext context) => context.Session().User;
}
