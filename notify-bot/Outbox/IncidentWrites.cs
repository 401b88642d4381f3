using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>Stores a post about an incident: reads the incident, lets <see cref="IncidentJudge"/> decide, and writes all of it in one transaction.</summary>
/// <param name="post">The post.</param>
/// <param name="quiet">Learns after the commit who has held notifications.</param>
/// <param name="quota">Prunes the history.</param>
/// <param name="committed">Gets the notification after the commit.</param>
/// <param name="prunedAttachments">Gets the charts and files that nothing needs any more.</param>
internal sealed class IncidentPostWrite(
    IncidentPost post,
    QuietStore quiet,
    HistoryQuota quota,
    ChannelWriter<StoredNotification> committed,
    ChannelWriter<StoredAttachment> prunedAttachments
) : OutboxWrite
{
    private readonly List<StoredAttachment> _pruned = [];
    private IncidentOutcome? _outcome;

    public override int Length => (post.Content?.Message.Length ?? 0) + (post.Content?.Data?.Length ?? 0);

    public TaskCompletionSource<IncidentOutcome> Done { get; } = NewSource<IncidentOutcome>();

    public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
    {
        _pruned.Clear();
        var last = commands.Incidents.Last(transaction, post.User, post.Account, post.Key);
        var decision = IncidentJudge.Post(last, post);
        if (decision.Incident is not { } incident)
        {
            _outcome = new IncidentOutcome(null, null);
            return;
        }

        if (
            (
                decision.TakesContent
                && incident.State == IncidentState.Open
                && !commands.Incidents.HasRoom(transaction, incident, post.Content!)
            ) || (decision.IsNew && !commands.Incidents.TryMakeRoom(transaction, post.User, post.Account))
        )
        {
            _outcome = new IncidentOutcome(null, null) { IsTooMany = true };
            return;
        }

        if (decision is { TakesContent: true, IsNew: false })
        {
            // The first message of a new incident holds its content.
            Store(
                commands,
                transaction,
                post.Content! with
                {
                    Account = incident.Account,
                    Incident = new IncidentPart(incident.Id, IncidentRole.Content),
                },
                new DeliveryProgress(DeliveryState.Delivered)
            );
            _pruned.AddRange(commands.Incidents.DeleteContent(transaction, last!.ContentId));
        }

        StoredNotification? sent = null;
        if (decision.Sends is { } role)
        {
            var notification = IncidentNotifications.Of(
                role,
                incident,
                post,
                ContentOf(commands, transaction, incident)
            );
            sent = Store(commands, transaction, notification, post.IsMuted ? DeliveryProgress.Muted : post.Progress);
        }

        if (decision.IsNew)
        {
            commands.Incidents.Insert(transaction, incident);
        }
        else
        {
            commands.Incidents.Update(transaction, incident);
        }

        _outcome = new IncidentOutcome(incident, sent) { HasStoredContent = decision.TakesContent };
    }

    public override void Committed(OutboxFile file)
    {
        if (_outcome!.Sent is { } sent)
        {
            file.LastSequence = sent.Sequence;
            committed.TryWrite(sent);
            if (sent.Progress.State == DeliveryState.Held)
            {
                quiet.Hold(sent.Accepted.User, sent.Accepted.Account!.Value);
            }
        }

        foreach (var attachment in _pruned)
        {
            prunedAttachments.TryWrite(attachment);
        }

        Done.SetResult(_outcome);
    }

    public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);

    private AcceptedNotification? ContentOf(
        OutboxCommands commands,
        SqliteTransaction transaction,
        Incident incident
    ) => post.Content ?? commands.Incidents.Notification(transaction, incident.ContentId)?.Accepted;

    private StoredNotification Store(
        OutboxCommands commands,
        SqliteTransaction transaction,
        AcceptedNotification notification,
        DeliveryProgress progress
    )
    {
        var stored = new StoredNotification(
            commands.Insert(transaction, notification, progress),
            notification,
            progress
        );
        _pruned.AddRange(quota.Added(commands, transaction, notification).Attachments);
        return stored;
    }
}

/// <summary>Sends an open incident whole, because nobody sees it: its mute has ended, its message is gone, or its chat lives again.</summary>
internal sealed class IncidentShowWrite(
    string id,
    string sentId,
    DateTimeOffset at,
    HistoryQuota quota,
    ChannelWriter<StoredNotification> committed,
    ChannelWriter<StoredAttachment> prunedAttachments
) : OutboxWrite
{
    private StoredNotification? _sent;
    private Pruned _pruned = Pruned.Nothing;

    public TaskCompletionSource<StoredNotification?> Done { get; } = NewSource<StoredNotification?>();

    public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
    {
        _sent = null;
        if (
            commands.Incidents.Find(transaction, id) is not { } incident
            || !IncidentJudge.LacksMessage(incident, isMuted: false)
        )
        {
            return;
        }

        var content = commands.Incidents.Notification(transaction, incident.ContentId)?.Accepted;
        var notification = IncidentNotifications.Carrier(incident, content, sentId, at);
        var progress = new DeliveryProgress(DeliveryState.Queued);
        _sent = new StoredNotification(commands.Insert(transaction, notification, progress), notification, progress);
        _pruned = quota.Added(commands, transaction, notification);
        commands.Incidents.Update(transaction, incident with { CarrierId = sentId, ShownVersion = 0, ToldAt = at });
    }

    public override void Committed(OutboxFile file)
    {
        if (_sent is { } sent)
        {
            file.LastSequence = sent.Sequence;
            committed.TryWrite(sent);
        }

        foreach (var attachment in _pruned.Attachments)
        {
            prunedAttachments.TryWrite(attachment);
        }

        Done.SetResult(_sent);
    }

    public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
}

/// <summary>Stores what a message of an incident shows after an edit.</summary>
internal sealed class IncidentShownWrite(ShownIncident shown) : OutboxWrite
{
    /// <summary>True, because the edit has been made.</summary>
    public override bool IsOwed => true;

    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file) =>
        shown.Apply(commands.Incidents, transaction);

    public override void Committed(OutboxFile file) => Done.SetResult();

    public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
}

/// <summary>Stores who is on an incident. The first one counts.</summary>
internal sealed class IncidentAcknowledgeWrite(string id, string by, DateTimeOffset at) : OutboxWrite
{
    private Incident? _after;

    /// <summary>The incident after it; null if it is not there.</summary>
    public TaskCompletionSource<Incident?> Done { get; } = NewSource<Incident?>();

    public override void Apply(OutboxCommands commands, SqliteTransaction transaction, OutboxFile file)
    {
        _after = commands.Incidents.Find(transaction, id);
        if (_after is { State: IncidentState.Open, AcknowledgedBy: null })
        {
            _after = _after with
            {
                AcknowledgedBy = by,
                AcknowledgedAt = at,
                Version = _after.Version + 1,
                EditedAt = null,
            };
            commands.Incidents.Update(transaction, _after);
        }
    }

    public override void Committed(OutboxFile file) => Done.SetResult(_after);

    public override void Fail(OutboxNotWritableException reason) => Done.SetException(reason);
}
