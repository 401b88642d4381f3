using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>The way in, and why it is shut.</summary>
[AllowAnonymous]
public sealed class LoginModel(WebSettings settings) : PageModel
{
    /// <summary>What went wrong; null where nobody has tried yet.</summary>
    public LoginProblem? Problem { get; private set; }

    /// <summary>Whether the session has just been ended, as opposed to never begun.</summary>
    public bool HasSignedOut => Request.Query.ContainsKey("signed-out");

    /// <summary>Shows the page; who is logged in already has no need of it.</summary>
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

    /// <summary>Sends the browser to the provider, to come back to the dashboard.</summary>
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
