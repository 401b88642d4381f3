using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Http;
using Notify.Quiet;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Sets quiet hours, for the form of the page Settings.</summary>
[EnableRateLimiting(RateLimits.Linking)]
public sealed class SettingsQuietModel(BotClient bot) : PageModel
{
    private const string Back = "~/settings#quiet";

    /// <summary>Leads to the form: after a new login a browser asks for what it was last at.</summary>
    public IActionResult OnGet() => LocalRedirect(Back);

    /// <summary>Sets them, or ends them.</summary>
    public async Task<IActionResult> OnPostAsync(
        [FromForm] string? from,
        [FromForm] string? to,
        [FromForm] string? weekends,
        [FromForm] string? off,
        CancellationToken cancellation
    )
    {
        string? hours = null;
        if (off is null)
        {
            var window = string.IsNullOrEmpty(from) && string.IsNullOrEmpty(to) ? "" : $"{from}-{to}";
            var text = $"{window} {(weekends is null ? "" : "weekends")}".Trim();
            if (text.Length == 0)
            {
                throw new ApiException(
                    StatusCodes.Status400BadRequest,
                    "Give the two times, or weekends, or both. To end quiet hours, press Turn off."
                );
            }

            if (!QuietHours.TryRead(text, out var read, out var problem))
            {
                throw new ApiException(StatusCodes.Status400BadRequest, problem);
            }

            hours = read?.ToString();
        }

        await bot.SetQuietAsync(HttpContext.UserName(), hours, cancellation);
        return LocalRedirect(Back);
    }
}
