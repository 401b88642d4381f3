using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The card of one script alone. It has its own rate limit, because the bot starts helpers for each request.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptFragmentModel(ScriptReader reader, ZoneReader zones) : PageModel
{
    /// <summary>The query of a card, with its question mark.</summary>
    internal static string QueryOf(ScriptName script, DateTimeOffset? before) =>
        $"?name={Uri.EscapeDataString(script.Value)}{ScriptCard.QueryOf(before).Replace('?', '&')}";

    /// <summary>The card as it is now.</summary>
    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        if (!ScriptName.TryParse(Request.Query["name"], out var script))
        {
            return NotFound();
        }

        var user = HttpContext.UserName();
        var card = await reader.ReadAsync(
            user,
            script,
            ScriptCard.BeforeOf(Request.Query["before"]),
            zones.Of(Request, user),
            cancellation
        );
        return card.IsUnknown ? NotFound() : Partial("_Script", card);
    }
}
