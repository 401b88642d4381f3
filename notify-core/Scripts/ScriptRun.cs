using Notify.Contracts;

namespace Notify.Scripts;

/// <summary>The outcome of a script's run.</summary>
public abstract record ScriptRun
{
    private ScriptRun() { }

    /// <summary>How long it ran.</summary>
    public abstract TimeSpan Took { get; init; }

    /// <summary>The last lines of its stderr, bounded and without control characters; may be empty.</summary>
    public abstract IReadOnlyList<string> LastErrorLines { get; init; }

    /// <summary>Its exit status; null if a signal ended it, or if it never ran.</summary>
    public int? ExitStatus { get; init; }

    /// <summary>The most memory seen, in bytes: of all its processes together where it has a memory limit, else of the largest; null if it never ran or used less than the runner itself, some 20 MB.</summary>
    public long? PeakMemory { get; init; }

    /// <summary>The script gave a result.</summary>
    /// <param name="Result">The result with all warnings.</param>
    /// <param name="Chart">The chart, if the script named one and it is readable.</param>
    /// <param name="NoChart">Why a named chart is missing, as the end of "No chart: ...".</param>
    /// <param name="Took">How long it ran.</param>
    public sealed record Finished(ScriptResult Result, ChartFile? Chart, string? NoChart, TimeSpan Took) : ScriptRun
    {
        /// <inheritdoc />
        public override TimeSpan Took { get; init; } = Took;

        /// <summary>Further charts.</summary>
        public IReadOnlyList<ChartFile> MoreCharts { get; init; } = [];

        /// <summary>All charts.</summary>
        public IReadOnlyList<ChartFile> Charts => Chart is null ? MoreCharts : [Chart, .. MoreCharts];

        /// <summary>Files.</summary>
        public IReadOnlyList<ScriptFile> Files { get; init; } = [];

        /// <summary>A line about each named file that is missing, and each further chart, in Markdown; null if there is none.</summary>
        public string? MissingLines { get; init; }

        /// <summary>How the script failed after its result; null if it succeeded. The run counts as failing.</summary>
        public Failed? BadEnd { get; init; }

        /// <inheritdoc />
        public override IReadOnlyList<string> LastErrorLines { get; init; } = [];

        /// <summary>
        /// The message in Markdown, with a last line each about a missing chart and about a failure after the
        /// result. Null without a message or anything to add.
        /// </summary>
        public string? Message =>
            WithLine(
                WithLine(WithLine(Result.Message, NoChart is null ? null : NoChartLine(NoChart)), MissingLines),
                BadEnd is null ? null : BadEndLine(BadEnd)
            );

        /// <summary>A message with a line of Notify's own below; either may be missing.</summary>
        public static string? WithLine(string? message, string? line) =>
            message is null || line is null ? message ?? line : $"{message}\n\n{line}";

        /// <summary>The line about a missing chart, in Markdown as code, because a path is full of markers.</summary>
        public static string NoChartLine(string reason)
        {
            ArgumentNullException.ThrowIfNull(reason);
            return $"No chart: `{reason.Replace('`', '\'').Replace('\\', '/')}`";
        }

        /// <summary>The same about a file.</summary>
        public static string NoFileLine(string reason) =>
            NoChartLine(reason).Replace("No chart", "No file", StringComparison.Ordinal);

        /// <summary>The line about a failure after the result.</summary>
        internal static string BadEndLine(Failed end) =>
            $"⚠️ The script failed after this: {char.ToLowerInvariant(end.Summary[0])}{end.Summary[1..]}";
    }

    /// <summary>The script gave no result.</summary>
    /// <param name="Reason">The kind of failure.</param>
    /// <param name="Summary">What happened, in a sentence.</param>
    /// <param name="LastErrorLines">The last lines of its stderr, bounded; may be empty.</param>
    /// <param name="Took">How long it ran.</param>
    public sealed record Failed(
        ScriptFailure Reason,
        string Summary,
        IReadOnlyList<string> LastErrorLines,
        TimeSpan Took
    ) : ScriptRun
    {
        /// <inheritdoc />
        public override IReadOnlyList<string> LastErrorLines { get; init; } = LastErrorLines;

        /// <inheritdoc />
        public override TimeSpan Took { get; init; } = Took;

        /// <summary>The summary and under it the last lines of stderr.</summary>
        public string Text => LastErrorLines.Count == 0 ? Summary : $"{Summary}\n{string.Join('\n', LastErrorLines)}";
    }
}
