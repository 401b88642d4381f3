using System.Globalization;
using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>A script as the page shows it.</summary>
internal sealed record ScriptView
{
    /// <summary>Its file name.</summary>
    public required string Name { get; init; }

    public required string Stem { get; init; }

    public DateTimeOffset? LastRun { get; init; }

    /// <summary>When cron last ran it; null if it does not.</summary>
    public DateTimeOffset? LastRound { get; init; }

    public DateTimeOffset? LastSent { get; init; }

    public DateTimeOffset? CooldownEnds { get; init; }

    /// <summary>How its last run ended; null before the first.</summary>
    public ScriptOutcome? LastOutcome { get; init; }

    /// <summary>The failure: a sentence, then the last lines of stderr.</summary>
    public string? Error { get; init; }

    public bool Running { get; init; }

    /// <summary>How long its last run took, in milliseconds.</summary>
    public long? TookMs { get; init; }

    /// <summary>Its schedule, such as <c>weekdays 09:00</c>; null if each round runs it.</summary>
    public string? Schedule { get; init; }

    /// <summary>Its next run in words.</summary>
    public string? Next { get; init; }

    /// <summary>The same as a moment; null if that is with the next round, or on request only.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Its last runs; null if they are not known.</summary>
    public RunStripView? Strip { get; init; }

    /// <summary>Its settings as they count; null if they are not known.</summary>
    public ScriptSettingsAnswer? Settings { get; init; }

    /// <summary>Why it can't run from here; null if it can.</summary>
    public string? NoRun { get; init; }

    /// <summary>Faults of its last run that did not cost the notification, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The end of this script's own mute.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Whether something is wrong that its owner has to fix.</summary>
    public bool IsFailing => ScriptOutcomes.IsFailing(LastOutcome);

    /// <summary>The id of its element, for links. Escaped, since an id has no space.</summary>
    public string ElementId => "script-" + Uri.EscapeDataString(Stem);

    /// <summary>The bot's longest mute is a year, which means <em>until unmuted</em>.</summary>
    public static bool IsForGood(DateTimeOffset until, DateTimeOffset now) => until - now > TimeSpan.FromDays(180);

    /// <summary>A span for people: <c>90 s</c>, <c>10 min</c>, <c>2 h</c>.</summary>
    public static string Seconds(double seconds)
    {
        var (number, unit) =
            seconds >= 3600 && seconds % 3600 == 0 ? (seconds / 3600, "h")
            : seconds >= 120 && seconds % 60 == 0 ? (seconds / 60, "min")
            : (seconds, "s");
        return string.Create(CultureInfo.InvariantCulture, $"{number:0.#} {unit}");
    }

    /// <summary>When it runs next, if that is no moment.</summary>
    public string NextWords =>
        Schedule is null ? "each round"
        : Next is { } next ? next.Replace("next: ", "", StringComparison.Ordinal)
        : Schedule;

    /// <summary>The error's sentence.</summary>
    public string? ErrorSentence => Error?.Split('\n', 2)[0];

    /// <summary>The error's other lines.</summary>
    public string? ErrorLines => Error?.Split('\n', 2) is [_, var lines] ? lines : null;

    /// <summary>The last outcome in words.</summary>
    public string OutcomeWords =>
        LastOutcome switch
        {
            null => "Not run yet",
            ScriptOutcome.Delivered => "Delivered",
            ScriptOutcome.Queued => "Queued",
            ScriptOutcome.NoAlert => "No alert",
            ScriptOutcome.HeldByCooldown => "Held by cooldown",
            ScriptOutcome.NotSent => "Not sent",
            ScriptOutcome.Muted => "Muted",
            ScriptOutcome.NotNoted => "Not saved",
            ScriptOutcome.Error => "Failing",
            { } other => other.Word(),
        };

    /// <summary>The kind of the dot before the words.</summary>
    public string OutcomeKind =>
        LastOutcome switch
        {
            ScriptOutcome.Delivered => "good",
            ScriptOutcome.Queued => "waiting",
            ScriptOutcome.NotSent or ScriptOutcome.NotNoted or ScriptOutcome.Error => "bad",
            _ => "idle",
        };
}

/// <summary>The user's scripts.</summary>
internal sealed record ScriptsCard
{
    /// <summary>The scripts' folder in the user's home.</summary>
    public const string Folder = "~/user/notifications";

    /// <summary>The shortest useful script: six lines. A test runs it.</summary>
    public const string FirstScript = """
        import json, os
        load = os.getloadavg()[0]
        print(json.dumps({
            "notify": True, "title": "First alert",
            "message": f"The load is *{load:.1f}*.",
        }))
        """;

    /// <summary>The name to save it under.</summary>
    public const string FirstScriptName = "first_alert.py";

    /// <summary>What is wrong and what to do. The card shows nothing else then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>All of them, failing ones first.</summary>
    public IReadOnlyList<ScriptView> Scripts { get; init; } = [];

    /// <summary>Which of them are wanted.</summary>
    public ScriptsFilter Filter { get; init; } = new();

    /// <summary>The wanted ones.</summary>
    public IReadOnlyList<ScriptView> Found => [.. Scripts.Where(Filter.Takes)];

    /// <summary>How many pages the wanted ones fill; at least one.</summary>
    public int Pages => Math.Max(1, (Found.Count + ScriptsFilter.PageSize - 1) / ScriptsFilter.PageSize);

    /// <summary>The page that is shown: the last one if the address asks for a later one.</summary>
    public int Number => Math.Min(Filter.Number, Pages);

    /// <summary>The scripts of that page.</summary>
    public IReadOnlyList<ScriptView> Shown =>
        [.. Found.Skip((Number - 1) * ScriptsFilter.PageSize).Take(ScriptsFilter.PageSize)];

    /// <summary>How many scripts a filter finds, with the words that are searched for.</summary>
    public int Count(ScriptsOnly only) => Scripts.Count((Filter with { Only = only }).Takes);

    public required DateTimeOffset Now { get; init; }

    /// <summary>The end of the mute of everything, which only the chat can set and end.</summary>
    public DateTimeOffset? AllMutedUntil { get; init; }

    /// <summary>Whether cron has never run a script, so the crontab line is missing.</summary>
    public bool NeedsCrontab =>
        Scripts.Count > 0
        && Scripts.All(script => script.LastRound is null && script.LastOutcome != ScriptOutcome.NotNoted);
}

/// <summary>Why a card shows nothing.</summary>
/// <param name="What">What is wrong, a sentence.</param>
/// <param name="ToDo">What the reader can do, a sentence.</param>
internal sealed record Problem(string What, string ToDo);
