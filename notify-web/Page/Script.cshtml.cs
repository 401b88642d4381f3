using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Live;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>One script at its own address: how it is, its runs, its notifications, its settings.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptModel(ScriptReader reader, ZoneReader zones, SseHub streams, TimeProvider time)
    : LivePage(streams, time)
{
    /// <summary>Its file name.</summary>
    public ScriptName Name { get; private set; } = null!;

    /// <summary>What asks for the card alone, with its question mark.</summary>
    public string Query { get; private set; } = "";

    /// <summary>Null if it is late.</summary>
    internal ScriptCard? Card { get; private set; }

    /// <summary>Shows it.</summary>
    public async Task<IActionResult> OnGetAsync(string name, CancellationToken cancellation)
    {
        if (!ScriptName.TryParse(name, out var script))
        {
            return NotFound();
        }

        Name = script;
        var before = ScriptCard.BeforeOf(Request.Query["before"]);
        Query = ScriptFragmentModel.QueryOf(script, before);
        var zone = zones.Of(Request, UserName);
        Card = await InTimeAsync(token => reader.ReadAsync(UserName, script, before, zone, token), cancellation);
        return Card is { IsUnknown: true } ? NotFound() : Page();
    }
}
