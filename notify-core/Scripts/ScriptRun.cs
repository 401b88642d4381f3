using System.Text;
using Notify.Posix;
using Notify.Sending;

namespace Notify.Scripts;

/// <summary>How the run of a script ended: with a result or without.</summary>
public abstract record ScriptRun
{
    private ScriptRun() { }

    /// <summary>The script said what it had to say.</summary>
    /// <param name="Result">What it said, with all warnings.</param>
    /// <param name="Chart">The chart it made, if it promised one and it could be read.</param>
    /// <param name="NoChart">Why there is no chart although one was promised, as the end of "No chart: ...".</param>
    /// <param name="Took">How long it ran.</param>
    public sealed record Finished(ScriptResult Result, ChartFile? Chart, string? NoChart, TimeSpan Took) : ScriptRun
    {
        /// <summary>How the script ended badly after it had said this; null where it ended well. The run counts as failing.</summary>
        public Broken? BadEnd { get; init; }

        /// <summary>The last lines of its stderr, bounded and without control characters; may be empty.</summary>
        public IReadOnlyList<string> LastErrorLines { get; init; } = [];

        /// <summary>
        /// The message in Markdown, with a last line each that says why there is no chart where one was promised, and how the script ended where it
        /// ended badly. Null where the script gave no message and there is nothing to add.
        /// </summary>
        public string? Message =>
            WithLine(
                WithLine(Result.Message, NoChart is null ? null : NoChartLine(NoChart)),
                BadEnd is null ? null : BadEndLine(BadEnd)
            );

        /// <summary>A message with a line of this system's own under it; either may be missing.</summary>
        public static string? WithLine(string? message, string? line) =>
            message is null || line is null ? message ?? line : $"{message}\n\n{line}";

        /// <summary>The line that says why there is no chart, in Markdown: as code, since a path is full of markers.</summary>
        public static string NoChartLine(string reason)
        {
            ArgumentNullException.ThrowIfNull(reason);
            return $"No chart: `{reason.Replace('`', '\'').Replace('\\', '/')}`";
        }

        /// <summary>The line that says how the script ended after its result.</summary>
        internal static string BadEndLine(Broken end) =>
            $"⚠️ After this the script failed: {char.ToLowerInvariant(end.Summary[0])}{end.Summary[1..]}";
    }

    /// <summary>The script gave no result.</summary>
    /// <param name="Reason">Which kind of failure.</param>
    /// <param name="Summary">What happened, in a sentence.</param>
    /// <param name="LastErrorLines">The last lines of its stderr, bounded; may be empty.</param>
    /// <param name="Took">How long it ran.</param>
    public sealed record Broken(
        ScriptFailure Reason,
        string Summary,
        IReadOnlyList<string> LastErrorLines,
        TimeSpan Took
    ) : ScriptRun
    {
        /// <summary>The summary and under it the last lines of stderr.</summary>
        public string Text => LastErrorLines.Count == 0 ? Summary : $"{Summary}\n{string.Join('\n', LastErrorLines)}";
    }
}

/// <summary>Runs one script by the rules of specification section 9; cron's round and the bot's helper do it alike.</summary>
public sealed class ScriptRunner(ScriptHome home, TimeSpan limit, TimeProvider time)
{
    /// <summary>Lines of stderr that a failure shows.</summary>
    public const int ErrorLines = 15;

    private const int LongestErrorLine = 300;
    private const string MarkName = "NOTIFY_SCRIPT_RUN";

