using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Notify.Web.Login;

/// <summary>POST /logout ends a session. (The way in is Page/Login.cshtml.)</summary>
internal static class LoginRoutes
{
    internal static void MapLogout(this IEndpointRouteBuilder routes) => routes.MapPost("/logout", EndAsync);

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
            // Logged. It has ended all the same as long as this process runs, and for this browser for good.
        }

        await context.RequestServices.GetRequiredService<Desktop.Revocations>().TellOfEndAsync(context.Session().Id);
        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        context.Response.Redirect(context.Request.PathBase + "/login?signed-out");
    }
}
