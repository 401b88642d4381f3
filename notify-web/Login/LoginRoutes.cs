using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Notify.Web.Desktop;

namespace Notify.Web.Login;

/// <summary>POST /logout ends a session. (The way in is Page/Login.cshtml.)</summary>
internal static class LoginRoutes
{
    internal static void MapLogout(this IEndpointRouteBuilder routes) => routes.MapPost(WebPaths.Logout, EndAsync);

    private static async Task EndAsync(HttpContext context)
    {
        try
        {
            await context
                .RequestServices.GetRequiredService<RevokedSessions>()
                .EndAsync(context.Session().Id, context.RequestAborted);
        }
        catch (IOException)
        {
            // Logged. The session has still ended for this process's life, and for this browser for good.
        }

        await context.RequestServices.GetRequiredService<Revocations>().TellOfEndAsync(context.Session().Id);
        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        context.Response.Redirect(context.Request.PathBase + "/login?signed-out");
    }
}
