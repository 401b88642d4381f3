using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Notify.Web.Hosting;

namespace Notify.Web.Page;

/// <summary>Why there is no page: shown in place of every page that can't be.</summary>
[AllowAnonymous]
public sealed class ProblemModel : PageModel
{
    /// <summary>What is wrong.</summary>
    public string Sentence { get; private set; } = "There is nothing at this address.";

    /// <summary>Shows it with the status that the refusal has.</summary>
    public void OnGet()
    {
        var refusal = HttpContext.Items.TryGetValue(typeof(ApiException), out var known) ? (ApiException)known! : null;
        Response.StatusCode = refusal?.Status ?? StatusCodes.Status404NotFound;
        Sentence = refusal?.Message ?? Sentence;
    }
}
