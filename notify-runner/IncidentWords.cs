using System.Globalization;
using Notify.Posix;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>An incident in words, for the log, <c>--dry-run</c> and <c>status</c>.</summary>
internal static class IncidentWords
{
    /// <summary><c>incident open since 09:05</c>, with the date if that was on another day.</summary>
    internal static string OpenSince(DateTimeOffset since, DateTimeOffset now) =>
        $"incident open since {At(since, now)}";

    /// <summary>What the bot has done, for the log.</summary>
    /// <param name="move">What it was asked.</param>
    /// <param name="before">The incident before.</param>
    /// <param name="now">The time.</param>
    internal static string Done(IncidentMove move, ScriptIncident? before, DateTimeOffset now) =>
        move switch
        {
            IncidentMove.Open => "incident opened",
            IncidentMove.Reopen => "incident fires again",
            IncidentMove.Remind => $"{OpenSince(before!.Since, now)}; its cooldown is over, so the bot reminds of it",
            _ => $"{OpenSince(before!.Since, now)}; its message is changed",
        };

    /// <summary>The end of an incident, for the log.</summary>
    internal static string Ended(ScriptIncident incident, bool isConfirmed, DateTimeOffset now) =>
        isConfirmed
            ? $"Incident over, open since {At(incident.Since, now)}"
            : $"Incident over, open since {At(incident.Since, now)}; the next run without an alert says so";

    /// <summary>What a round would do with an alert, or without one; null without an incident.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="before">The incident before.</param>
    /// <param name="cooldown">The script's cooldown.</param>
    /// <param name="round">Who would do it: <c>A round</c>.</param>
    /// <param name="now">The time.</param>
    internal static string? Verdict(
        IncidentDecision decision,
        ScriptIncident? before,
        Cooldown cooldown,
        string round,
        DateTimeOffset now
    )
    {
        if (before is null)
        {
            return decision.Move == IncidentMove.Open ? $"{round} would open an incident." : null;
        }

        var open = $"Incident {(before.IsOver ? "over, it was open" : "open")} since {At(before.Since, now)}.";
        return decision.Move switch
        {
            IncidentMove.Reopen => $"{open} {round} would open it again.",
            IncidentMove.Change => $"{open} {round} would change its message, without a sound.",
            IncidentMove.Remind => $"{open} {round} would remind you of it.",
            IncidentMove.End => $"{open} {round} would end it.",
            IncidentMove.ConfirmEnd => before.IsOver
                ? $"{open} {round} would tell you so."
                : $"{open} {round} would end it.",
            _ when decision.Incident?.QuietRuns > 0 => $"{open} {round} would send nothing: notify is false.",
            _ => $"{open} {round} would send nothing: nothing is new{Reminder(before, cooldown, now)}.",
        };
    }

    private static string Reminder(ScriptIncident incident, Cooldown cooldown, DateTimeOffset now) =>
        IncidentDecision.ReminderAt(incident, cooldown) is { } at && at > now
            ? $", and the next reminder is due in {ScriptAge.Span(at - now)}"
            : "";

    private static string At(DateTimeOffset moment, DateTimeOffset now)
    {
        var (local, today) = (
            moment.UtcDateTime + LocalClock.OffsetAt(moment),
            now.UtcDateTime + LocalClock.OffsetAt(now)
        );
        return local.ToString(local.Date == today.Date ? "HH:mm" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    }
}
