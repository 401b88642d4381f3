using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Serves single cards to the page's scripts. All cards are rendered here.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class FragmentModel(
    IncidentsReader incidents,
    TelegramReader telegram,
    NotificationsReader notifications,
    DesktopReader desktop
) : PageModel
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
            "incidents" => Partial("_Incidents", await incidents.ReadAsync(user, cancellation)),
            "telegram" => Partial("_Telegram", await telegram.ReadAsync(user, cancellation)),
            "notifications" => Partial(
                "_Notifications",
                await notifications.ReadAsync(
                    user,
                    NotificationsCard.ShowFrom(show),
                    notifications.ZoneOf(zone, offset),
                    cancellation
                )
            ),
            "desktop" => Partial("_Desktop", desktop.Read(user)),
            _ => NotFound(),
        };
    }
}
