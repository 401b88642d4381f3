using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>How the scripts are, alone. It has the rate limit of listings, because the bot starts a helper for each request.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class OverviewFragmentModel(OverviewReader reader) : PageModel
{
    /// <summary>The card as it is now.</summary>
    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation) =>
        Partial("_Overview", await reader.ReadAsync(HttpContext.UserName(), cancellation));
}
