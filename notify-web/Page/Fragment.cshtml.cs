using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Api;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Serves single cards to the page's scripts. All cards are rendered here.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class FragmentModel(
    IncidentsReader incidents,
    TelegramReader telegram,
    NotificationsReader notifications,
    ZoneReader zones,
    QuietReader quiet,
    WatchReader watch,
    DesktopReader desktop
) : PageModel
{
    /// <summary>A card in its current state.</summary>
    public async Task<IActionResult> OnGetAsync(string name, CancellationToken cancellation)
    {
        var user = HttpContext.UserName();
        return name switch
        {
            "incidents" => Partial("_Incidents", await incidents.ReadAsync(user, cancellation)),
            "telegram" => Partial(
                "_Telegram",
                await telegram.ReadAsync(user, cancellation) with
                {
                    IsBrief = Request.Query.ContainsKey("brief"),
                }
            ),
            "latest" => Partial(
                "_Latest",
                await notifications.LatestAsync(user, zones.Of(Request, user), cancellation)
            ),
            "notifications" => Partial(
                "_Notifications",
                await notifications.ReadAsync(
                    user,
                    NotificationsFilter.Of(Request.Query),
                    zones.Of(Request, user),
                    cancellation
                )
            ),
            "notification" when NotificationRoutes.IsId(Request.Query["id"].ToString()) => await NotificationAsync(
                user,
                cancellation
            ),
            "watch" => Partial("_Watch", await watch.ReadAsync(user, cancellation)),
            "quiet" => Partial("_Quiet", await quiet.ReadAsync(user, cancellation)),
            "desktop" => Partial("_Desktop", desktop.Read(user)),
            _ => NotFound(),
        };
    }

    private async Task<IActionResult> NotificationAsync(UserName user, CancellationToken cancellation)
    {
        var card = await notifications.DetailAsync(
            user,
            Request.Query["id"].ToString(),
            zones.Of(Request, user),
            cancellation
        );
        return card is { Notification: null, Problem: null } ? NotFound() : Partial("_NotificationCard", card);
    }
}
