using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Notify.Web.Login;

namespace Notify.Web.Hosting;

/// <summary>
/// What scripts ask for (<c>/api</c>, and <c>/fragments</c> of the page) is answered with 401 where nobody is logged in, before anything else of the request is looked
/// at. A redirect to a login page would be of no use to them, and starting a login would leave cookies behind at every call.
/// </summary>
internal sealed class ApiAuthMiddleware(RequestDelegate next, WebSettings settings)
{
    internal static bool IsForScripts(PathString path) => Lies(path, "/api") || Lies(path, "/fragments");

    /// <summary>What an open page asks without anybody's doing.</summary>
    internal static bool IsAskedByItself(PathString path) =>
        Lies(path, "/api/events")
        || Lies(path, "/fragments")
        || Lies(path, "/api/desktop/token")
        || Lies(path, "/api/notifications/images");

    /// <summary>As routes are matched: capitals don't count.</summary>
    private static bool Lies(PathString path, string under) =>
        path.StartsWithSegments(under, StringComparison.OrdinalIgnoreCase);

    public async Task InvokeAsync(HttpContext context)
    {
        if (IsForScripts(context.Request.Path))
        {
            var result = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            if (Session.Of(result.Principal) is null)
            {
                throw new ApiException(
                    StatusCodes.Status401Unauthorized,
                    $"You are not logged in, or your session has ended. Log in at {settings.PublicUrl}."
                );
            }
        }

        await next(context);
    }
}
