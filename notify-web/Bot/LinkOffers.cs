using Notify.Linking;
using Notify.Sending;
using Notify.Web.Hosting;

namespace Notify.Web.Bot;

/// <summary>A one-tap link, as the dashboard shows it.</summary>
/// <param name="Url">Opens the bot's chat with the payload: <c>https://t.me/BOT?start=PAYLOAD</c>.</param>
/// <param name="ExpiresAt">From this moment on it is void.</param>
public sealed record LinkOffer(Uri Url, DateTimeOffset ExpiresAt);

/// <summary>Makes one-tap links (specification, section 5), and knows the bot's name at Telegram.</summary>
public sealed class LinkOffers(WebSettings settings, ILinkStore links, BotClient bot)
{
    private string? _lastKnown;

    /// <summary>The bot's name without <c>@</c>: the setting's, else the bot's own word, else what it said last; null: Telegram is not set up, or the bot has not reached it yet.</summary>
    public async Task<string?> BotUsernameAsync(CancellationToken cancellation)
    {
        if (settings.BotUsername is { } set)
        {
            return set;
        }

        try
        {
            return BotUsername(await bot.HealthAsync(cancellation));
        }
        catch (Exception e) when (e is BotUnreachableException or BotRefusedException)
        {
            return BotUsername(null);
        }
    }

    /// <summary>The same, for who has asked the bot already.</summary>
    /// <param name="health">What it said; null where it does not answer: its name does not change because it is down.</param>
    internal string? BotUsername(BotHealth? health) =>
        settings.BotUsername ?? (_lastKnown = health?.BotUsername ?? _lastKnown);

    /// <summary>A new link for a logged-in user; the user's earlier ones are void from now on.</summary>
    /// <exception cref="ApiException">503: the bot's name is not known.</exception>
    public async Task<LinkOffer> OfferAsync(UserName user, CancellationToken cancellation)
    {
        var name =
            await BotUsernameAsync(cancellation)
            ?? throw new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                "Telegram is not set up, or the bot is not running: there is no bot to link to. Tell the operator.",
                TimeSpan.FromMinutes(1)
            );
        var offer = await links.OfferDeepLinkAsync(user, cancellation);
        return new LinkOffer(new Uri($"https://t.me/{name}?start={offer.Payload}"), offer.ExpiresAt);
    }
}
