using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Notify.Http;
using Notify.Sending;
using Notify.Web.Bot;
using Notify.Web.Login;
using Notify.Web.Middleware;

namespace Notify.Web.Page;

/// <summary>A page for operators; everybody else gets 404 (<see cref="OperatorGate"/>). It shows counts, states, reasons and times: never a title, a text, a chart or a file.</summary>
[EnableRateLimiting(RateLimits.Operating)]
public abstract class OperatorPage : PageModel
{
    /// <summary>The operator.</summary>
    public UserName By => HttpContext.UserName();

    /// <summary>Why the bot gave no answer; null if it did.</summary>
    internal Problem? Problem { get; private set; }

    /// <summary>The status of an act that was not done.</summary>
    internal int ProblemStatus { get; private set; } = StatusCodes.Status200OK;

    /// <summary>Reads from the bot. Without its answer the page shows <see cref="Problem"/>.</summary>
    /// <param name="read">Reads.</param>
    /// <param name="isAct">Whether it is an act. Then a 404 of the bot has a reason, such as a user without a link.</param>
    internal async Task ReadAsync(Func<Task> read, bool isAct = false)
    {
        try
        {
            await read();
        }
        catch (BotUnreachableException e)
        {
            ProblemStatus = StatusCodes.Status503ServiceUnavailable;
            Problem = new Problem(
                e.Message,
                "On the server, “systemctl status notify-bot” and “notify-bot doctor” say why."
            );
        }
        catch (BotRefusedException e) when (e.Status == StatusCodes.Status404NotFound && !isAct)
        {
            // The bot asks the group database too.
            throw NothingHere();
        }
        catch (BotRefusedException e)
        {
            ProblemStatus = e.Status;
            Problem = new Problem(isAct ? "Nothing was done." : "The bot refuses this.", e.Message);
        }
    }

    /// <summary>The answer of an address at which there is nothing.</summary>
    internal static ApiException NothingHere() =>
        new(StatusCodes.Status404NotFound, "There is nothing at this address.");
}
