using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads how a user's scripts are. If the bot fails, the card shows the problem and what to do.</summary>
public sealed class OverviewReader(BotClient bot, TimeProvider time)
{
    /// <summary>The card.</summary>
    internal async Task<OverviewCard> ReadAsync(UserName user, CancellationToken cancellation)
    {
        try
        {
            return OverviewCard.Of(await bot.ScriptsAsync(user, cancellation), time.GetUtcNow());
        }
        catch (BotUnreachableException e)
        {
            return With(
                new Problem(e.Message, "Cron still runs your scripts. This page continues when the bot answers.")
            );
        }
        catch (BotRefusedException e)
        {
            return With(new Problem("Your scripts can’t be listed.", e.Message));
        }
    }

    private OverviewCard With(Problem problem) => new() { Now = time.GetUtcNow(), Problem = problem };
}
