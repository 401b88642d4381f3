using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Notify.Bot.Desktops;
using Notify.Bot.Events;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Formatting;
using Notify.Images;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>
/// The policy of delivery, in order. Accepting: anything to say? a living link? room in the quota? mute, dedup and store. From there on desktops
/// are told beside (<see cref="DesktopDispatch"/>). Delivering
/// (<see cref="NotificationJob"/>): render, pace, send, record. Accepted means: on disk, and from then on delivered once, or marked with the reason why not.
/// </summary>
public sealed partial class NotificationDelivery : IDisposable
{
    /// <summary>How long delivery is tried (specification, section 8).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private readonly IOutbox _outbox;
    private readonly ImageStore _images;
    private readonly ILinkStore _links;
    private readonly Accounts _accounts;
    private readonly BotApi _api;
    private readonly BotSettings _settings;
    private readonly DesktopDispatch _desktops;
    private readonly ChangeFeed _changes;
    private readonly BotMetrics _metrics;
    private readonly LargeTexts _largeTexts;
    private readonly TimeProvider _time;
    private readonly ILogger<NotificationDelivery> _log;
    private readonly DeliveryScheduler _scheduler;
    private readonly WaitingQuota _waiting = new();
    private readonly ConcurrentDictionary<string, NotificationJob> _jobs = new(StringComparer.Ordinal);

    /// <summary>Makes the delivery of one bot; <see cref="Resume"/> begins with what waits from before.</summary>
    public NotificationDelivery(
        IOutbox outbox,
        ImageStore images,
        ILinkStore links,
        Accounts accounts,
        BotApi api,
        BotSettings settings,
        DesktopDispatch desktops,
        ChangeFeed changes,
        BotMetrics metrics,
        LargeTexts largeTexts,
        TimeProvider time,
        ILoggerFactory logs
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        _outbox = outbox;
        _images = images;
        _links = links;
        _accounts = accounts;
        _api = api;
        _settings = settings;
        _desktops = desktops;
        _changes = changes;
        _metrics = metrics;
        _largeTexts = largeTexts;
        _time = time;
        _log = logs.CreateLogger<NotificationDelivery>();
        _scheduler = new DeliveryScheduler(api, settings.Pace, time, logs.CreateLogger<DeliveryScheduler>());
    }

    /// <summary>How many notifications wait, and since when the oldest does.</summary>
    public (int Length, TimeSpan Oldest) Queue
    {
        get
        {
            var jobs = _jobs.Values;
            return jobs.Count == 0 ? (0, TimeSpan.Zero) : (jobs.Count, _time.GetUtcNow() - jobs.Min(j => j.CreatedAt));
        }
    }

    /// <summary>Takes up what was accepted and not delivered when the bot ended.</summary>
    public void Resume()
    {
        var now = _time.GetUtcNow();
        foreach (var waiting in _outbox.Waiting())
        {
            Enqueue(new NotificationJob(this, waiting, rendered: null), LeftOfWait(waiting.Progress, now));
        }

        if (!_jobs.IsEmpty)
        {
            LogResumed(_log, _jobs.Count);
        }
    }

    /// <summary>What is left of a wait that Telegram asked for: where the clock was set back meanwhile, no more than was asked for, nor than delivery is tried.</summary>
    private static TimeSpan? LeftOfWait(DeliveryProgress progress, DateTimeOffset now)
    {
        if (progress.NextTryAt is not { } next)
        {
            return null;
        }

        var most = progress.WaitsSince is { } since && next - since < Lifetime ? next - since : Lifetime;
        return next - now < most ? next - now : most;
    }

    /// <summary>Accepts a notification and waits a while for its delivery.</summary>
    /// <param name="wish">What is to be said.</param>
    /// <param name="link">The user's; null: no phone is linked, and a desktop that is connected gets it alone.</param>
    /// <param name="wait">How long its delivery is waited for.</param>
    /// <param name="cancellation">The sender is gone: what is not stored yet is not accepted; the delivery of what is goes on.</param>
    /// <exception cref="OutboxNotWritableException">It can't be stored, so it was not accepted.</exception>
    /// <exception cref="StateUnreadableException">The links can't be read.</exception>
    public async Task<DeliveryOutcome> DeliverAsync(
        SendCommand wish,
        Link? link,
        TimeSpan wait,
        CancellationToken cancellation
    )
    {
        var outcome = await AcceptAsync(wish, link, cancellation);
        return await outcome(wait, cancellation);
    }

