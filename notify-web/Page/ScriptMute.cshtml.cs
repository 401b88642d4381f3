using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Posix;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Mutes a script, or ends its mute, for a form of a page.</summary>
[EnableRateLimiting(RateLimits.Listing)]
public sealed class ScriptMuteModel(BotClient bot, ZoneReader zones, TimeProvider time) : PageModel
{
    /// <summary>The word for the next nine o'clock of the reader.</summary>
    private const string UntilNine = "9:00";

    /// <summary>For how long, and the words for it.</summary>
    internal static IReadOnlyList<(string Length, string Words)> Lengths { get; } =
    [("1h", "Mute for 1 hour"), (UntilNine, "Mute until 9:00"), ("366d", "Mute until I unmute it")];

    /// <summary>Leads to the script: after a new login a browser asks for what it was last at.</summary>
    public IActionResult OnGet(string name) =>
        ScriptName.TryParse(name, out var script) ? LocalRedirect(PageLinks.Script(script.Value)) : NotFound();

    /// <summary>Mutes it, and leads to its page, which says until when.</summary>
    /// <param name="name">Its file name.</param>
    /// <param name="length">One of <see cref="Lengths"/>; empty ends the mute.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<IActionResult> OnPostAsync(
        string name,
        [FromForm(Name = "for")] string? length,
        CancellationToken cancellation
    )
    {
        if (
            !ScriptName.TryParse(name, out var script)
            || !(string.IsNullOrEmpty(length) || Lengths.Any(known => known.Length == length))
        )
        {
            return NotFound();
        }

        var user = HttpContext.UserName();
        var wanted =
            string.IsNullOrEmpty(length) ? null
            : length == UntilNine ? ToNine(time.GetUtcNow(), zones.Of(Request, user))
            : length;
        await bot.MuteAsync(user, script, wanted, cancellation);
        return LocalRedirect(PageLinks.Script(script.Value));
    }

    /// <summary>The time to the next nine o'clock in whole minutes, such as <c>845m</c>.</summary>
    internal static string ToNine(DateTimeOffset now, ReaderZone zone)
    {
        var nine = zone.DayOf(now).ToDateTime(new TimeOnly(9, 0));
        var next = Enumerable
            .Range(0, 3)
            .Select(days =>
                LocalClock.FirstMoment(new DateTimeOffset(nine.AddDays(days), TimeSpan.Zero), zone.Zone.GetUtcOffset)
            )
            .First(moment => moment > now);
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling((next - now).TotalMinutes):0}m");
    }
}
