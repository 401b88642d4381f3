using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Serves single cards to the page's scripts. All cards are rendered here.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class FragmentModel(DashboardReader reader) : PageModel
{
    /// <summary>A card in its current state.</summary>
    public async Task<IActionResult> OnGetAsync(
        string name,
        [FromQuery] string? show,
        [FromQuery] string? zone,
        [FromQuery] string? offset,
        CancellationToken cancellation
    )
    {
        var user = HttpContext.UserName();
        return name switch
        {
            "incidents" => Partial("_Incidents", await reader.IncidentsAsync(user, cancellation)),
            "telegram" => Partial("_Telegram", await reader.TelegramAsync(user, cancellation)),
            "notifications" => Partial(
                "_Notifications",
                await reader.NotificationsAsync(
                    user,
                    NotificationsCard.ShowFrom(show),
                    reader.ZoneOf(zone, offset),
                    cancellation
                )
            ),
            "desktop" => Partial("_Desktop", reader.Desktop(user)),
            _ => NotFound(),
        };
    }
}
