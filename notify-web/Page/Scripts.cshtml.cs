using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The scripts.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptsModel(ScriptsReader reader, SseHub streams, TimeProvider time) : LivePage(streams, time)
{
    /// <summary>Null if it is late.</summary>
    internal ScriptsCard? Card { get; private set; }

    /// <summary>Shows them.</summary>
    public async Task OnGetAsync(CancellationToken cancellation) =>
        Card = await InTimeAsync(token => reader.ReadAsync(UserName, token), cancellation);
}
