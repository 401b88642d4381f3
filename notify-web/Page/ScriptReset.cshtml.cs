using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Resets the cooldown of a script, for a form of a page.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptResetModel(BotClient bot) : PageModel
{
    /// <summary>Leads to the script: after a new login a browser asks for what it was last at.</summary>
    public IActionResult OnGet(string name) =>
        ScriptName.TryParse(name, out var script) ? LocalRedirect(PageLinks.Script(script.Value)) : NotFound();

    /// <summary>Resets it, and leads to the script's page.</summary>
    public async Task<IActionResult> OnPostAsync(string name, CancellationToken cancellation)
    {
        if (!ScriptName.TryParse(name, out var script))
        {
            return NotFound();
        }

        await bot.ResetAsync(HttpContext.UserName(), script, cancellation);
        return LocalRedirect(PageLinks.Script(script.Value));
    }
}
