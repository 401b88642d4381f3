using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The history.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class NotificationsModel(NotificationsReader reader, ZoneReader zones, SseHub streams, TimeProvider time)
    : LivePage(streams, time)
{
    internal NotificationsFilter Filter { get; private set; } = new();

    /// <summary>Null if it is late.</summary>
    internal NotificationsCard? Card { get; private set; }

    /// <summary>Shows the notifications that the address asks for.</summary>
    public async Task OnGetAsync(CancellationToken cancellation)
    {
        Filter = NotificationsFilter.Of(Request.Query);
        var zone = zones.Of(Request, UserName);
        Card = await InTimeAsync(token => reader.ReadAsync(UserName, Filter, zone, token), cancellation);
    }
}
