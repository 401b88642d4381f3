using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Notify.Web.Login;

/// <summary>A login that goes on: who it is, and what was said about them when they logged in.</summary>
/// <param name="Id">Random; what <see cref="EndedSessions"/> remembers.</param>
/// <param name="User">The Unix user.</param>
/// <param name="Account">What the provider said.</param>
public sealed record Session(string Id, UserName User, GoogleAccount Account)
{
    private const string IdClaim = "session";
    private const string UserClaim = "user";
    private const string EmailClaim = "email";
    private const string VerifiedClaim = "email_verified";
    private const string HostedDomainClaim = "hd";

    /// <summary>A new session.</summary>
    public static Session Begin(UserName user, GoogleAccount account) => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), user, account);

    /// <summary>The session that a principal is made of; null where it is made of something else.</summary>
    public static Session? Of(ClaimsPrincipal? principal) =>
        principal?.Identity is ClaimsIdentity { IsAuthenticated: true } identity
        && identity.FindFirst(IdClaim)?.Value is { } id
        && UserName.TryParse(identity.FindFirst(UserClaim)?.Value, out var user)
        && identity.FindFirst(EmailClaim)?.Value is { } email
            ? new Session(id, user, new GoogleAccount(email, identity.FindFirst(VerifiedClaim)?.Value == "true", identity.FindFirst(HostedDomainClaim)?.Value))
            : null;

    /// <summary>The principal that goes into the cookie. Anti-forgery tokens are bound to all of its claims, and so to this session.</summary>
    public ClaimsPrincipal ToPrincipal()
    {
        List<Claim> claims = [new(IdClaim, Id), new(UserClaim, User.Value), new(EmailClaim, Account.Email), new(VerifiedClaim, Account.EmailVerified ? "true" : "false")];
        if (Account.HostedDomain is { } domain)
        {
            claims.Add(new Claim(HostedDomainClaim, domain));
        }

        return new ClaimsPrincipal(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme, UserClaim, roleType: null));
    }
}

/// <summary>Who is logged in, for pages and routes.</summary>
public static class SessionExtensions
{
    /// <summary>The session of a request that has passed the login.</summary>
    public static Session Session(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Login.Session.Of(context.User) ?? throw new InvalidOperationException("Nobody is logged in: this route must not be open.");
    }

    /// <summary>The user of a request that has passed the login: the only one that anything in it may be about.</summary>
    public static UserName UserName(this HttpContext context) => context.Session().User;
}
