using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Notify.Http;
using Notify.Web.Login;

namespace Notify.Web.Middleware;

/// <summary>
/// Answers requests of scripts (<c>/api</c>, and <c>/fragments</c> of the page) with 401 if nobody is logged in, before any other check. Scripts can't use a redirect to a
/// login page, and each started login would leave cookies behind.
/// </summary>
internal sealed class ApiAuthMiddleware(RequestDelegate next, WebSettings settings)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (WebPaths.IsForScripts(context.Request.Path))
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
