using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads the quiet hours of a user. If the bot fails, the card shows the problem and what to do.</summary>
public sealed class QuietReader(BotClient bot)
{
    /// <summary>The card.</summary>
    internal async Task<QuietCard> ReadAsync(UserName user, CancellationToken cancellation)
    {
        try
        {
            return QuietCard.Of(await bot.QuietAsync(user, cancellation));
        }
        catch (BotUnreachableException e)
        {
            return new QuietCard { Problem = new Problem(e.Message, "Your quiet hours are kept.") };
        }
        catch (BotRefusedException e)
        {
            return new QuietCard { Problem = new Problem("Your quiet hours can’t be read.", e.Message) };
        }
    }
}
