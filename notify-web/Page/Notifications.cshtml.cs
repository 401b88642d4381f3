using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The history.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class NotificationsModel(NotificationsReader reader, SseHub streams, TimeProvider time)
    : LivePage(streams, time)
{
    /// <summary>Null if it is late.</summary>
    internal NotificationsCard? Card { get; private set; }

    /// <summary>Shows it.</summary>
    public async Task OnGetAsync([FromQuery] string? show, CancellationToken cancellation)
    {
        var zone = reader.ZoneOf(null, null);
        var count = NotificationsCard.ShowFrom(show);
        Card = await InTimeAsync(token => reader.ReadAsync(UserName, count, zone, token), cancellation);
    }
}
