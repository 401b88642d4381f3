using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Api;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Mutes the script of a notification, for a form of the page.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class NotificationMuteModel(BotClient bot) : PageModel
{
    /// <summary>For how long, and the words for it.</summary>
    internal static IReadOnlyList<(string Length, string Words)> Lengths { get; } =
    [("1h", "For 1 hour"), ("8h", "For 8 hours"), ("366d", "Until I unmute it")];

    /// <summary>Leads to the notification: after a new login a browser asks for what it was last at.</summary>
    public IActionResult OnGet(string id) =>
        NotificationRoutes.IsId(id) ? LocalRedirect("~/notifications/" + id) : NotFound();

    /// <summary>Mutes it, and leads to the script, which says until when.</summary>
    public async Task<IActionResult> OnPostAsync(
        string id,
        [FromForm(Name = "for")] string? length,
        CancellationToken cancellation
    )
    {
        var user = HttpContext.UserName();
        if (
            !NotificationRoutes.IsId(id)
            || !Lengths.Any(known => known.Length == length)
            || await bot.NotificationAsync(user, id, cancellation) is not { Notification.Script: { } name }
            || !ScriptName.TryParse(name, out var script)
        )
        {
            return NotFound();
        }

        await bot.MuteAsync(user, script, length, cancellation);
        return LocalRedirect(PageLinks.Script(name));
    }
}
