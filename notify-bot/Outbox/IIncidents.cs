using Notify.Linking;

namespace Notify.Bot.Outbox;

/// <summary>The incidents of the outbox. A change is on disk when its method has returned.</summary>
public interface IIncidents
{
    /// <summary>Stores a post, and the notification that it causes.</summary>
    /// <exception cref="OutboxNotWritableException">It could not be stored in time, and will not be stored later.</exception>
    Task<IncidentOutcome> PostIncidentAsync(IncidentPost post, CancellationToken cancellation);

    /// <summary>Sends an open incident whole if nobody sees it.</summary>
    /// <returns>The notification; null if a message is there or on its way.</returns>
    Task<StoredNotification?> ShowIncidentAsync(string id, string sentId);

    /// <summary>Stores what the message shows after an edit. The task ends when it is on disk, if necessary after a trouble.</summary>
    Task RecordIncidentAsync(ShownIncident shown);

    /// <summary>Somebody is on it. The first one counts.</summary>
    /// <returns>The incident after it; null if it is not there.</returns>
    Task<Incident?> AcknowledgeIncidentAsync(string id, string by);

    /// <summary>An incident; null if it is not there.</summary>
    Incident? FindIncident(string id);

    /// <summary>A user's incidents: the open ones first, then those that ended since a moment, each the newest first.</summary>
    IReadOnlyList<Incident> IncidentsOf(UserName user, DateTimeOffset since, int limit);

    /// <summary>The number of a user's open incidents.</summary>
    int CountOpenIncidents(UserName user);

    /// <summary>How long incidents lasted that began and ended while quiet hours held their message, by the id of its notification.</summary>
    IReadOnlyDictionary<string, TimeSpan> OverWhileHeld(UserName user, AccountId account);

    /// <summary>Incidents whose message is not as it has to be, in the order of their beginnings.</summary>
    /// <param name="after">The number of the incident before the first one.</param>
    /// <param name="limit">The maximum number.</param>
    IReadOnlyList<Incident> IncidentsBehind(long after, int limit);
}
