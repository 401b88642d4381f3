using System.Collections.Concurrent;
using System.Threading.Channels;
using Notify.Bot.Events;
using Notify.Bot.Metrics;
using Notify.Bot.Outbox;
using Notify.Bot.Telegram;
using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Delivery;

/// <summary>
/// Keeps the messages of incidents as they have to be: edits them, silently and behind all new messages, and sends an open incident whole if nobody sees it. What is due is in
/// the outbox (a version that is newer than the shown one), so a restart forgets nothing.
/// </summary>
public sealed partial class IncidentEdits(
    IOutbox outbox,
    ILinkStore links,
    Accounts accounts,
    IncidentEditor editor,
    DeliveryWorker worker,
    ChangeFeed changes,
    BotMetrics metrics,
    TimeProvider time,
    ILogger<IncidentEdits> log
) : BackgroundService
{
    /// <summary>How often it looks for what is due if nothing wakes it.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>Incidents of one read.</summary>
    private const int PageSize = 200;

    private readonly IncidentView _view = new(outbox, links, time);

    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>Incidents with an edit in a queue.</summary>
    private readonly ConcurrentDictionary<string, bool> _queued = new(StringComparer.Ordinal);

    /// <summary>Looks at once: a person waits for an edit.</summary>
    internal void Wake() => _wakes.Writer.TryWrite(true);

    /// <summary>Tells watchers that an incident has changed, by its first notification.</summary>
    private void Announce(Incident incident) =>
        changes.NotificationChanged(incident.User, incident.FirstId, incident.FirstState ?? DeliveryState.Delivered);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        SideLoop.RunAsync("The edits of incidents", LoopAsync, time, log, stoppingToken);

    private async Task LoopAsync(CancellationToken cancellation)
    {
        await using var timer = time.CreateTimer(_ => Wake(), null, Tick, Tick);
        do
        {
            await LookAsync(cancellation);
        } while (await _wakes.Reader.ReadAsync(cancellation));
    }

    /// <summary>One look at all incidents whose message is not as it has to be.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        IReadOnlyList<Incident> page;
        for (var after = 0L; ; after = page[^1].Number)
        {
            page = outbox.IncidentsBehind(after, PageSize);
            foreach (var incident in page)
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    await LookAtAsync(incident);
                }
                catch (Exception e) when (e is StateUnreadableException or OutboxNotWritableException)
                {
                    // The next look may know more.
                }
            }

            if (page.Count < PageSize)
            {
                return;
            }
        }
    }

    private async Task LookAtAsync(Incident incident)
    {
        if (LinkOf(incident) is not { Dead: null } link)
        {
            return;
        }

        var isMuted = IsMuted(incident);
        if (IncidentJudge.LacksMessage(incident, isMuted))
        {
            // It makes a sound, so it waits for the end of quiet hours.
            if (outbox.QuietOf(incident.User)?.EndAfter(time.GetUtcNow(), time.ZoneOf(link)) is null)
            {
                await outbox.ShowIncidentAsync(incident.Id, AttachmentStore.NewId());
            }
        }
        else if (IncidentJudge.MayEdit(incident, time.GetUtcNow(), isMuted))
        {
            if (incident.Shown!.Chat != link.Chat)
            {
                // The numbers of messages mean nothing in another chat.
                await LoseAsync(incident);
            }
            else if (_queued.TryAdd(incident.Id, true))
            {
                worker.Add(new IncidentEditJob(this, incident.Id, time));
            }
        }
    }

    /// <summary>The chat of an edit; null if there is none, or if it takes no messages.</summary>
    internal ChatId? ChatOf(string id) =>
        outbox.FindIncident(id) is { } incident && LinkOf(incident) is { Dead: null } link ? link.Chat : null;

    /// <summary>Edits the message of an incident to its newest state.</summary>
    internal async Task<AttemptResult> TryAsync(string id, ChatId? chat, CancellationToken stopping)
    {
        var result = await TryEditAsync(id, chat, stopping);
        if (result.EndsJob)
        {
            _queued.TryRemove(id, out _);
        }

        return result;
    }

    private async Task<AttemptResult> TryEditAsync(string id, ChatId? chat, CancellationToken stopping)
    {
        if (
            outbox.Trouble is not null
            || chat is not { } to
            || outbox.FindIncident(id) is not { Shown: { } shown } incident
            || shown.Chat != to
            || !IncidentJudge.MayEdit(incident, time.GetUtcNow(), IsMuted(incident))
        )
        {
            // The next look decides anew.
            return new AttemptResult.Ended();
        }

        var content = _view.NewestOf(incident);
        if (
            _view.Render(new IncidentContent(content, incident, IncidentRole.First)) is not { } rendered
            || rendered.WithButtons() is not { } index
        )
        {
            await ShownAsync(incident, shown);
            return new AttemptResult.Ended();
        }

        try
        {
            await ShownAsync(
                incident,
                await editor.EditAsync(
                    incident,
                    shown,
                    rendered,
                    outbox.Find(incident.CarrierId)?.Accepted.Images ?? [],
                    rendered.Messages[index],
                    _view.LineOf(incident),
                    stopping
                )
            );
            return new AttemptResult.Answered();
        }
        catch (BotApiException e)
        {
            return await FailedAsync(incident, shown, e.Failure, to);
        }
    }

    private async Task<AttemptResult> FailedAsync(
        Incident incident,
        ShownMessage shown,
        BotApiFailure failure,
        ChatId chat
    )
    {
        switch (failure)
        {
            case BotApiFailure.Migrated moved when moved.NewChat != chat:
                await OnLinkAsync(store => store.MoveChatAsync(chat, moved.NewChat, CancellationToken.None));
                return new AttemptResult.Answered();
            case BotApiFailure.ChatGone gone:
                await OnLinkAsync(store => store.MarkDeadAsync(chat, gone.Reason, CancellationToken.None));
                return new AttemptResult.Answered();
            case BotApiFailure.RateLimited limited:
                metrics.FloodWait();
                return new AttemptResult.ChatHeld(limited.RetryAfter);
            case BotApiFailure.Unreachable or BotApiFailure.TokenRefused or BotApiFailure.PolledElsewhere:
                // A second edit with the same content changes nothing, so a lost answer needs no care.
                return new AttemptResult.Outage(failure);
            case { } gone when IncidentEditor.IsGone(gone):
                LogMessageGone(log, incident.Id, incident.User, failure.Description);
                await LoseAsync(incident);
                return new AttemptResult.Answered();
            default:
                LogEditRefused(log, incident.Id, incident.User, failure.Description);
                await ShownAsync(incident, shown);
                return new AttemptResult.Answered();
        }
    }

    private async Task ShownAsync(Incident incident, ShownMessage? message)
    {
        await outbox.RecordIncidentAsync(
            new ShownIncident(incident.Id, incident.CarrierId, message, incident.Version, time.GetUtcNow())
        );
        Announce(incident);
    }

    /// <summary>Its message is gone. An open incident gets another one at the next look.</summary>
    private async Task LoseAsync(Incident incident)
    {
        await ShownAsync(incident, null);
        Wake();
    }

    private async Task OnLinkAsync(Func<ILinkStore, Task> change)
    {
        try
        {
            await change(links);
        }
        catch (IOException e)
        {
            LogLinkNotStored(log, e.Message);
        }
    }

    private Link? LinkOf(Incident incident) =>
        accounts.Of(incident.User).Id == incident.Account ? links.Find(incident.User) : null;

    private bool IsMuted(Incident incident) => outbox.MutesOf(incident.User).Until(incident.Script) is not null;

    [LoggerMessage(
        1520,
        LogLevel.Information,
        "The message of incident {Id} of {User} can't be edited ({Reason}). While the incident is open, a new message shows it."
    )]
    private static partial void LogMessageGone(ILogger log, string id, UserName user, string reason);

    [LoggerMessage(1521, LogLevel.Warning, "Telegram refused an edit of incident {Id} of {User}: {Reason}")]
    private static partial void LogEditRefused(ILogger log, string id, UserName user, string reason);

    [LoggerMessage(1523, LogLevel.Error, "The bot can't store in a link what Telegram said about its chat: {Reason}")]
    private static partial void LogLinkNotStored(ILogger log, string reason);
}

/// <summary>An edit of an incident's message. It has a queue of its own, and all new messages go first.</summary>
internal sealed class IncidentEditJob(IncidentEdits edits, string id, TimeProvider time) : DeliveryJob
{
    private readonly long _begun = time.GetTimestamp();
    private readonly string _queue = $"incident {id}";

    public override object QueueKey => _queue;

    public override bool CanStandBack => true;

    /// <summary>What waits for a day looks at the incident anew.</summary>
    public override TimeSpan Left => NotificationJob.Lifetime - time.GetElapsedTime(_begun);

    public override ChatId? Chat() => edits.ChatOf(id);

    public override Task<AttemptResult> TryAsync(ChatId? chat, CancellationToken stopping) =>
        edits.TryAsync(id, chat, stopping);
}
