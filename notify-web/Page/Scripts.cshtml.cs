using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>The scripts: what runs, when, how well?</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptsModel(ScriptsReader reader, SseHub streams, TimeProvider time) : LivePage(streams, time)
{
    /// <summary>Null if it is late.</summary>
    internal ScriptsCard? Card { get; private set; }

    internal ScriptsFilter Filter { get; private set; } = new();

    /// <summary>Shows those that the address asks for.</summary>
    public async Task OnGetAsync(CancellationToken cancellation)
    {
        Filter = ScriptsFilter.Of(Request.Query);
        Card = await InTimeAsync(token => reader.ReadAsync(UserName, Filter, token), cancellation);
    }
}
