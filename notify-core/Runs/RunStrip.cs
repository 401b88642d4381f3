using Notify.Scripts;

namespace Notify.Runs;

/// <summary>The outcomes of a script's last runs as one letter each, the oldest first: a list of hundreds of scripts stays small.</summary>
public static class RunStrip
{
    /// <summary>Most runs of a strip.</summary>
    public const int MaxRuns = 40;

    /// <summary>An outcome of a later version.</summary>
    private const char Unknown = '?';

    private static readonly (RecordedOutcome Outcome, char Letter)[] Letters =
    [
        (RecordedOutcome.Delivered, 'd'),
        (RecordedOutcome.Queued, 'q'),
        (RecordedOutcome.NoAlert, 'n'),
        (RecordedOutcome.HeldByCooldown, 'c'),
        (RecordedOutcome.NotSent, 'x'),
        (RecordedOutcome.Muted, 'm'),
        (RecordedOutcome.HandedOver, 'h'),
        (RecordedOutcome.NotNoted, 's'),
        (RecordedOutcome.Error, 'e'),
        (RecordedOutcome.TimedOut, 't'),
        (RecordedOutcome.OutOfMemory, 'o'),
    ];

    /// <summary>The strip of a script's last runs; null if it has none, or if they can't be read.</summary>
    public static string? Read(ScriptHome home, ScriptName script)
    {
        try
        {
            var runs = RunHistory.ReadLast(home, script, MaxRuns);
            return runs.Count == 0 ? null : string.Concat(runs.Reverse().Select(run => Letter(run.Outcome)));
        }
        catch (IOException)
        {
            // The page of the script says why.
            return null;
        }
    }

    /// <summary>The letter of an outcome.</summary>
    public static char Letter(RecordedOutcome? outcome) =>
        Letters.FirstOrDefault(known => known.Outcome == outcome, (default, Unknown)).Letter;

    /// <summary>The outcomes of a strip, the oldest first; null for a letter of a later version. At most <see cref="MaxRuns"/>, the newest.</summary>
    public static IReadOnlyList<RecordedOutcome?> Outcomes(string strip)
    {
        ArgumentNullException.ThrowIfNull(strip);
        return
        [
            .. strip
                .TakeLast(MaxRuns)
                .Select(letter =>
                    Letters
                        .Where(known => known.Letter == letter)
                        .Select(known => (RecordedOutcome?)known.Outcome)
                        .FirstOrDefault()
                ),
        ];
    }

    /// <summary>A strip that somebody else wrote, with known letters alone; null without any.</summary>
    public static string? Clean(string? strip) =>
        string.IsNullOrEmpty(strip) ? null : string.Concat(Outcomes(strip).Select(Letter));
}
