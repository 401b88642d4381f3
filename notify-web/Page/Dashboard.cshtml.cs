using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Sending;
using Notify.Web.Bot;
using Notify.Web.Live;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The dashboard: the one page. Its cards are also served alone (<see cref="FragmentModel"/>, <see cref="ScriptsFragmentModel"/>).</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class DashboardModel(DashboardReader reader, SseHub streams, TimeProvider time) : PageModel
{
    /// <summary>How long the page waits for its cards. A late card, of a hung bot or a busy server, loads later and delays no other.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Who is logged in.</summary>
    public UserName UserName => HttpContext.UserName();

    /// <summary>The position of the event stream before the cards were read, so the page learns what it missed.</summary>
    public string Position { get; private set; } = "";

    internal IncidentsCard Incidents { get; private set; } = IncidentsCard.None;

    /// <summary>Null if it is late, like the next two.</summary>
    internal TelegramCard? Telegram { get; private set; }

    internal ScriptsCard? Scripts { get; private set; }

    internal NotificationsCard? Notifications { get; private set; }

    internal DesktopCard Desktop { get; private set; } = null!;

    /// <summary>Reads the cards at the same time: the bot starts a helper for the scripts.</summary>
    public async Task OnGetAsync([FromQuery] string? show, CancellationToken cancellation)
    {
        Position = streams.PositionOf(UserName);
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var incidents = IncidentsAsync(asking.Token);
        var telegram = reader.TelegramAsync(UserName, asking.Token);
        var scripts = reader.ScriptsAsync(UserName, asking.Token);
        var notifications = reader.NotificationsAsync(
            UserName,
            NotificationsCard.ShowFrom(show),
            reader.ZoneOf(null, null),
            asking.Token
        );
        Desktop = reader.Desktop(UserName);
        await Task.WhenAny(
            Task.WhenAll(incidents, telegram, scripts, notifications),
            Task.Delay(Timeout, time, asking.Token)
        );
        Incidents = incidents.IsCompleted ? await incidents : IncidentsCard.None with { IsLate = true };
        Telegram = telegram.IsCompleted ? await telegram : null;
        Scripts = scripts.IsCompleted ? await scripts : null;
        Notifications = notifications.IsCompleted ? await notifications : null;
        await asking.CancelAsync();
    }

    /// <summary>Without the bot's answer there is no card: the others say what is wrong.</summary>
    private async Task<IncidentsCard> IncidentsAsync(CancellationToken cancellation)
    {
        try
        {
            return await reader.IncidentsAsync(UserName, cancellation);
        }
        catch (Exception e) when (e is BotUnreachableException or BotRefusedException)
        {
            return IncidentsCard.None with { IsLate = true };
        }
    }
}
