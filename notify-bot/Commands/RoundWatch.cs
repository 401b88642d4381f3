using System.Globalization;
using Notify.Bot.Delivery;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Rounds;
using Notify.Formatting;
using Notify.Linking;

namespace Notify.Bot.Commands;

/// <summary>
/// Tells users whose rounds have stopped, and tells them when rounds are back. If many stop together, the operators hear of it too. The messages are notifications:
/// stored, delivered to phone and desktop, kept in the history, and muted by <c>/mute</c>. Their keys let no restart tell anything twice.
/// </summary>
internal sealed partial class RoundWatch(
    RoundStore store,
    ILinkStore links,
    Accounts accounts,
    AcceptPipeline pipeline,
    BotMetrics metrics,
    BotSettings settings,
    ChatClock clock,
    TimeProvider time,
    ILogger<RoundWatch> log
) : BackgroundService
{
    /// <summary>As long as the history keeps a notification.</summary>
    private static readonly TimeSpan KeyLifetime = TimeSpan.FromDays(30);

    /// <summary>Most names in a message to the operators.</summary>
    private const int MaxNames = 10;

    private readonly Accounts _operators = new(time, settings.TrustedGroup);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await SideLoop.RunAsync("The watch of rounds", LoopAsync, time, log, stoppingToken);
        store.WriteIfDue(isEnd: true);
    }

    private async Task LoopAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(WatchClock.Tick, time);
        do
        {
            await LookAsync(cancellation);
        } while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>One look at everybody's rounds.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        store.Tick();
        var chats = new Dictionary<UserName, Link>();
        await Task.WhenAll(
            Watched(chats).Select(user => LookAtAsync(user.Key, user.Value, chats[user.Key], cancellation))
        );

        var watched = Watched(chats);
        metrics.UsersOverdue(watched.Count(user => user.Value is { Stop: not null, Back: null }));
        var (next, many) = RoundJudge.LookAtAll(watched, store.Counted, store.Many);
        if (many is null || await TellOperatorsAsync(many, cancellation))
        {
            store.Many = next;
        }

        store.WriteIfDue();
    }

    /// <summary>The users with rounds, with a watch that is on, and with a chat that takes messages.</summary>
    /// <param name="chats">Gets their links.</param>
    private List<KeyValuePair<UserName, UserRounds>> Watched(Dictionary<UserName, Link> chats)
    {
        var watched = new List<KeyValuePair<UserName, UserRounds>>();
        foreach (var (user, rounds) in store.All)
        {
            try
            {
                if (rounds is not { IsOff: false, Limit: not null })
                {
                    continue;
                }

                if (accounts.Of(user).Id == rounds.Account && links.Find(user) is { Dead: null } link)
                {
                    watched.Add(new(user, rounds));
                    chats[user] = link;
                }
                else if (rounds.Back is not null)
                {
                    // Nobody is there to be told.
                    store.Told(user, rounds, null);
                }
            }
            catch (StateUnreadableException)
            {
                // The next look may know more.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                store.Failed(user, e);
            }
        }

        return watched;
    }

    /// <summary>Tells a user what is due. A failure stays with that user.</summary>
    private async Task LookAtAsync(UserName user, UserRounds rounds, Link chat, CancellationToken cancellation)
    {
        try
        {
            if (RoundJudge.Notice(user, rounds, store.Counted) is { } notice)
            {
                await TellAsync(notice, chat, cancellation);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException && !cancellation.IsCancellationRequested)
        {
            store.Failed(user, e);
        }
    }

    private async Task TellAsync(RoundNotice notice, Link chat, CancellationToken cancellation)
    {
        switch (notice)
        {
            case RoundNotice.Stopped { User: var user, Rounds: { Last: { } last } rounds }:
                if (await SendAsync(chat, Key("stopped", last), Stopped(rounds, last, chat), cancellation))
                {
                    store.Told(user, rounds, new RoundStop(last, store.Counted));
                    LogStopped(log, user, last.UtcDateTime);
                }

                break;
            case RoundNotice.Back { User: var user, Rounds: { Back: { } back, Stop: { } stop } rounds }:
                if (await SendAsync(chat, Key("back", stop.Last), Back(stop.Last, back, chat), cancellation))
                {
                    store.Told(user, rounds, null);
                    LogBack(log, user);
                }

                break;
        }
    }

    private async Task<bool> TellOperatorsAsync(ManyNotice notice, CancellationToken cancellation)
    {
        List<Link> operators;
        try
        {
            operators =
            [
                .. links
                    .All()
                    .Keys.Where(user => _operators.Find(user) is { IsMember: true })
                    .Select(links.Find)
                    .OfType<Link>()
                    .Where(link => link.Dead is null),
            ];
        }
        catch (StateUnreadableException)
        {
            return false;
        }

        var found = store.Many!.Found.TotalSeconds;
        var sent = await Task.WhenAll(
            operators.Select(link =>
                SendAsync(
                    link,
                    string.Create(CultureInfo.InvariantCulture, $"rounds-{notice.GetType().Name}-of-many-{found:0}"),
                    notice is ManyNotice.Stopped stopped
                        ? ManyStopped(stopped, link)
                        : ManyBack((ManyNotice.Back)notice),
                    cancellation
                )
            )
        );
        if (!sent.All(isSent => isSent))
        {
            return false;
        }

        if (notice is ManyNotice.Stopped { Users.Count: var count, Watched: var all })
        {
            LogManyStopped(log, count, all, operators.Count, settings.TrustedGroup);
        }
        else
        {
            LogManyBack(log, operators.Count);
        }

        return true;
    }

    /// <summary>Has a notification accepted. False if it has to be tried again.</summary>
    private async Task<bool> SendAsync(
        Link link,
        string key,
        (string Title, string Html) text,
        CancellationToken cancellation
    )
    {
        try
        {
            var accepted = await pipeline.SendAsync(
                new SendCommand
                {
                    User = link.User,
                    Title = text.Title,
                    Message = text.Html,
                    ParseMode = ParseMode.Html,
                    Key = key,
                    KeyLifetime = KeyLifetime,
                    HasButtons = false,
                },
                link,
                TimeSpan.Zero,
                cancellation
            );
            return accepted is DeliveryOutcome.Accepted;
        }
        catch (Exception e)
            when (e is OutboxNotWritableException or OutboxNotReadableException or StateUnreadableException)
        {
            // The outbox and the links say in the log what is wrong with them.
            return false;
        }
    }

    private static string Key(string what, DateTimeOffset last) =>
        string.Create(CultureInfo.InvariantCulture, $"rounds-{what}-{last.ToUnixTimeMilliseconds()}");

    private (string Title, string Html) Stopped(UserRounds rounds, DateTimeOffset last, Link link) =>
        (
            $"⚠️ Your scripts have not run since {clock.Moment(last, link)}",
            $"""
            Before, a round began every {ChatWords.Span(rounds.Every!.Value)}. Look on the server:
            • <code>crontab -l</code>: is the line of notify-runner there? <code>notify-runner enable</code> puts it back.
            • <code>systemctl status cron</code>: does cron run?
            • Can you still log in? Cron skips an account that is locked or expired, or has no home.
            • <code>tail ~/.notifications/logs/runner.log</code>: what did the last rounds say?
            If nothing helps, ask {MarkupEscape.Html(
                settings.Contact
            )}. You get a message when they run again. /watch off ends these messages.
            """
        );

    private (string Title, string Html) Back(DateTimeOffset last, DateTimeOffset back, Link link) =>
        (
            "✔ Your scripts run again",
            $"They run again since {clock.Moment(back, link)}. They stopped for {ChatWords.Span(back - last)}."
        );

    private (string Title, string Html) ManyStopped(ManyNotice.Stopped stopped, Link link) =>
        (
            string.Create(CultureInfo.InvariantCulture, $"⚠️ The scripts of {stopped.Users.Count} users have stopped"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                The last round of them began {clock.Moment(
                    stopped.Since,
                    link
                )}. The bot watches {stopped.Watched} users. Each of the {stopped.Users.Count} has a message of their own. Look on the server:
                • <code>systemctl status cron</code>: does cron run?
                • <code>df -h</code>: is a disk full, or the folder of the homes not mounted?
                • <code>notify-bot doctor</code>: does it name something?
                Users: {Names(stopped.Users)}.
                """
            )
        );

    private static (string Title, string Html) ManyBack(ManyNotice.Back back) =>
        (
            string.Create(
                CultureInfo.InvariantCulture,
                $"✔ The scripts of {back.Count - back.Left.Count} of {back.Count} users run again"
            ),
            back.Left.Count == 0
                ? "Nobody is left whose scripts stopped with them."
                : $"Still stopped: {Names(back.Left)}."
        );

    private static string Names(IReadOnlyList<UserName> users) =>
        string.Join(", ", users.Take(MaxNames))
        + (
            users.Count > MaxNames
                ? string.Create(CultureInfo.InvariantCulture, $" and {users.Count - MaxNames} more")
                : ""
        );

    [LoggerMessage(
        1801,
        LogLevel.Information,
        "The scripts of {User} have not run since {Last:yyyy-MM-dd HH:mm} UTC. The user was told."
    )]
    private static partial void LogStopped(ILogger log, UserName user, DateTime last);

    [LoggerMessage(1802, LogLevel.Information, "The scripts of {User} run again. The user was told.")]
    private static partial void LogBack(ILogger log, UserName user);

    [LoggerMessage(
        1803,
        LogLevel.Warning,
        "The scripts of {Count} of {All} watched users have stopped together. Look at cron, the disk and the homes. {Told} linked members of {Group} were told."
    )]
    private static partial void LogManyStopped(ILogger log, int count, int all, int told, string group);

    [LoggerMessage(
        1804,
        LogLevel.Information,
        "The scripts of the users who stopped together run again. {Told} operators were told."
    )]
    private static partial void LogManyBack(ILogger log, int told);
}
