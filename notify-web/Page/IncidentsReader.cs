using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads the incidents of a user.</summary>
public sealed class IncidentsReader(BotClient bot, TimeProvider time)
{
    /// <summary>The card.</summary>
    /// <exception cref="BotUnreachableException">The other cards say so. An open page keeps what it shows.</exception>
    /// <exception cref="BotRefusedException">The same.</exception>
    internal async Task<IncidentsCard> ReadAsync(UserName user, CancellationToken cancellation) =>
        await bot.IncidentsAsync(user, cancellation) is { } incidents
            ? IncidentsCard.Of(incidents, time.GetUtcNow())
            : IncidentsCard.None;

    /// <summary>The card of a whole page. Without the bot's answer it is late: the other cards say what is wrong.</summary>
    internal async Task<IncidentsCard> ReadOrLateAsync(UserName user, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(user, cancellation);
        }
        catch (Exception e) when (e is BotUnreachableException or BotRefusedException)
        {
            return IncidentsCard.None with { IsLate = true };
        }
    }
}