    /// <summary>What the user's crontab sets, for a run that cron did not start (<see cref="Crontab"/>). In a round cron has set it already.</summary>
    public IReadOnlyDictionary<string, string> CrontabVariables { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Lets this process end all that its scripts start, whatever they do to escape. Once, at the start of the program.</summary>
    public static void Prepare() => ProcessTree.AdoptOrphans();

    /// <summary>Ends what scripts have left behind in spite of all. Once, at the end of the program. False where something would not die.</summary>
    public static bool EndAll(TimeProvider time) => ProcessTree.KillAll(time);

    /// <summary>The answer where somebody else has the right to run the script.</summary>
    public static ScriptRun.Broken AlreadyRunning() =>
        new(
            ScriptFailure.AlreadyRunning,
            "It is still running from an earlier start; nothing was started.",
            [],
            TimeSpan.Zero
        );

    /// <summary>Runs the script that the caller has the right to run; blocks until it and what it started are gone.</summary>
    /// <remarks>The caller has read the folder (<see cref="ScriptFolder"/>), and so what the script may import: once for all scripts of a round.</remarks>
    /// <exception cref="IOException">The system is out of processes or descriptors.</exception>
    public ScriptRun Run(ScriptLock held, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(held);
        var script = held.Script;
        var modes = new StrictModes(home.Account);
        if (ScriptFolder.ObjectionToFile(home, script, modes) is { } objection)
        {
            return new ScriptRun.Broken(
                ScriptFailure.NotFound,
                $"{script} can't be run: {objection}.",
                [],
                TimeSpan.Zero
            );
        }

        var environment = ScriptEnvironment.For(home, CrontabVariables);
        if (ScriptEnvironment.FindPython(home, modes, environment["PATH"], out var problem) is not { } python)
        {
            return new ScriptRun.Broken(ScriptFailure.NotStarted, problem!, [], TimeSpan.Zero);
        }

        held.EndOrphan();
        var mark = NewMark();
        try
        {
            var start = new ProcessStart(
                python,
                [Path.Combine(home.ScriptsFolder, script.Value)],
                environment,
                home.Home,
                mark
            );
            var output = new ScriptOutput();
            var ended = ScriptProcess.Run(
                start,
                leader => held.Record(leader, mark),
                limit,
                time,
                cancellation,
                output.Append
            );
            return Judge(script, ended, output);
        }
        catch (ProcessNotStartedException e)
        {
            return new ScriptRun.Broken(ScriptFailure.NotStarted, e.Message, [], TimeSpan.Zero);
        }
    }

    /// <summary>A variable of the environment that only one run and what it starts has.</summary>
    internal static string NewMark() => $"{MarkName}={Guid.NewGuid():N}";

    private ScriptRun Judge(ScriptName script, EndedProcess process, ScriptOutput output)
    {
        var errors = ErrorText(process.ErrorOutput.Span);
        var errorLines = LastLines(errors);
        var importsWrongFile = false;
        ScriptRun.Broken Broken(ScriptFailure reason, string summary)
        {
            var clash = reason is ScriptFailure.Failed or ScriptFailure.TimedOut or ScriptFailure.UnreadableOutput
                ? ModuleClash.Find(home, script, errors, out importsWrongFile)
                : null;
            return new(reason, clash is null ? summary : $"{summary} {clash}", errorLines, process.Took);
        }

        var badEnd = process switch
        {
            { End: ProcessEnd.TimeLimit } => Broken(
                ScriptFailure.TimedOut,
                $"It was still running after {limit.TotalSeconds:0} s and was ended."
            ),
            { End: ProcessEnd.TooMuchOutput } => Broken(
                ScriptFailure.TooMuchOutput,
                $"It printed more than {ScriptProcess.MostOutput >> 20} MiB and was ended."
            ),
            { End: ProcessEnd.Interrupted } => Broken(
                ScriptFailure.Interrupted,
                "It was ended, because the program that ran it was told to end."
            ),
            { Signal: { } signal } => Broken(ScriptFailure.Failed, $"It was ended by {SignalName(signal)}."),
            { ExitStatus: null } => Broken(ScriptFailure.Failed, "How it ended is not known."),
            { ExitStatus: not 0 } => Broken(ScriptFailure.Failed, $"It ended with exit status {process.ExitStatus}."),
            _ => null,
        };

        // A round that is told to end runs the script again next time. What a file printed that was imported in place of a module is that file's result.
        if (badEnd is { Reason: ScriptFailure.Interrupted } || (badEnd is not null && importsWrongFile))
        {
            return badEnd;
        }

        if (output.End(process.Output.Span, endedBadly: badEnd is not null, out var error) is not { } result)
        {
            return badEnd ?? Broken(ScriptFailure.UnreadableOutput, error!);
        }

        var warnings = new List<string>(result.Warnings);
        string? noChart = null;
        var chart = result.ImagePath is { } path ? ChartFile.Read(path, out noChart) : null;
        if (noChart is not null)
        {
            warnings.Add($"No chart: {noChart}.");
        }

        // Room for the lines that come under the message.
        var lines = ScriptRun.Finished.WithLine(
            noChart is null ? null : ScriptRun.Finished.NoChartLine(noChart),
            badEnd is null ? null : ScriptRun.Finished.BadEndLine(badEnd)
        );
        var (title, message, data) = NotificationFit.Apply(result.Title, result.Message, result.Data, lines, warnings);
        return new ScriptRun.Finished(
            result with
            {
                Title = title,
                Message = message,
                Data = data,
                Warnings = warnings,
            },
            chart,
            noChart,
            process.Took
        )
        {
            BadEnd = badEnd,
            LastErrorLines = errorLines,
        };
    }

    /// <summary>The end of stderr. Enough for the lines shown, however long they are; what comes before is not looked at.</summary>
    private static string ErrorText(ReadOnlySpan<byte> errors)
    {
        const int Enough = 64 * 1024;
        return Encoding.UTF8.GetString(errors.Length > Enough ? errors[^Enough..] : errors);
    }

    private static List<string> LastLines(string errors)
    {
        var lines = SafeText.Lines(errors).Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0);
        return [.. lines.TakeLast(ErrorLines).Select(line => SafeText.OneLine(line, LongestErrorLine))];
    }

    private static string SignalName(int signal) =>
        signal switch
        {
            6 => "signal 6 (it aborted)",
            7 => "signal 7 (bus error)",
            9 => "signal 9 (killed from outside; often the machine was out of memory)",
            11 => "signal 11 (it crashed)",
            15 => "signal 15 (told to end from outside)",
            _ => $"signal {signal}",
        };
}
