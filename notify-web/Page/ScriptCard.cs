using System.Globalization;
using Notify.Contracts;
using Notify.Runs;

namespace Notify.Web.Page;

/// <summary>A run as the page shows it.</summary>
/// <param name="Record">The run.</param>
internal sealed record RunView(RunRecord Record)
{
    /// <summary>The id of its row, for links.</summary>
    public string ElementId => "run-" + Record.Started.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>Its outcome in words.</summary>
    public string OutcomeWords =>
        Record.Outcome switch
        {
            RecordedOutcome.Delivered => "Delivered",
            RecordedOutcome.Queued => "Queued",
            RecordedOutcome.NoAlert => "No alert",
            RecordedOutcome.HeldByCooldown => "Held by cooldown",
            RecordedOutcome.NotSent => "Not sent",
            RecordedOutcome.Muted => "Muted",
            RecordedOutcome.HandedOver => "Alert, given to who asked",
            RecordedOutcome.NotNoted => "Not saved",
            RecordedOutcome.Error => "Failed",
            RecordedOutcome.TimedOut => "Stopped at its time limit",
            RecordedOutcome.OutOfMemory => "Stopped at its memory limit",
            _ => Record.IsFailed ? "Failed" : "Ended",
        };

    /// <summary>The kind of the dot before the words, and of the bar.</summary>
    public string Kind => Record.IsFailed ? "bad" : KindOf(Record.Outcome);

    /// <summary>The kind of an outcome.</summary>
    public static string KindOf(RecordedOutcome? outcome) =>
        outcome switch
        {
            RecordedOutcome.Error
            or RecordedOutcome.TimedOut
            or RecordedOutcome.OutOfMemory
            or RecordedOutcome.NotSent => "bad",
            RecordedOutcome.Delivered or RecordedOutcome.HandedOver => "good",
            RecordedOutcome.Queued => "waiting",
            RecordedOutcome.Muted => "muted",
            _ => "idle",
        };

    /// <summary>Who or what started it; null if it is not known.</summary>
    public string? TriggerWords =>
        Record.Trigger switch
        {
            RunTrigger.Round => "by cron",
            RunTrigger.Schedule => "by its schedule",
            RunTrigger.Chat => "by you, in the chat",
            RunTrigger.Dashboard => "by you, on the dashboard",
            RunTrigger.Terminal => "by you, at a terminal",
            _ => null,
        };

    /// <summary>How long it took.</summary>
    public string Took => Notify.Scripts.ScriptTable.Took(Record.TookMs);

    /// <summary>The most memory seen, such as <c>120 MB</c>; null if it is not known.</summary>
    public string? Memory =>
        Record.PeakMb is { } peak ? string.Create(CultureInfo.InvariantCulture, $"{peak:N0} MB") : null;

    /// <summary>How late it began, to the minute; null if it was in time.</summary>
    public string? Late =>
        Record.LateS >= 60 ? LocalTimeTagHelper.Span(TimeSpan.FromSeconds(Record.LateS.Value)) : null;

    /// <summary>Whether there is more to say than its row has.</summary>
    public bool Unfolds => Record.Error is not null || Record.Stderr is not null;
}

/// <summary>One script at its own address.</summary>
internal sealed record ScriptCard
{
    /// <summary>Runs on a page.</summary>
    public const int PageSize = 50;

    /// <summary>Notifications that are shown.</summary>
    public const int MaxNotifications = 5;

    /// <summary>Its file name.</summary>
    public required ScriptName Name { get; init; }

    /// <summary>What is wrong and what to do. The card shows nothing else then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The script; null if it is no longer in its folder.</summary>
    public ScriptView? Script { get; init; }

    /// <summary>Its runs, the newest first.</summary>
    public IReadOnlyList<RunView> Runs { get; init; } = [];

    /// <summary>Why the runs can't be read; null if they can.</summary>
    public Problem? RunsProblem { get; init; }

    /// <summary>The runs begin before this moment; null begins with the newest.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Where the next page of runs begins; null if this is the last.</summary>
    public DateTimeOffset? Older { get; init; }

    /// <summary>Its latest notifications.</summary>
    public IReadOnlyList<NotificationView> Notifications { get; init; } = [];

    /// <summary>The end of the mute of everything.</summary>
    public DateTimeOffset? AllMutedUntil { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The zone of its times.</summary>
    public required ReaderZone Zone { get; init; }

    /// <summary>Whether there is no such script, and never was.</summary>
    public bool IsUnknown =>
        Problem is null && RunsProblem is null && Script is null && Runs.Count == 0 && Before is null;

    /// <summary>The runs since it fails, as far as they are shown; the newest first.</summary>
    private IReadOnlyList<RunView> Failures =>
        Script is { IsFailing: true } && Before is null ? [.. Runs.TakeWhile(run => run.Record.IsFailed)] : [];

    /// <summary>Since when it fails; null if it does not, or if no run of it failed.</summary>
    public DateTimeOffset? FailsSince => Failures is [.., var first] ? first.Record.Started : null;

    /// <summary>How many runs in a row failed, such as <c>12 runs</c> or, if there may be more, <c>at least 50 runs</c>.</summary>
    public string FailedRuns =>
        (Failures.Count == Runs.Count && Older is not null ? "at least " : "")
        + (Failures.Count == 1 ? "1 run" : string.Create(CultureInfo.InvariantCulture, $"{Failures.Count} runs"));

    /// <summary>The plot of the shown runs; null with less than two.</summary>
    public RunsPlot? Plot => Runs.Count < 2 ? null : new RunsPlot([.. Runs.Reverse()]);

    /// <summary>The query of the page, with its question mark; empty for the newest runs.</summary>
    public string Query => QueryOf(Before);

    /// <summary>The query of the page whose runs begin before a moment.</summary>
    public static string QueryOf(DateTimeOffset? before) =>
        before is { } moment ? "?before=" + moment.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) : "";

    /// <summary>Reads the moment of such a query; null without a readable one.</summary>
    public static DateTimeOffset? BeforeOf(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
}
