using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Bot;
using Notify.Web.Hosting;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>Makes a one-tap link and shows it with its QR code: what POST /api/telegram/link does, for people.</summary>
/// <remarks>
/// Only when somebody asks for it: each new link ends the user's earlier one, and whoever scans a code that stands open on a screen gets this user's notifications.
/// </remarks>
[EnableRateLimiting(RateLimits.Linking)]
public sealed class OneTapLinkModel(LinkOffers offers) : PageModel
{
    /// <summary>There is nothing to look at before one is made.</summary>
    public IActionResult OnGet() => NotFound();

    /// <summary>Makes one.</summary>
    public async Task<IActionResult> OnPostAsync(CancellationToken cancellation)
    {
        var offer = await offers.OfferAsync(HttpContext.UserName(), cancellation);
        return Partial("_OneTapLink", new OneTapLink(offer.Url.AbsoluteUri, offer.ExpiresAt));
    }
}
