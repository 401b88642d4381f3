using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>An incident as the page shows it.</summary>
internal sealed record IncidentView
{
    public required string Id { get; init; }

    /// <summary>A short name: its title, else its script, else its sender's key.</summary>
    public required string Name { get; init; }

    /// <summary>The script that sent it, unless it is the name; null for none.</summary>
    public string? Script { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>When it ended; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who is on it; null for nobody.</summary>
    public string? AcknowledgedBy { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>The end of the mute that keeps it off the phone.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>How long it fired before it ended, such as <c>3 h 10 min</c>.</summary>
    public string FiredFor => LocalTimeTagHelper.Span((EndedAt ?? LastSeen) - Since);

    /// <summary>An id for its element.</summary>
    public string ElementId => "incident-" + Uri.EscapeDataString(Id);
}

/// <summary>The open incidents and those that ended in the last day. It is hidden if there are none.</summary>
internal sealed record IncidentsCard
{
    /// <summary>Nothing to show, also from a bot of a version without incidents.</summary>
    public static IncidentsCard None { get; } = new();

    /// <summary>Whether the page has to ask again, because the bot has not answered yet.</summary>
    public bool IsLate { get; init; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<IncidentView> Open { get; init; } = [];

    /// <summary>How many are open, also beyond <see cref="Open"/>.</summary>
    public int OpenCount { get; init; }

    /// <summary>How many are open, as a sentence.</summary>
    public string HowMany =>
        OpenCount > Open.Count ? $"{OpenCount} are firing. The newest {Open.Count} are shown."
        : OpenCount == 1 ? "1 is firing"
        : $"{OpenCount} are firing";

    /// <summary>Those that ended in the last 24 hours, the newest first.</summary>
    public IReadOnlyList<IncidentView> Ended { get; init; } = [];

    /// <summary>Now.</summary>
    public DateTimeOffset Now { get; init; }

    public bool IsEmpty => Open.Count == 0 && Ended.Count == 0;

    /// <summary>A bot's answer as a card.</summary>
    public static IncidentsCard Of(IncidentsAnswer answer, DateTimeOffset now)
    {
        var all = answer.Incidents.ToLookup(incident => incident.State == IncidentState.Open, View);
        return new IncidentsCard
        {
            Open = [.. all[true]],
            // A bot of an earlier version counts none.
            OpenCount = Math.Max(answer.Open ?? 0, all[true].Count()),
            Ended = [.. all[false]],
            Now = now,
        };
    }

    private static IncidentView View(ListedIncidentAnswer incident)
    {
        var title = string.IsNullOrWhiteSpace(incident.Title) ? null : incident.Title.Trim();
        return new IncidentView
        {
            Id = incident.Id,
            Name = title ?? incident.Script ?? incident.Key,
            Script = title is null ? null : incident.Script,
            Since = incident.Since,
            LastSeen = incident.LastSeen,
            EndedAt = incident.EndedAt,
            AcknowledgedBy = incident.AcknowledgedBy,
            AcknowledgedAt = incident.AcknowledgedAt,
            MutedUntil = incident.SnoozedUntil,
        };
    }
}
