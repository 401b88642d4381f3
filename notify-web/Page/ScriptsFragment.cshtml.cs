using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The scripts' card alone. It has its own rate limit, because the bot starts a helper for each request.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptsFragmentModel(ScriptsReader reader) : PageModel
{
    /// <summary>The card as it is now.</summary>
    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation) =>
        Partial(
            "_Scripts",
            await reader.ReadAsync(HttpContext.UserName(), ScriptsFilter.Of(Request.Query), cancellation)
        );
}
