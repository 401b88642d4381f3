using Notify.Formatting;
using Notify.Linking;
using Notify.Sending;
using Notify.Web.Bot;
using Notify.Web.Desktop;

namespace Notify.Web.Page;

/// <summary>
/// Gathers what the cards show of a user. Nothing here fails because the bot, Telegram or a file does: the card concerned says what is wrong and what to do,
/// and the others go on.
/// </summary>
public sealed class DashboardReader(
    ILinkStore links,
    BotClient bot,
    LinkOffers offers,
    DeviceStore devices,
    TimeProvider time
)
{
    /// <summary>The Telegram card.</summary>
    internal async Task<TelegramCard> TelegramAsync(UserName user, CancellationToken cancellation)
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
                    "Nothing is lost. The operator of this server has to put that file right; this card then goes on by itself."
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
                        "The bot has not reached Telegram yet, so there is nothing to link to. Ask the operator of this server: “notify-bot doctor” says what is missing."
                    )
                    : noBot ?? ProblemOf(health!),
        };
    }

    /// <summary>The scripts.</summary>
    internal async Task<ScriptsCard> ScriptsAsync(UserName user, CancellationToken cancellation)
    {
        var card = new ScriptsCard { Now = time.GetUtcNow() };
        try
        {
            var listing = await bot.ScriptsAsync(user, cancellation);
            return card with
            {
                AllMutedUntil = listing.MutedUntil,
                Scripts =
                [
                    .. listing.Scripts.Select(script => new ScriptView
                    {
                        Name = script.Name,
                        Stem = script.Stem,
                        LastRun = script.LastRun,
                        LastRound = script.LastRound,
                        NoRun = script.NoRun,
                        Warnings = script.Warnings ?? [],
                        LastSent = script.LastSent,
                        CooldownEnds = script.CooldownEnds,
                        LastOutcome = script.LastOutcome,
                        Error = script.Error,
                        Running = script.Running,
                        // The bot says the later of the script's own and of all; of the latter the card says so once.
                        MutedUntil = script.MutedUntil == listing.MutedUntil ? null : script.MutedUntil,
                    }),
                ],
            };
        }
        catch (BotUnreachableException e)
        {
            return card with
            {
                Problem = new Problem(
                    e.Message,
                    "Your scripts are safe, and cron goes on running them. This list comes back by itself."
                ),
            };
        }
        catch (BotRefusedException e)
        {
            return card with { Problem = new Problem("Your scripts can’t be listed.", e.Message) };
        }
    }

    /// <summary>The zone that a request asks for; the server's where it asks for none.</summary>
    internal ReaderZone ZoneOf(string? zone, string? offset) => ReaderZone.Of(zone, offset, time.LocalTimeZone);

    /// <summary>The notifications.</summary>
    internal async Task<NotificationsCard> NotificationsAsync(
        UserName user,
        int show,
        ReaderZone zone,
        CancellationToken cancellation
    )
    {
        var card = new NotificationsCard
        {
            Now = time.GetUtcNow(),
            Show = show,
            Zone = zone,
        };
        try
        {
            // One more than is shown says whether there are more.
            var newest = bot.NewestAsync(user, show + 1, cancellation);
            var quarters = bot.QuartersAsync(user, cancellation);
            await Task.WhenAll(newest, quarters);
            return card with
            {
                All = [.. (await newest).Select(View)],
                Plot = DayPlot.Of(await quarters, card.Now, zone),
            };
        }
        catch (BotUnreachableException e)
        {
            return card with
            {
                Problem = new Problem(
                    e.Message,
                    "What was sent is kept for 30 days and is shown here again once the bot answers."
                ),
            };
        }
        catch (BotRefusedException e)
        {
            return card with { Problem = new Problem("Your notifications can’t be read.", e.Message) };
        }
    }

    /// <summary>The user's devices.</summary>
    internal DesktopCard Desktop(UserName user)
    {
        try
        {
            return new DesktopCard { Devices = devices.Of(user) };
        }
        catch (IOException)
        {
            return new DesktopCard
            {
                Problem = new Problem(
                    "Your devices can’t be read.",
                    "Those that have a token go on as before. Tell the operator of this server."
                ),
            };
        }
    }

    private static NotificationView View(BotNotification notification) =>
        new()
        {
            Id = notification.Id,
            Script = notification.Script,
            Title = string.IsNullOrWhiteSpace(notification.Title) ? null : notification.Title.Trim(),
            Message = MessageHtml.Read(
                notification.Message.Trim('\n'),
                ParseModes.TryParse(notification.ParseMode, out var mode) ? mode : ParseMode.Plain
            ),
            CreatedAt = notification.CreatedAt,
            // A state of a later version: what is not known to be delivered is shown as open.
            State = Enum.TryParse<NotificationState>(notification.State, ignoreCase: true, out var state)
                ? state
                : NotificationState.Unknown,
            Reason = notification.Reason,
            NextTryAt = notification.NextTryAt,
            ImageId = notification.ImageId,
        };

    private static Problem? ProblemOf(BotHealth health) =>
        health.Telegram.State switch
        {
            "unreachable" => new Problem(
                "The bot can’t reach Telegram at the moment.",
                "What your scripts send is kept and arrives as soon as it can."
            ),
            "token refused" => new Problem(
                "Telegram refuses the bot’s token.",
                "What your scripts send is kept. Tell the operator of this server."
            ),
            "polled elsewhere" => new Problem(
                "Another program uses the bot’s token.",
                "The bot may not see what you write to it. Tell the operator of this server."
            ),
            _ when health is { Status: "down", Outbox.State: "locked" } => new Problem(
                "The bot can’t store anything, so it accepts nothing.",
                "Tell the operator of this server: another program has the bot’s file locked."
            ),
            _ when health.Status == "down" => new Problem(
                "The bot can’t store anything, so it accepts nothing.",
                "Tell the operator of this server: the disk is full, most likely."
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
            // One that hangs runs, and a restart is what helps it: the sentence says which it is.
            return (
                null,
                new Problem(
                    e.Message,
                    "Nothing is sent or delivered at the moment. This page goes on by itself once the bot answers."
                )
            );
        }
    }
}
