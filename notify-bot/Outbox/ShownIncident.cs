using Microsoft.Data.Sqlite;
using Notify.Contracts;

namespace Notify.Bot.Outbox;

/// <summary>The state of an incident that a message at Telegram now shows.</summary>
/// <param name="Id">The incident.</param>
/// <param name="CarrierId">The notification that carries the message. The message of another one does not count.</param>
/// <param name="Message">The message; null if it is gone.</param>
/// <param name="Version">The version that it shows.</param>
/// <param name="At">When it was sent or edited.</param>
public sealed record ShownIncident(string Id, string CarrierId, ShownMessage? Message, long Version, DateTimeOffset At)
{
    /// <summary>Whether something else was written over it: an edit is due.</summary>
    public bool IsOverwritten { get; init; }

    /// <summary>Stores it. An older version never replaces a newer one.</summary>
    internal void Apply(IncidentCommands incidents, SqliteTransaction transaction)
    {
        if (incidents.Find(transaction, Id) is not { } incident || incident.CarrierId != CarrierId)
        {
            return;
        }

        incidents.Update(
            transaction,
            incident with
            {
                Shown = Message,
                ShownVersion = Message is null
                    // What is over needs no further message. An open one gets another one.
                    ? incident.State == IncidentState.Over
                        ? incident.Version
                        : Math.Max(1, incident.ShownVersion)
                    : IsOverwritten
                        ? Math.Min(incident.ShownVersion, incident.Version - 1)
                        : Math.Max(Version, incident.ShownVersion),
                // A press in between asks for an edit at once.
                EditedAt =
                    incident.Version > Version && incident.EditedAt is null && incident.Shown is not null ? null : At,
            }
        );
    }
}
