using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Api;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Sends a failed notification again, for a form of the page. It has the rate limit of runs, since each is a message to a phone.</summary>
[EnableRateLimiting(RateLimits.Running)]
public sealed class NotificationAgainModel(BotClient bot) : PageModel
{
    /// <summary>Leads to the notification: after a new login a browser asks for what it was last at.</summary>
    public IActionResult OnGet(string id) =>
        NotificationRoutes.IsId(id) ? LocalRedirect("~/notifications/" + id) : NotFound();

    /// <summary>Sends it, and leads to the new one.</summary>
    public async Task<IActionResult> OnPostAsync(string id, CancellationToken cancellation)
    {
        if (!NotificationRoutes.IsId(id))
        {
            return NotFound();
        }

        var sent = await bot.SendAgainAsync(HttpContext.UserName(), id, cancellation);
        return LocalRedirect("~/notifications/" + Uri.EscapeDataString(sent));
    }
}
