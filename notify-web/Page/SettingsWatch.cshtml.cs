using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Switches the watch, for the form of the page Settings.</summary>
[EnableRateLimiting(RateLimits.Linking)]
public sealed class SettingsWatchModel(BotClient bot) : PageModel
{
    private const string Back = "~/settings#watch";

    /// <summary>Leads to the form: after a new login a browser asks for what it was last at.</summary>
    public IActionResult OnGet() => LocalRedirect(Back);

    /// <summary>Switches it on or off.</summary>
    public async Task<IActionResult> OnPostAsync([FromForm] string? on, CancellationToken cancellation)
    {
        await bot.SwitchWatchAsync(HttpContext.UserName(), on is "yes", cancellation);
        return LocalRedirect(Back);
    }
}
