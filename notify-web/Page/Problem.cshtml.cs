using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Notify.Http;

namespace Notify.Web.Page;

/// <summary>The error page, shown in place of any page that fails.</summary>
[AllowAnonymous]
public sealed class ProblemModel : PageModel
{
    /// <summary>What is wrong.</summary>
    public string Sentence { get; private set; } = "There is nothing at this address.";

    /// <summary>Shows it with the refusal's status.</summary>
    public void OnGet()
    {
        var refusal = HttpContext.Items.TryGetValue(typeof(ApiException), out var known) ? (ApiException)known! : null;
        Response.StatusCode = refusal?.Status ?? StatusCodes.Status404NotFound;
        Sentence = refusal?.Message ?? Sentence;
    }
}
