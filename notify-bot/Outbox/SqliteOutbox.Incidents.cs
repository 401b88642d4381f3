using Notify.Contracts;
using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <content>The incidents of the outbox.</content>
public sealed partial class SqliteOutbox
{
    /// <inheritdoc />
    public Task<IncidentOutcome> PostIncidentAsync(IncidentPost post, CancellationToken cancellation)
    {
        var write = new IncidentPostWrite(
            post with
            {
                Account = AccountOf(post.User),
            },
            _quiet,
            _quota,
            _committed.Writer,
            _prunedAttachments.Writer
        );
        return AnnounceAsync(
            WriteAsync(write, write.Done, cancellation),
            // A new incident has no state of its first notification yet.
            outcome =>
                outcome.Incident is { FirstState: null, FirstId: var first } incident
                && outcome.Sent is { } sent
                && sent.Accepted.Id == first
                    ? incident with
                    {
                        FirstState = sent.Progress.State,
                    }
                    : outcome.Incident
        );
    }

    /// <inheritdoc />
    public Task<StoredNotification?> ShowIncidentAsync(string id, string sentId)
    {
        var write = new IncidentShowWrite(
            id,
            sentId,
            _time.GetUtcNow(),
            _quota,
            _committed.Writer,
            _prunedAttachments.Writer
        );
        return WriteAsync(write, write.Done, CancellationToken.None);
    }

    /// <inheritdoc />
    public Task RecordIncidentAsync(ShownIncident shown)
    {
        var write = new IncidentShownWrite(shown);
        _writer.Enqueue(write);
        return write.Done.Task;
    }

    /// <inheritdoc />
    public Task<Incident?> AcknowledgeIncidentAsync(string id, string by)
    {
        var write = new IncidentAcknowledgeWrite(id, by, _time.GetUtcNow());
        return AnnounceAsync(WriteAsync(write, write.Done, CancellationToken.None), incident => incident);
    }

    /// <inheritdoc />
    public Incident? FindIncident(string id) =>
        Select(IncidentCommands.FindById, IncidentCommands.Read, ("$id", id)).FirstOrDefault();

    /// <inheritdoc />
    public IReadOnlyList<Incident> IncidentsOf(UserName user, DateTimeOffset since, int limit)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
            IncidentCommands.FindList,
            IncidentCommands.Read,
            ("$user", user.Value),
            ("$uid", UidOf(user)),
            ("$since", since.ToUnixTimeMilliseconds()),
            ("$limit", limit)
        );
    }

    /// <inheritdoc />
    public int CountOpenIncidents(UserName user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(IncidentCommands.CountOpen, row => row.GetInt32(0), ("$user", user.Value), ("$uid", UidOf(user)))[
            0
        ];
    }

    /// <inheritdoc />
    public IReadOnlyDictionary<string, TimeSpan> OverWhileHeld(UserName user, AccountId account)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Select(
                IncidentCommands.FindOverWhileHeld,
                row => (row.GetString(0), TimeSpan.FromMilliseconds(row.GetInt64(1))),
                ("$user", user.Value),
                ("$uid", OutboxSchema.Number(account)),
                ("$upto", long.MaxValue)
            )
            .ToDictionary();
    }

    /// <inheritdoc />
    public IReadOnlyList<Incident> IncidentsBehind(long after, int limit) =>
        Select(IncidentCommands.FindBehind, IncidentCommands.Read, ("$after", after), ("$limit", limit));

    /// <summary>
    /// Tells watchers that an incident has changed, by its first notification. After the commit nothing is read: a reader that fails would answer an error for a stored post.
    /// </summary>
    private async Task<T> AnnounceAsync<T>(Task<T> change, Func<T, Incident?> incidentOf)
    {
        var changed = await change;
        if (incidentOf(changed) is { } incident)
        {
            _changes.NotificationChanged(
                incident.User,
                incident.FirstId,
                incident.FirstState ?? DeliveryState.Delivered
            );
        }

        return changed;
    }
}
