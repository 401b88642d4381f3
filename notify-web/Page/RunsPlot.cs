using System.Globalization;

namespace Notify.Web.Page;

/// <summary>The plot of a script's runs: a bar each, as high as the time it took. Failed ones have another colour and a mark below the axis.</summary>
/// <param name="Runs">The oldest first.</param>
internal sealed record RunsPlot(IReadOnlyList<RunView> Runs)
{
    /// <summary>Height of the highest bar in the units of the drawing.</summary>
    public const double Height = 56;

    /// <summary>From a bar to the next one.</summary>
    public const double Step = 10;

    /// <summary>Width of a bar.</summary>
    public const double BarWidth = 7;

    /// <summary>So many bars have room. Fewer keep their width.</summary>
    public const int Room = ScriptCard.PageSize;

    /// <summary>The lowest bar: a run of no time is seen too.</summary>
    private const double Least = 1.5;

    private static readonly long[] Scales =
    [
        .. (long[])[100, 200, 500],
        .. ((long[])[1, 2, 5, 10, 20, 30]).Select(seconds => seconds * 1000),
        .. ((long[])[1, 2, 5, 10, 20, 30]).Select(minutes => minutes * 60_000),
        .. ((long[])[1, 2, 5, 10, 24]).Select(hours => hours * 3_600_000),
    ];

    /// <summary>The length of time at the top of the scale, in milliseconds: a round one.</summary>
    public long TopMs { get; } = Ceiling(Runs.Max(run => run.Record.TookMs));

    /// <summary>The same in words.</summary>
    public string Top =>
        TopMs switch
        {
            < 1000 => string.Create(CultureInfo.InvariantCulture, $"{TopMs} ms"),
            < 60_000 => string.Create(CultureInfo.InvariantCulture, $"{TopMs / 1000} s"),
            < 3_600_000 => string.Create(CultureInfo.InvariantCulture, $"{TopMs / 60_000} min"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{TopMs / 3_600_000} h"),
        };

    public static double Width => (Room * Step) - (Step - BarWidth);

    /// <summary>How many failed.</summary>
    public int Failed => Runs.Count(run => run.Record.IsFailed);

    /// <summary>The longest one.</summary>
    public string Longest => Notify.Scripts.ScriptTable.Took(Runs.Max(run => run.Record.TookMs));

    /// <summary>The median of the times taken.</summary>
    public string Median =>
        Notify.Scripts.ScriptTable.Took(Runs.Select(run => run.Record.TookMs).Order().ElementAt(Runs.Count / 2));

    /// <summary>Where a bar begins.</summary>
    public double Left(int index) => (Room - Runs.Count + index) * Step;

    /// <summary>The height of a run's bar.</summary>
    public double HeightOf(RunView run) => Math.Max(Least, Height * run.Record.TookMs / TopMs);

    private static long Ceiling(long milliseconds) =>
        Scales.FirstOrDefault(scale => scale >= milliseconds, Math.Max(milliseconds, 1));
}