    /// <summary>Accepts a notification.</summary>
    /// <param name="wish">What is to be said. Nothing of it is held on to once it is accepted, but for the messages that are still to be sent.</param>
    /// <param name="link">As for <see cref="DeliverAsync"/>.</param>
    /// <param name="cancellation">The sender is gone: what is not accepted yet never is.</param>
    /// <exception cref="OutboxNotWritableException">It can't be stored, so it was not accepted.</exception>
    /// <exception cref="StateUnreadableException">The links can't be read.</exception>
    public async Task<OutcomeWait> AcceptAsync(SendCommand wish, Link? link, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(wish);
        IReadOnlyList<OutgoingMessage>? messages;
        using (await _largeTexts.ReadAsync(wish.User, wish.Message.Length + (wish.Title?.Length ?? 0L), cancellation))
        {
            if (!TryRender(wish.Title, wish.Message, wish.ParseMode, wish.Picture?.Info, out messages))
            {
                return Ended(new DeliveryOutcome.NothingToSay());
            }
        }

        // Before anything is counted or written: a repeat is answered also where a new notification would be refused. One that is
        // queued and has no job was stored this very moment, or ended; below, the outbox tells them in their order.
        if (
            wish.Key is { } key
            && _outbox.FindRepeated(wish.User, key, wish.KeyLifetime) is { } repeated
            && (repeated.Progress.State != DeliveryState.Queued || _jobs.ContainsKey(repeated.Accepted.Id))
        )
        {
            return Repeat(repeated.Accepted.Id, repeated.Progress);
        }

        if (link?.Dead is { } dead)
        {
            return Ended(new DeliveryOutcome.LinkDead(dead.Reason));
        }

        var muted = _outbox.MutesOf(wish.User).Until(wish.Script);
        var data = wish.Data?.GetRawText();
        var size = HistoryQuota.Size(wish.Title, wish.Message, data?.Length ?? 0, wish.Picture?.Info.ByteLength ?? 0);
        if (muted is null && _waiting.TryEnter(wish.User, size) is { } waiting)
        {
            return Ended(new DeliveryOutcome.TooManyWaiting(waiting.Count, waiting.Bytes));
        }

        NotificationJob? job = null;
        Task<int?>? sent = null;
        StoredImage? image = null;
        Acceptance acceptance;
        try
        {
            image = wish.Picture is { } picture
                ? await _images.PutAsync(picture.Content, picture.Info, cancellation)
                : null;
            acceptance = await _outbox.AcceptAsync(
                Accepted(wish, data, image),
                new DeliveryProgress(muted is null ? DeliveryState.Queued : DeliveryState.Muted)
                {
                    Reason = muted is null ? null : "muted",
                },
                stored =>
                {
                    _changes.NotificationChanged(stored.Accepted.User, stored.Accepted.Id, stored.Progress.State);

                    // On the outbox's thread, in the order of acceptance: so a user's notifications join their queue in that order.
                    if (stored.Progress.State != DeliveryState.Queued)
                    {
                        return;
                    }

                    if (link is not null)
                    {
                        job = new NotificationJob(
                            this,
                            new WaitingNotification(
                                stored.Sequence,
                                stored.Accepted.Id,
                                stored.Accepted.User,
                                stored.Accepted.CreatedAt,
                                stored.Progress,
                                size
                            )
                            {
                                Account = stored.Accepted.Account,
                            },
                            new RenderedNotification(stored.Accepted, messages)
                        );
                        Add(job, null);
                    }

                    sent = _desktops.Offer(stored.Accepted);
                },
                cancellation
            );
        }
        catch (Exception e)
        {
            // Nothing was accepted: the outbox can't be written, or the caller is gone.
            Undo(muted, wish.User, size, image);
            if (e is OutboxNotWritableException && image is null)
            {
                _outbox.LookWhetherWritable();
            }

            throw;
        }

        switch (acceptance)
        {
            case Acceptance.Repeated { First: var first }:
                Undo(muted, wish.User, size, image);
                return Repeat(first.Accepted.Id, first.Progress);
            case Acceptance.Stored { Notification: var stored }:
                _metrics.Accepted();
                return sent is null ? Ended(new DeliveryOutcome.Accepted(stored.Accepted.Id, stored.Progress))
                    : job is null ? Ended(await EndOnDesktopAsync(stored, size, sent))
                    : WaitFor(job, sent);
            default:
                throw new InvalidOperationException($"No outcome for {acceptance.GetType().Name}.");
        }
    }

    /// <summary>Sends an answer of the bot itself within the same rates; it is not stored.</summary>
    internal void Answer(DeliveryJob answer) => _scheduler.Add(answer);

    /// <summary>Ends what is on its way.</summary>
    public Task StopAsync(CancellationToken patience) => _scheduler.StopAsync(patience);

    /// <inheritdoc />
    public void Dispose() => _scheduler.Dispose();

