using Notify.Contracts;
using Notify.Http;
using Notify.Linking;
using Notify.Sending;

namespace Notify.Web.Bot;

/// <summary>A one-tap link, as the dashboard shows it.</summary>
/// <param name="Url">Opens the bot's chat with the payload: <c>https://t.me/BOT?start=PAYLOAD</c>.</param>
/// <param name="ExpiresAt">When it expires.</param>
public sealed record LinkOffer(Uri Url, DateTimeOffset ExpiresAt);

/// <summary>Makes one-tap links, and knows the bot's name at Telegram.</summary>
public sealed class LinkOffers(WebSettings settings, ILinkStore links, BotClient bot)
{
    private string? _lastKnown;

    /// <summary>The bot's name without <c>@</c>: from the setting, else from the bot, else its last answer. Null if Telegram is not set up, or if the bot has not reached it yet.</summary>
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

    /// <summary>The same, for callers that have the bot's health.</summary>
    /// <param name="health">Its answer. Null if it does not answer: then its last known name counts.</param>
    internal string? BotUsername(BotHealth? health) =>
        settings.BotUsername ?? (_lastKnown = health?.BotUsername ?? _lastKnown);

    /// <summary>A new link for a logged-in user. It replaces the user's earlier ones.</summary>
    /// <exception cref="ApiException">503: the bot's name is not known.</exception>
    public async Task<LinkOffer> OfferAsync(UserName user, CancellationToken cancellation)
    {
        var name =
            await BotUsernameAsync(cancellation)
            ?? throw new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                $"Telegram is not set up, or the bot is not running, so there is no bot to link to. Tell {settings.Contact}.",
                TimeSpan.FromMinutes(1)
            );
        var offer = await links.OfferDeepLinkAsync(user, cancellation);
        return new LinkOffer(new Uri($"https://t.me/{name}?start={offer.Payload}"), offer.ExpiresAt);
    }
}
