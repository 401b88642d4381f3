using System.Globalization;
using System.Text;
using Notify.Runs;

namespace Notify.Web.Page;

/// <summary>The strip of a script's last runs: a bar each, by outcome. Failed ones are the highest, so the strip is read without its colours.</summary>
/// <param name="Outcomes">The oldest first; null is an outcome of a later version.</param>
internal sealed record RunStripView(IReadOnlyList<RecordedOutcome?> Outcomes)
{
    /// <summary>Height of the highest bar in the units of the drawing.</summary>
    public const int Height = 20;

    private const int Step = 5;
    private const int BarWidth = 4;

    private static readonly (string Kind, int Height)[] Kinds =
    [
        ("idle", 8),
        ("muted", 8),
        ("waiting", 14),
        ("good", 14),
        ("bad", Height),
    ];

    /// <summary>Width in the units of the drawing.</summary>
    public static int Width => (RunStrip.MaxRuns * Step) - (Step - BarWidth);

    /// <summary>The bars, a path of each kind: a list of many scripts stays small.</summary>
    public IEnumerable<(string Kind, string Path)> Paths =>
        Kinds.Select(kind => (kind.Kind, PathOf(kind.Kind, kind.Height))).Where(path => path.Item2.Length > 0);

    /// <summary>What it shows, in words.</summary>
    public string Words
    {
        get
        {
            var (failed, alerts) = (Count("bad"), Count("good") + Count("waiting") + Count("muted"));
            var inARow = Outcomes.Reverse().TakeWhile(outcome => RunView.KindOf(outcome) == "bad").Count();
            return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Last {(Outcomes.Count == 1 ? "run" : $"{Outcomes.Count} runs")}: {failed} failed, {alerts} with an alert, {Outcomes.Count - failed - alerts} without"
                )
                + (
                    inARow == 0 ? ""
                    : inARow == 1 ? "; the last one failed"
                    : string.Create(CultureInfo.InvariantCulture, $"; the last {inARow} failed")
                );
        }
    }

    private int Count(string kind) => Outcomes.Count(outcome => RunView.KindOf(outcome) == kind);

    private string PathOf(string kind, int height)
    {
        var path = new StringBuilder();
        for (var i = 0; i < Outcomes.Count; i++)
        {
            if (RunView.KindOf(Outcomes[i]) == kind)
            {
                var x = (RunStrip.MaxRuns - Outcomes.Count + i) * Step;
                path.Append(CultureInfo.InvariantCulture, $"M{x} {Height}v-{height}h{BarWidth}v{height}z");
            }
        }

        return path.ToString();
    }
}
