using Notify.Contracts;
using Notify.Linking;
using Notify.Sending;
using Notify.Web.Bot;

namespace Notify.Web.Page;

/// <summary>Reads the Telegram card: the link, and what is wrong with the bot or Telegram.</summary>
public sealed class TelegramReader(ILinkStore links, BotClient bot, LinkOffers offers, WebSettings settings)
{
    /// <summary>The card.</summary>
    internal async Task<TelegramCard> ReadAsync(UserName user, CancellationToken cancellation)
    {
        var (health, noBot) = await HealthAsync(cancellation);
        var username = offers.BotUsername(health);
        Link? link;
        try
        {
            link = links.Find(user);
        }
        catch (StateUnreadableException e)
        {
            return new TelegramCard
            {
                State = TelegramCardState.Unreadable,
                BotUsername = username,
                Problem = new Problem(
                    $"Your link can’t be read: {e.Unreadable.File}, {e.Unreadable.Position}.",
                    $"Your link is kept. Tell {settings.Contact} to fix the file; then this card continues."
                ),
            };
        }

        var card = new TelegramCard
        {
            State = link is not null
                ? link.Dead is null
                    ? TelegramCardState.Linked
                    : TelegramCardState.Dead
                : health is null
                    ? TelegramCardState.BotDown
                    : username is null
                        ? TelegramCardState.NotSetUp
                        : TelegramCardState.Unlinked,
            BotUsername = username,
            LinkedAt = link?.LinkedAt,
            TimeZone = link?.TimeZone,
            IsGroup = link is { Chat.IsPrivate: false },
            DeadReason = link?.Dead?.Reason,
            DeadSince = link?.Dead?.Since,
        };
        return card with
        {
            Problem =
                card.State == TelegramCardState.NotSetUp
                    ? new Problem(
                        "Telegram is not set up.",
                        $"The bot has not reached Telegram yet, so there is no bot to link to. Tell {settings.Contact}: “notify-bot doctor” shows what is missing."
                    )
                    : noBot ?? ProblemOf(health!),
        };
    }

    private Problem? ProblemOf(BotHealth health) =>
        health.Telegram?.State switch
        {
            TelegramState.Unreachable => new Problem(
                "The bot can’t reach Telegram at the moment.",
                "Your notifications stay queued and arrive later."
            ),
            TelegramState.TokenRefused => new Problem(
                "Telegram refuses the bot’s token.",
                $"Your notifications stay queued. Tell {settings.Contact}."
            ),
            TelegramState.PolledElsewhere => new Problem(
                "Another program uses the bot’s token.",
                $"The bot may miss your commands. Tell {settings.Contact}."
            ),
            _ when health is { Status: HealthState.Down, Outbox.State: OutboxState.Locked } => new Problem(
                "The bot can’t store anything, so it accepts nothing.",
                $"Tell {settings.Contact}: another program has locked the bot’s database."
            ),
            _ when health is { Status: HealthState.Down, Outbox.State: OutboxState.NotAnswering } => new Problem(
                "The bot can’t store anything, so it accepts nothing.",
                $"Tell {settings.Contact}: the disk of the bot’s database does not answer."
            ),
            _ when health.Status == HealthState.Down => new Problem(
                "The bot can’t store anything, so it accepts nothing.",
                $"Tell {settings.Contact}: the disk is probably full."
            ),
            _ => null,
        };

    private async Task<(BotHealth? Health, Problem? NoBot)> HealthAsync(CancellationToken cancellation)
    {
        try
        {
            return (await bot.HealthAsync(cancellation), null);
        }
        catch (Exception e) when (e is BotUnreachableException or BotRefusedException)
        {
            // The sentence says whether the bot is down or hangs; a bot that hangs needs a restart.
            return (
                null,
                new Problem(e.Message, "Nothing is sent at the moment. This page continues when the bot answers.")
            );
        }
    }
}
