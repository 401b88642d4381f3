using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Api;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>One notification at its own address: the message, and what became of it.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class NotificationModel(NotificationsReader reader, ZoneReader zones, SseHub streams, TimeProvider time)
    : LivePage(streams, time)
{
    /// <summary>Its id.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Null if it is late.</summary>
    internal NotificationCard? Card { get; private set; }

    /// <summary>Shows it.</summary>
    public async Task<IActionResult> OnGetAsync(string id, CancellationToken cancellation)
    {
        if (!NotificationRoutes.IsId(id))
        {
            return NotFound();
        }

        Id = id;
        var zone = zones.Of(Request, UserName);
        Card = await InTimeAsync(token => reader.DetailAsync(UserName, id, zone, token), cancellation);
        return Card is { Notification: null, Problem: null } ? NotFound() : Page();
    }
}
