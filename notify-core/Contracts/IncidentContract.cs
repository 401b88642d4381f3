using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>Where an incident stands. The numbers are stored in the outbox.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IncidentState>))]
public enum IncidentState
{
    /// <summary>It fires.</summary>
    [JsonStringEnumMemberName("open")]
    Open = 0,

    /// <summary>It has ended. A firing within the cooldown opens it again.</summary>
    [JsonStringEnumMemberName("over")]
    Over = 1,
}

/// <summary>The words of <see cref="IncidentState"/>.</summary>
public static class IncidentStates
{
    private static readonly WireWords<IncidentState> Words = new();

    /// <summary>The word on the wire, such as <c>open</c>.</summary>
    public static string Word(this IncidentState state) => Words[state];
}

/// <summary>The values of <see cref="SendField.State"/>.</summary>
public static class FiringState
{
    /// <summary>The alert's condition is true.</summary>
    public const string Firing = "firing";

    /// <summary>The condition is no longer true.</summary>
    public const string Ok = "ok";
}

/// <summary>The incident of a post, in the answer to it.</summary>
/// <param name="Id">The incident's name, for <c>/incidents/ID/acknowledge</c>.</param>
/// <param name="State">Where it stands after the post.</param>
/// <param name="Since">When it began to fire.</param>
/// <param name="ToldAt">When its first message or last reminder was accepted; null if nothing was sent, since its user has muted it.</param>
public sealed record IncidentAnswer(string Id, IncidentState State, DateTimeOffset Since, DateTimeOffset? ToldAt);

/// <summary><c>GET /incidents</c>: a user's incidents.</summary>
/// <param name="Incidents">Open ones first, the newest first. Then those that ended in the last 24 hours. At most 100.</param>
/// <param name="Open">How many are open, also beyond the list; null from a bot of an earlier version.</param>
public sealed record IncidentsAnswer(IReadOnlyList<ListedIncidentAnswer> Incidents, int? Open = null);

/// <summary>An incident in the list.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Key">The sender's name for it.</param>
/// <param name="Script">The script that sent it; null for none.</param>
/// <param name="Title">Its title; null for none.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Since">When it began to fire.</param>
/// <param name="LastSeen">The last post that it fires.</param>
/// <param name="EndedAt">When it ended; null while it is open.</param>
/// <param name="ToldAt">When its first message or last reminder was accepted; null for none.</param>
/// <param name="AcknowledgedBy">Who is on it; null for nobody.</param>
/// <param name="AcknowledgedAt">Since when.</param>
/// <param name="SnoozedUntil">The end of the mute that keeps it off the phone; null for none.</param>
/// <param name="Notification">The id of its first notification.</param>
public sealed record ListedIncidentAnswer(
    string Id,
    string Key,
    string? Script,
    string? Title,
    IncidentState State,
    DateTimeOffset Since,
    DateTimeOffset LastSeen,
    DateTimeOffset? EndedAt,
    DateTimeOffset? ToldAt,
    string? AcknowledgedBy,
    DateTimeOffset? AcknowledgedAt,
    DateTimeOffset? SnoozedUntil,
    string? Notification
);

/// <summary>The body of <c>POST /incidents/ID/acknowledge</c>.</summary>
/// <param name="User">Whose incident; null for the caller's.</param>
public sealed record AcknowledgeCall(string? User);

/// <summary>JSON of incidents.</summary>
[JsonSerializable(typeof(IncidentsAnswer))]
[JsonSerializable(typeof(ListedIncidentAnswer))]
[JsonSerializable(typeof(AcknowledgeCall))]
public sealed partial class IncidentContract : JsonSerializerContext
{
    /// <summary>As it is on the wire.</summary>
    public static IncidentContract Json { get; } = new(WireJson.NewOptions());
}
