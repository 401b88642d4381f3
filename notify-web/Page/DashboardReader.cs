using Notify.Contracts;
using Notify.Formatting;
using Notify.Linking;
using Notify.Sending;
using Notify.Text;
using Notify.Web.Bot;
using Notify.Web.Desktop;

namespace Notify.Web.Page;

/// <summary>
/// Reads the cards of a user. If the bot, Telegram or a file fails, only its card shows the problem and what to do;
/// the others go on.
/// </summary>
public sealed class DashboardReader(
    ILinkStore links,
    BotClient bot,
    LinkOffers offers,
    DeviceStore devices,
    WebSettings settings,
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

    /// <summary>The incidents.</summary>
    /// <exception cref="BotUnreachableException">The other cards say so. An open page keeps what it shows.</exception>
    /// <exception cref="BotRefusedException">The same.</exception>
    internal async Task<IncidentsCard> IncidentsAsync(UserName user, CancellationToken cancellation) =>
        await bot.IncidentsAsync(user, cancellation) is { } incidents
            ? IncidentsCard.Of(incidents, time.GetUtcNow())
            : IncidentsCard.None;

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
                    .. listing
                        .Scripts.OrderBy(script => !ScriptOutcomes.IsFailing(script.LastOutcome))
                        .Select(script => new ScriptView
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
                            TookMs = script.TookMs,
                            Schedule = script.Schedule,
                            Next = script.Next,
                            NextAt = script.NextAt,
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
                    "Cron still runs your scripts. This list comes back when the bot answers."
                ),
            };
        }
        catch (BotRefusedException e)
        {
            return card with { Problem = new Problem("Your scripts can’t be listed.", e.Message) };
        }
    }

    /// <summary>The zone of a request; the server's if it names none.</summary>
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
                    "The bot keeps notifications for 30 days. This list comes back when the bot answers."
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
                    $"Devices with a token still work. Tell {settings.Contact}."
                ),
            };
        }
    }

    private static NotificationView View(NotificationAnswer notification) =>
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
            State = notification.State,
            Reason = notification.Reason,
            NextTryAt = notification.NextTryAt,
            ImageIds = notification.ImageIds ?? (notification.ImageId is { } image ? [image] : []),
            Files =
            [
                .. (notification.Files ?? []).Select(file => new FileView(
                    file.Id,
                    SafeText.Line(file.Name),
                    file.Bytes
                )),
            ],
            Table = notification.Table is { } table ? TelegramText.Clean(table) : null,
        };

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
