using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>Runs a script for a form of a page, without scripts of the page.</summary>
[EnableRateLimiting(RateLimits.Running)]
public sealed class ScriptRunModel(BotClient bot, TimeProvider time) : PageModel
{
    /// <summary>How long the browser waits for the end of the run. A longer one goes on, and the page says that it runs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Leads to the script: after a new login a browser asks for what it was last at.</summary>
    public IActionResult OnGet(string name) =>
        ScriptName.TryParse(name, out var script) ? LocalRedirect(PageLinks.Script(script.Value)) : NotFound();

    /// <summary>Runs it, and leads to its page, which has the run. Closing the page does not end it.</summary>
    public async Task<IActionResult> OnPostAsync(string name, CancellationToken cancellation)
    {
        if (!ScriptName.TryParse(name, out var script))
        {
            return NotFound();
        }

        var run = bot.RunAsync(HttpContext.UserName(), script, CancellationToken.None);
        if (await Task.WhenAny(run, Task.Delay(Patience, time, cancellation)) == run)
        {
            // A refusal is the answer.
            await run;
        }
        else
        {
            // Nobody waits for it any more; its notification and its row have the outcome.
            _ = run.ContinueWith(
                ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }

        return LocalRedirect(PageLinks.Script(script.Value));
    }
}
