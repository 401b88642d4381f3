using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Notify.Web.Login;

/// <summary>
/// Bounds the cookies of unfinished logins: two each, of some 300 bytes, for 15 minutes. Without a bound they pile up until web servers refuse the browser's requests,
/// including the login.
/// </summary>
internal static class LoginCookies
{
    /// <summary>Most unfinished logins in one browser, in as many tabs.</summary>
    internal const int MaxLogins = 3;

    /// <summary>Most cookies of each kind that one answer removes: nginx takes 4 kB of headers from us.</summary>
    private const int MaxRemoved = MaxLogins + 1;

    /// <summary>Makes room for one more login and keeps the newest ones. Browsers send the oldest first (RFC 6265, section 5.4).</summary>
    internal static void MakeRoom(HttpContext context, OpenIdConnectOptions options) =>
        TakeAway(context, options, keep: MaxLogins - 1);

    /// <summary>Removes all of them after a login.</summary>
    internal static void TakeAllAway(HttpContext context, OpenIdConnectOptions options) =>
        TakeAway(context, options, keep: 0);

    private static void TakeAway(HttpContext context, OpenIdConnectOptions options, int keep)
    {
        foreach (var cookie in new[] { options.CorrelationCookie, options.NonceCookie })
        {
            var known = context
                .Request.Cookies.Keys.Where(name => name.StartsWith(cookie.Name!, StringComparison.Ordinal))
                .ToList();
            foreach (var name in known.Take(Math.Min(known.Count - keep, MaxRemoved)))
            {
                context.Response.Cookies.Delete(name, cookie.Build(context));
            }
        }
    }
}
