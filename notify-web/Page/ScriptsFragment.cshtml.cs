using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Hosting;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>The card of the scripts alone. Apart from the other cards, since the bot starts a helper for each: that may not be asked for at any speed.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptsFragmentModel(DashboardReader reader) : PageModel
{
    /// <summary>The card as it is now.</summary>
    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation) =>
        Partial("_Scripts", await reader.ScriptsAsync(HttpContext.UserName(), cancellation));
}
