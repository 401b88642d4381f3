using Notify.Contracts;

namespace Notify.Web.Page;

/// <summary>A script that needs its owner.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="IsFailing">Whether it fails, rather than warns.</param>
/// <param name="Sentence">What is wrong.</param>
/// <param name="LastRun">When it last ran; null if it has not.</param>
internal sealed record TroubledScript(string Name, bool IsFailing, string Sentence, DateTimeOffset? LastRun)
{
    /// <summary>An id for its element.</summary>
    public string ElementId => "attention-" + Uri.EscapeDataString(Name);
}

/// <summary>How the scripts are, in a line, and those that need their owner.</summary>
internal sealed record OverviewCard
{
    /// <summary>Most scripts that are named; the page of scripts has all.</summary>
    public const int MostNamed = 10;

    /// <summary>What is wrong and what to do. The card shows nothing else then.</summary>
    public Problem? Problem { get; init; }

    /// <summary>How many scripts there are.</summary>
    public int Scripts { get; init; }

    /// <summary>How many fail.</summary>
    public int Failing { get; init; }

    /// <summary>How many are muted and do not fail.</summary>
    public int Muted { get; init; }

    /// <summary>How many neither fail nor are muted.</summary>
    public int Fine => Scripts - Failing - Muted;

    /// <summary>Those that fail first, then those that warn.</summary>
    public IReadOnlyList<TroubledScript> Troubled { get; init; } = [];

    /// <summary>When cron last ran any; null if it has not.</summary>
    public DateTimeOffset? LastRound { get; init; }

    /// <summary>The script with a schedule that runs next; null for none.</summary>
    public string? Next { get; init; }

    /// <summary>When that is.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The end of the mute of everything; null without one.</summary>
    public DateTimeOffset? AllMutedUntil { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>A bot's list as a card.</summary>
    public static OverviewCard Of(ScriptsAnswer answer, DateTimeOffset now)
    {
        var failing = answer.Scripts.Where(script => ScriptOutcomes.IsFailing(script.LastOutcome)).ToList();
        var next = answer.Scripts.Where(script => script.NextAt is not null).MinBy(script => script.NextAt!.Value);
        return new OverviewCard
        {
            Now = now,
            Scripts = answer.Scripts.Count,
            Failing = failing.Count,
            // The bot says the later of the script's own mute and that of all, which the card says once.
            Muted = answer.Scripts.Count(script =>
                script.MutedUntil is not null && script.MutedUntil != answer.MutedUntil && !failing.Contains(script)
            ),
            Troubled =
            [
                .. failing.Select(script => new TroubledScript(
                    script.Name,
                    true,
                    script.Error?.Split('\n', 2)[0] is { Length: > 0 } sentence ? sentence : "Its last run failed.",
                    script.LastRun
                )),
                .. answer
                    .Scripts.Where(script => script.Warnings is { Count: > 0 } && !failing.Contains(script))
                    .Select(script => new TroubledScript(script.Name, false, script.Warnings![0], script.LastRun)),
            ],
            LastRound = answer.Scripts.Max(script => script.LastRound),
            Next = next?.Name,
            NextAt = next?.NextAt,
            AllMutedUntil = answer.MutedUntil,
        };
    }
}
