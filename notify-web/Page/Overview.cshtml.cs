using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Is anything wrong, and what was said? Cards are also served alone (<see cref="FragmentModel"/>, <see cref="OverviewFragmentModel"/>).</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class OverviewModel(
    IncidentsReader incidents,
    TelegramReader telegram,
    OverviewReader overview,
    NotificationsReader notifications,
    ZoneReader zones,
    SseHub streams,
    TimeProvider time
) : LivePage(streams, time)
{
    internal IncidentsCard Incidents { get; private set; } = IncidentsCard.None;

    /// <summary>Null if it is late, like the next two.</summary>
    internal TelegramCard? Telegram { get; private set; }

    internal OverviewCard? Overview { get; private set; }

    internal LatestCard? Latest { get; private set; }

    /// <summary>Reads the cards at the same time: the bot starts a helper for the scripts.</summary>
    /// <param name="show">Of earlier versions: how many notifications to show on this page.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<IActionResult> OnGetAsync([FromQuery] string? show, CancellationToken cancellation)
    {
        if (show is not null)
        {
            return LocalRedirect("~/notifications");
        }

        var firing = InTimeAsync(token => incidents.ReadOrLateAsync(UserName, token), cancellation);
        var phone = InTimeAsync(token => telegram.ReadAsync(UserName, token), cancellation);
        var scripts = InTimeAsync(token => overview.ReadAsync(UserName, token), cancellation);
        var zone = zones.Of(Request, UserName);
        var newest = InTimeAsync(token => notifications.LatestAsync(UserName, zone, token), cancellation);
        Incidents = await firing ?? IncidentsCard.None with { IsLate = true };
        Telegram = await phone is { } card ? card with { IsBrief = true } : null;
        Overview = await scripts;
        Latest = await newest;
        return Page();
    }
}
