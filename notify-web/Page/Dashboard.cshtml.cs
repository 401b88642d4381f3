using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Login;
using Notify.Web.Serving;

namespace Notify.Web.Page;

/// <summary>The dashboard: the one page. Its cards are also served alone (<see cref="FragmentModel"/>, <see cref="ScriptsFragmentModel"/>).</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class DashboardModel(DashboardReader reader, UserStreams streams) : PageModel
{
    /// <summary>Who is logged in.</summary>
    public UserName UserName => HttpContext.UserName();

    /// <summary>Where the stream of events stood before the cards were read, so that the page is told what it missed.</summary>
    public string Position { get; private set; } = "";

    internal TelegramCard Telegram { get; private set; } = null!;

    internal ScriptsCard Scripts { get; private set; } = null!;

    internal NotificationsCard Notifications { get; private set; } = null!;

    internal DesktopCard Desktop { get; private set; } = null!;

    /// <summary>Gathers the cards side by side: the scripts take a helper's start.</summary>
    public async Task OnGetAsync([FromQuery] string? show, CancellationToken cancellation)
    {
        Position = streams.PositionOf(UserName);
        var telegram = reader.TelegramAsync(UserName, cancellation);
        var scripts = reader.ScriptsAsync(UserName, cancellation);
        var notifications = reader.NotificationsAsync(UserName, NotificationsCard.ShowFrom(show), cancellation);
        Desktop = reader.Desktop(UserName);
        (Telegram, Scripts, Notifications) = (await telegram, await scripts, await notifications);
    }
}
