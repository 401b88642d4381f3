using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The user's phone and desktops.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class SettingsModel(TelegramReader telegram, DesktopReader desktop, SseHub streams, TimeProvider time)
    : LivePage(streams, time)
{
    /// <summary>Null if it is late.</summary>
    internal TelegramCard? Telegram { get; private set; }

    internal DesktopCard Desktop { get; private set; } = null!;

    /// <summary>Shows them.</summary>
    public async Task OnGetAsync(CancellationToken cancellation)
    {
        Desktop = desktop.Read(UserName);
        Telegram = await InTimeAsync(token => telegram.ReadAsync(UserName, token), cancellation);
    }
}
