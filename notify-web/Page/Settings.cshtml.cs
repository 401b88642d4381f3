using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The user's phone, quiet hours, watch and desktops.</summary>
[EnableRateLimiting(RateLimits.Cards)]
public sealed class SettingsModel(
    TelegramReader telegram,
    QuietReader quiet,
    WatchReader watch,
    DesktopReader desktop,
    SseHub streams,
    TimeProvider time
) : LivePage(streams, time)
{
    /// <summary>Null if it is late, like the next two.</summary>
    internal TelegramCard? Telegram { get; private set; }

    internal QuietCard? Quiet { get; private set; }

    internal WatchCard? Watch { get; private set; }

    internal DesktopCard Desktop { get; private set; } = null!;

    /// <summary>Shows them.</summary>
    public async Task OnGetAsync(CancellationToken cancellation)
    {
        var phone = InTimeAsync(token => telegram.ReadAsync(UserName, token), cancellation);
        var hours = InTimeAsync(token => quiet.ReadAsync(UserName, token), cancellation);
        var rounds = InTimeAsync(token => watch.ReadAsync(UserName, token), cancellation);
        Desktop = desktop.Read(UserName);
        Telegram = await phone;
        Quiet = await hours;
        Watch = await rounds;
    }
}
