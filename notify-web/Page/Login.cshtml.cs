using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>The login page, with the reason for a refusal.</summary>
[AllowAnonymous]
public sealed class LoginModel(WebSettings settings) : PageModel
{
    /// <summary>What went wrong; null before the first try.</summary>
    public LoginProblem? Problem { get; private set; }

    /// <summary>Whether a session has just ended.</summary>
    public bool HasSignedOut => Request.Query.ContainsKey("signed-out");

    /// <summary>Shows the page, unless the person is already logged in.</summary>
    public IActionResult OnGet()
    {
        if (Session.Of(User) is not null)
        {
            return LocalRedirect("~/");
        }

        Problem = LoginProblem.Of(HttpContext);
        Response.StatusCode = Problem?.Status ?? StatusCodes.Status200OK;
        return Page();
    }

    /// <summary>Sends the browser to the provider, which sends it back to the dashboard.</summary>
    public async Task<IActionResult> OnGetGoogleAsync()
    {
        try
        {
            await HttpContext.ChallengeAsync(
                GoogleLogin.Scheme,
                new AuthenticationProperties { RedirectUri = Request.PathBase + "/" }
            );
            return new EmptyResult();
        }
        catch (Exception e) when (LoginEvents.IsProviderDown(e))
        {
            LoginLog.Of(HttpContext).NotSent(LoginEvents.ProxyFailure(settings, e) ?? "the provider can't be reached");
            Problem = LoginProblem.ProviderDown(settings, e);
            Response.StatusCode = Problem.Status;
            return Page();
        }
    }
}
