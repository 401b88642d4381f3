namespace Notify.Web.Page;

/// <summary>A script as the page shows it.</summary>
internal sealed record ScriptView
{
    /// <summary>Its file name.</summary>
    public required string Name { get; init; }

    public required string Stem { get; init; }

    public DateTimeOffset? LastRun { get; init; }

    /// <summary>When cron last ran it; null where it does not.</summary>
    public DateTimeOffset? LastRound { get; init; }

    public DateTimeOffset? LastSent { get; init; }

    public DateTimeOffset? CooldownEnds { get; init; }

    /// <summary>How its last run ended: a word of <see cref="Scripts.ScriptOutcome"/>; null before the first.</summary>
    public string? LastOutcome { get; init; }

    /// <summary>What was wrong: a sentence, then the last lines of its stderr.</summary>
    public string? Error { get; init; }

    public bool Running { get; init; }

    /// <summary>Why it can't be run from here; null where it can.</summary>
    public string? NoRun { get; init; }

    /// <summary>What was not as it should be in its last run and did not cost the notification, one sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Until when this script by itself is muted.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>A year is the longest that the bot takes, and stands for <em>until unmuted</em>.</summary>
    public static bool IsForGood(DateTimeOffset until, DateTimeOffset now) => until - now > TimeSpan.FromDays(180);

    /// <summary>The error's sentence.</summary>
    public string? ErrorSentence => Error?.Split('\n', 2)[0];

    /// <summary>The error's other lines.</summary>
    public string? ErrorLines => Error?.Split('\n', 2) is [_, var lines] ? lines : null;

    /// <summary>The last outcome in words.</summary>
    public string OutcomeWords =>
        LastOutcome switch
        {
            null => "Not run yet",
            "delivered" => "Delivered",
            "queued" => "Waiting for Telegram",
            "no_alert" => "Nothing to report",
            "held_by_cooldown" => "Held by cooldown",
            "not_sent" => "Not sent",
            "muted" => "Held back: muted",
            "not_noted" => "Can't be noted",
            "error" => "Broken",
            var other => other,
        };

    /// <summary>Which dot stands before the words.</summary>
    public string OutcomeKind =>
        LastOutcome switch
        {
            "delivered" => "good",
            "queued" => "waiting",
            "not_sent" or "not_noted" or "error" => "bad",
            _ => "idle",
        };
}

/// <summary>The user's scripts.</summary>
internal sealed record ScriptsCard
{
    /// <summary>Where scripts lie, in the user's home.</summary>
    public const string Folder = "~/user/notifications";

    /// <summary>The shortest script worth having: six lines that run as they are. A test runs what the page shows.</summary>
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

    /// <summary>What is wrong, and what to do; then there is nothing else.</summary>
    public Problem? Problem { get; init; }

    public IReadOnlyList<ScriptView> Scripts { get; init; } = [];

    public required DateTimeOffset Now { get; init; }

    /// <summary>Until when all of the user's notifications are muted; only the chat can do and undo that.</summary>
    public DateTimeOffset? AllMutedUntil { get; init; }

    /// <summary>Whether scripts have ever been run by cron: without the line nothing comes by itself.</summary>
    public bool NeedsCrontab =>
        Scripts.Count > 0 && Scripts.All(script => script.LastRound is null && script.LastOutcome != "not_noted");
}

/// <summary>Why a card can't show what it should.</summary>
/// <param name="What">What is wrong, a sentence.</param>
/// <param name="ToDo">What the reader can do, a sentence.</param>
internal sealed record Problem(string What, string ToDo);
