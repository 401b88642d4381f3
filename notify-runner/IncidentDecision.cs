using Notify.Contracts;
using Notify.Scripts;

namespace Notify.Runner;

/// <summary>What a run asks of the bot about the script's incident.</summary>
internal enum IncidentMove
{
    /// <summary>Nothing is new, so nothing is posted.</summary>
    None,

    /// <summary>It fires for the first time.</summary>
    Open,

    /// <summary>It fires again after the bot took its end.</summary>
    Reopen,

    /// <summary>It says something new, or the bot may not know what it says.</summary>
    Change,

    /// <summary>It says the same, and its cooldown is over.</summary>
    Remind,

    /// <summary>The first run without an alert.</summary>
    End,

    /// <summary>The second one in a row: the end can be told.</summary>
    ConfirmEnd,
}

/// <summary>The decision about a script's incident, made in one place for rounds and <c>--dry-run</c>. It sends and saves nothing.</summary>
/// <param name="Move">What to ask.</param>
/// <param name="Incident">The incident as it stands after the run, if nothing is posted or the bot does not take it; null for none.</param>
internal sealed record IncidentDecision(IncidentMove Move, ScriptIncident? Incident)
{
    /// <summary>Two runs without an alert tell the end, so an alert that comes and goes does not.</summary>
    private const int QuietRunsToEnd = 2;

    /// <summary>When the bot is asked again for a reminder that it did not send.</summary>
    private static readonly TimeSpan ReminderRetry = TimeSpan.FromHours(1);

    /// <summary>Whether it fires.</summary>
    internal bool IsFiring =>
        Move is IncidentMove.Open or IncidentMove.Reopen or IncidentMove.Change or IncidentMove.Remind;

    /// <summary>An alert.</summary>
    /// <param name="before">The incident before the run.</param>
    /// <param name="hash">The hash of the alert; null if it is not known.</param>
    /// <param name="cooldown">The script's cooldown.</param>
    /// <param name="start">The start of the run.</param>
    /// <param name="isNoted">Whether the state can be saved. Else it may be out of date: each alert is posted, and the bot knows what is new.</param>
    internal static IncidentDecision Firing(
        ScriptIncident? before,
        string? hash,
        Cooldown cooldown,
        DateTimeOffset start,
        bool isNoted
    )
    {
        if (before is null)
        {
            return new IncidentDecision(IncidentMove.Open, null);
        }

        var move =
            before.IsOver ? IncidentMove.Reopen
            : !isNoted || before.ContentHash is null || before.ContentHash != hash ? IncidentMove.Change
            : IsReminderDue(before, cooldown, start) ? IncidentMove.Remind
            : IncidentMove.None;
        return new IncidentDecision(move, before with { QuietRuns = 0 });
    }

    /// <summary>A run without an alert.</summary>
    /// <inheritdoc cref="Firing"/>
    internal static IncidentDecision Quiet(ScriptIncident? before, bool isNoted)
    {
        if (before is null)
        {
            // There may be one that could not be saved. The bot says nothing if there is none.
            return new IncidentDecision(isNoted ? IncidentMove.None : IncidentMove.ConfirmEnd, null);
        }

        var after = before with { QuietRuns = Math.Min(before.QuietRuns + 1, QuietRunsToEnd) };
        var move =
            !isNoted || after.QuietRuns >= QuietRunsToEnd ? IncidentMove.ConfirmEnd
            : before.IsOver ? IncidentMove.None
            : IncidentMove.End;
        return new IncidentDecision(move, after);
    }

    /// <summary>When the next reminder is due; null without a cooldown.</summary>
    internal static DateTimeOffset? ReminderAt(ScriptIncident incident, Cooldown cooldown) =>
        cooldown.Length > TimeSpan.Zero && incident.ToldRun is { } told ? cooldown.OverAt(told) : null;

    /// <summary>
    /// The start of a cooldown that ends in an hour. The bot does not remind in quiet hours, or while somebody is on it: it is asked
    /// again, but not in each round.
    /// </summary>
    internal static DateTimeOffset AskedAgain(Cooldown cooldown, DateTimeOffset start) =>
        cooldown.Length > ReminderRetry ? start - (cooldown.Length - ReminderRetry) : start;

    /// <summary>The cooldown for the bot, in seconds. Rounds vary by seconds, so it ends as early as the runner lets it end.</summary>
    internal static long SecondsOf(Cooldown cooldown, ScriptIncident? before, DateTimeOffset start)
    {
        var span = cooldown.OverAt(start) - start;
        if (before?.ToldAt is { } told && IsReminderDue(before, cooldown, start) && start - told < span)
        {
            // The run that told it took longer than this one.
            span = start - told;
        }

        return cooldown.Length <= TimeSpan.Zero
            ? 0
            : Math.Clamp((long)span.TotalSeconds, 1, SendApiLimits.IncidentCooldown);
    }

    /// <remarks>A time in the future means that the clock was set back. The bot knows whether a reminder is due.</remarks>
    private static bool IsReminderDue(ScriptIncident incident, Cooldown cooldown, DateTimeOffset start) =>
        cooldown.Length > TimeSpan.Zero
        && (incident.ToldRun is not { } told || told > start || cooldown.OverAt(told) <= start);
}