    private static bool TryRender(
        string? title,
        string message,
        ParseMode mode,
        ImageInfo? image,
        [NotNullWhen(true)] out IReadOnlyList<OutgoingMessage>? messages
    ) =>
        NotificationRenderer.TryRender(
            new NotificationContent
            {
                Title = title,
                Message = message,
                ParseMode = mode,
                Image = image,
            },
            out messages
        );

    /// <summary>The end of a notification for a user without a phone: it is known once the gateway has said who got it.</summary>
    private async Task<DeliveryOutcome> EndOnDesktopAsync(StoredNotification stored, long size, Task<int?> sent)
    {
        var desktops = await sent;
        var progress = desktops > 0 ? DeliveryProgress.OnDesktopOnly : DeliveryProgress.Unreached;
        await RecordInTimeAsync(stored.Sequence, progress);
        _changes.NotificationChanged(stored.Accepted.User, stored.Accepted.Id, progress.State);
        _waiting.Leave(stored.Accepted.User, size);
        if (progress.IsUnreached)
        {
            _metrics.Failed("unreached");
            LogNotDelivered(_log, stored.Accepted.Id, stored.Accepted.User, progress.Reason!);
        }

        return new DeliveryOutcome.Accepted(stored.Accepted.Id, progress, desktops);
    }

    /// <summary>Records how it went. The outbox does so as soon as it can; the sender does not wait for a lock or a disk.</summary>
    private async Task RecordInTimeAsync(long sequence, DeliveryProgress progress)
    {
        try
        {
            await _outbox.RecordAsync(sequence, progress).WaitAsync(SqliteOutbox.StorePatience, _time);
        }
        catch (TimeoutException)
        {
            // The outbox has it in memory.
        }
    }

    private static OutcomeWait Ended(DeliveryOutcome outcome) => (_, _) => Task.FromResult(outcome);

    private OutcomeWait WaitFor(NotificationJob job, Task<int?> sent) =>
        async (wait, cancellation) =>
            new DeliveryOutcome.Accepted(
                job.Id,
                await job.WaitAsync(wait, cancellation),
                await _desktops.CountAsync(sent)
            );

    /// <summary>How the notification stands that a repeat means; where it is on its way, its end if that comes in time.</summary>
    private OutcomeWait Repeat(string first, DeliveryProgress progress) =>
        async (wait, cancellation) =>
            new DeliveryOutcome.Accepted(
                first,
                _jobs.TryGetValue(first, out var job)
                    ? await job.WaitAsync(wait, cancellation)
                    // It may have ended since it was read.
                    : _outbox.Find(first)?.Progress ?? progress
            )
            {
                IsRepeat = true,
            };

    private AcceptedNotification Accepted(SendCommand wish, string? data, StoredImage? image) =>
        new()
        {
            Id = ImageStore.NewId(),
            User = wish.User,
            Script = wish.Script,
            Title = wish.Title,
            Message = wish.Message,
            ParseMode = wish.ParseMode,
            Silent = wish.Silent,
            Data = data,
            Key = wish.Key,
            KeyLifetime = wish.KeyLifetime,
            HasButtons = wish.HasButtons,
            Image = image,
            CreatedAt = _time.GetUtcNow(),
        };

    private void Enqueue(NotificationJob job, TimeSpan? notBefore)
    {
        _waiting.Enter(job.User, job.Size);
        Add(job, notBefore);
    }

    private void Add(NotificationJob job, TimeSpan? notBefore)
    {
        _jobs[job.Id] = job;
        _scheduler.Add(job, notBefore);
    }

    private void Undo(DateTimeOffset? muted, UserName user, long size, StoredImage? image)
    {
        if (muted is null)
        {
            _waiting.Leave(user, size);
        }

        if (image is not null)
        {
            _images.TryRemove(image);
        }
    }

    [LoggerMessage(1501, LogLevel.Warning, "Notification {Id} for {User} was not delivered: {Reason}")]
    private static partial void LogNotDelivered(ILogger log, string id, UserName user, string reason);

    [LoggerMessage(1502, LogLevel.Information, "Chat {Previous} has become {Current}.")]
    private static partial void LogChatMoved(ILogger log, ChatId previous, ChatId current);

    [LoggerMessage(1503, LogLevel.Error, "What Telegram said about a chat can't be stored with its link: {Reason}")]
    private static partial void LogLinkNotStored(ILogger log, string reason);

    [LoggerMessage(
        1509,
        LogLevel.Warning,
        "Notification {Id} for {User} went out without its chart, which was not taken ({Reason})."
    )]
    private static partial void LogWithoutChart(ILogger log, string id, UserName user, string reason);

    [LoggerMessage(1508, LogLevel.Information, "{Count} notifications wait from before; their delivery goes on.")]
    private static partial void LogResumed(ILogger log, int count);
}
