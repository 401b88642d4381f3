using Notify.Contracts;
using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>The watch of a user's rounds.</summary>
/// <param name="Watch">Its state; null with a problem.</param>
/// <param name="Problem">What is wrong and what to do. The card shows nothing else then.</param>
internal sealed record WatchCard(WatchAnswer? Watch, Problem? Problem);

/// <summary>Reads the watch of a user's rounds. If the bot fails, the card shows the problem and what to do.</summary>
public sealed class WatchReader(BotClient bot)
{
    /// <summary>The card.</summary>
    internal async Task<WatchCard> ReadAsync(UserName user, CancellationToken cancellation)
    {
        try
        {
            return new WatchCard(await bot.WatchAsync(user, cancellation), null);
        }
        catch (BotUnreachableException e)
        {
            return new WatchCard(null, new Problem(e.Message, "Your choice is kept."));
        }
        catch (BotRefusedException e)
        {
            return new WatchCard(null, new Problem("The watch can’t be read.", e.Message));
        }
    }
}
