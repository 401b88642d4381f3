using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Hosting;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>The pieces of the dashboard alone, for its scripts: whatever is shown is rendered in one place, here.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class FragmentModel(DashboardReader reader) : PageModel
{
    /// <summary>A card as it is now.</summary>
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
