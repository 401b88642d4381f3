using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Creates a one-tap link and shows it with its QR code, like POST /api/telegram/link.</summary>
/// <remarks>
/// Only on request: each new link ends the user's earlier one, and anybody who scans a code on an open screen gets this user's notifications.
/// </remarks>
[EnableRateLimiting(RateLimits.Linking)]
public sealed class OneTapLinkModel(LinkOffers offers) : PageModel
{
    /// <summary>There is nothing to show before a link exists.</summary>
    public IActionResult OnGet() => NotFound();

    /// <summary>Creates one.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellation)
    {
        var offer = await offers.OfferAsync(HttpContext.UserName(), cancellation);
        return Partial("_OneTapLink", new OneTapLink(offer.Url.AbsoluteUri, offer.ExpiresAt));
    }
}
