using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Notify.Web.Login;

/// <summary>
/// The cookies of logins that were begun: two each, of some 300 bytes, for 15 minutes. Left alone they pile up until web servers refuse the browser's requests, and
/// with them the login.
/// </summary>
internal static class LoginCookies
{
    /// <summary>Logins that may be under way at once in one browser, in as many tabs.</summary>
    internal const int MostLogins = 3;

    /// <summary>As many of each kind are taken away by one answer: nginx takes 4 kB of headers from us.</summary>
    private const int MostTakenAway = MostLogins + 1;

    /// <summary>Makes room for one more login: of those that the browser still knows the newest stay. Browsers send the oldest first (RFC 6265, section 5.4).</summary>
    internal static void MakeRoom(HttpContext context, OpenIdConnectOptions options) =>
        TakeAway(context, options, keep: MostLogins - 1);

    /// <summary>Takes all of them away: somebody has logged in.</summary>
    internal static void TakeAllAway(HttpContext context, OpenIdConnectOptions options) =>
        TakeAway(context, options, keep: 0);

    private static void TakeAway(HttpContext context, OpenIdConnectOptions options, int keep)
    {
        foreach (var cookie in new[] { options.CorrelationCookie, options.NonceCookie })
        {
            var known = context
                .Request.Cookies.Keys.Where(name => name.StartsWith(cookie.Name!, StringComparison.Ordinal))
                .ToList();
            foreach (var name in known.Take(Math.Min(known.Count - keep, MostTakenAway)))
            {
                context.Response.Cookies.Delete(name, cookie.Build(context));
            }
        }
    }
}
