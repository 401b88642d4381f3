using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Hosting;
using Notify.Web.Live;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>The dashboard: the one page. Its cards are also served alone (<see cref="FragmentModel"/>, <see cref="ScriptsFragmentModel"/>).</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class DashboardModel(DashboardReader reader, SseHub streams, TimeProvider time) : PageModel
{
    /// <summary>How long the page waits for its cards. One that is late, since a bot hangs or a server is busy, comes by itself later and holds no other up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Who is logged in.</summary>
    public UserName UserName => HttpContext.UserName();

    /// <summary>Where the stream of events stood before the cards were read, so that the page is told what it missed.</summary>
    public string Position { get; private set; } = "";

    /// <summary>Null where it is late; so the next two.</summary>
    internal TelegramCard? Telegram { get; private set; }

    internal ScriptsCard? Scripts { get; private set; }

    internal NotificationsCard? Notifications { get; private set; }

    internal DesktopCard Desktop { get; private set; } = null!;

    /// <summary>Gathers the cards side by side: the scripts take a helper's start.</summary>
    public async Task OnGetAsync([FromQuery] string? show, CancellationToken cancellation)
    {
        Position = streams.PositionOf(UserName);
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var telegram = reader.TelegramAsync(UserName, asking.Token);
        var scripts = reader.ScriptsAsync(UserName, asking.Token);
        var notifications = reader.NotificationsAsync(
            UserName,
            NotificationsCard.ShowFrom(show),
            reader.ZoneOf(null, null),
            asking.Token
        );
        Desktop = reader.Desktop(UserName);
        await Task.WhenAny(Task.WhenAll(telegram, scripts, notifications), Task.Delay(Patience, time, asking.Token));
        Telegram = telegram.IsCompleted ? await telegram : null;
        Scripts = scripts.IsCompleted ? await scripts : null;
        Notifications = notifications.IsCompleted ? await notifications : null;
        await asking.CancelAsync();
    }
}
