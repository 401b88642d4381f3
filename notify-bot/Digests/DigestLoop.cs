using Notify.Bot.Delivery;
using Notify.Bot.Outbox;
using Notify.Formatting;
using Notify.Hosting;
using Notify.Linking;

namespace Notify.Bot.Digests;

/// <summary>
/// Looks every few seconds who has held notifications and no quiet time any more, by the hours and the clock of that moment. What was held then goes out:
/// as one digest, or by itself if it is a single one. The digest takes the way of any notification.
/// </summary>
/// <remarks>One transaction stores a digest and names it in what it tells of. So a bot that is killed at any moment tells nothing twice.</remarks>
internal sealed partial class DigestLoop(
    IOutbox outbox,
    PendingNotifications pendings,
    ILinkStore links,
    TimeProvider time,
    ILogger<DigestLoop> log
) : BackgroundService
{
    /// <summary>How often it looks.</summary>
    internal static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);

    /// <summary>Users whose digests are stored in one transaction.</summary>
    private const int AtOnce = 64;

    private readonly LogThrottle _throttle = new(time);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SideLoop.RunAsync("The end of quiet hours", LoopAsync, time, log, stoppingToken);

    private async Task LoopAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Tick, time);
        do
        {
            await LookAsync(cancellation);
        } while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>One look at everybody with held notifications.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        foreach (var some in outbox.Holders().Chunk(AtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            await Task.WhenAll(some.Select(holder => LookAtAsync(holder.User, holder.Account)));
        }
    }

    /// <summary>Lets a user's notifications go if it is not quiet. A failure stays with that user, and the next look tries again.</summary>
    private async Task LookAtAsync(UserName user, AccountId account)
    {
        try
        {
            var now = time.GetUtcNow();
            var zone = ZoneOf(user, account);
            if (
                outbox.QuietOf(user, account)?.EndAfter(now, zone) is not null
                || outbox.MutesOf(user, account).All is not null
            )
            {
                // A mute of everything is the user's word, too. Nothing held is lost by it: it comes later.
                return;
            }

            var held = outbox.Held(user, account, AcceptPipeline.MaxHeldOfUser, DigestText.Beginning);
            if (held is [var only])
            {
                await ReleaseAsync(only.Sequence, now);
            }
            else if (held.Count > 0)
            {
                await TellAsync(user, account, held, zone, now);
            }
        }
        catch (Exception e)
            when (e is OutboxNotWritableException or OutboxNotReadableException or StateUnreadableException)
        {
            // The outbox and the links say in the log what is wrong with them.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (_throttle.Next() is { } others)
            {
                LogFailed(log, e, user, others);
            }
        }
    }

    /// <summary>The zone in the link of this account, or the server's.</summary>
    private TimeZoneInfo ZoneOf(UserName user, AccountId account) =>
        time.ZoneOf(links.Stored(user) is { } link && (link.Account ?? account) == account ? link : null);

    private async Task ReleaseAsync(long sequence, DateTimeOffset now)
    {
        if (outbox.Read(sequence) is { } only)
        {
            await PassOnAsync(Pending(only.Accepted, now, isDigest: false), () => outbox.ReleaseAsync(only));
        }
    }

    private async Task TellAsync(
        UserName user,
        AccountId account,
        IReadOnlyList<PastNotification> held,
        TimeZoneInfo zone,
        DateTimeOffset now
    )
    {
        var over = outbox.OverWhileHeld(user, account);
        var (title, message, buttons) = DigestText.Of(held, zone, now, over);
        while (message.Length > DigestText.MaxLength)
        {
            // The renderer would leave the newest lines out. The next look tells of the others.
            held = [.. held.Take((int)((long)held.Count * DigestText.MaxLength / message.Length))];
            (title, message, buttons) = DigestText.Of(held, zone, now, over);
        }

        var digest = new AcceptedNotification
        {
            Id = AttachmentStore.NewId(),
            User = user,
            Account = account,
            Title = title,
            Message = message,
            ParseMode = ParseMode.Plain,
            Silent = held.All(one => one.Silent),
            Buttons = buttons,
            CreatedAt = now,
        };
        await PassOnAsync(
            Pending(digest, now, isDigest: true),
            () =>
                outbox.ReleaseAsync(
                    digest,
                    held[^1].Sequence,
                    held.Count,
                    held.Select(one => one.Id).Where(over.ContainsKey).ToHashSet(StringComparer.Ordinal)
                )
        );
    }

    private static PendingNotification Pending(AcceptedNotification accepted, DateTimeOffset now, bool isDigest) =>
        new()
        {
            Id = accepted.Id,
            User = accepted.User,
            CreatedAt = now,
            Size = HistoryQuota.Size(accepted),
            Images = accepted.Images.Count,
            IsDigest = isDigest,
        };

    /// <summary>Announces a notification to the delivery before the commit, as acceptance does.</summary>
    private async Task PassOnAsync(PendingNotification pending, Func<Task<bool>> store)
    {
        var isStored = false;
        pendings.Add(pending);
        try
        {
            isStored = await store();
        }
        finally
        {
            if (!isStored)
            {
                pendings.Remove(pending);
            }
        }
    }

    [LoggerMessage(
        1821,
        LogLevel.Error,
        "What was held for {User} in quiet hours can't be sent yet; the bot tries again.{Others}"
    )]
    private static partial void LogFailed(ILogger log, Exception e, UserName user, string others);
}
