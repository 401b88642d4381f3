using System.Text;
using Notify.Contracts;
using Notify.Formatting;
using Notify.Posix;
using Notify.Text;

namespace Notify.Scripts;

/// <summary>Runs one script, for a round of cron and for the bot's helper alike.</summary>
public sealed class ScriptRunner(ScriptHome home, RunLimits limits, TimeProvider time)
{
    /// <summary>Most lines of stderr that a failure shows.</summary>
    public const int ErrorLines = 15;

    private const int MaxErrorLineLength = 300;
    private const string MarkName = "NOTIFY_SCRIPT_RUN";

    /// <summary>Variables of the user's crontab, for a run on request (<see cref="Crontab"/>). In a round cron has set them.</summary>
    public IReadOnlyDictionary<string, string> CrontabVariables { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Makes this process able to end all that its scripts start. Once, at the program's start.</summary>
    public static void Prepare() => ProcessTree.AdoptOrphans();

    /// <summary>Ends all processes that scripts left behind. Once, at the program's end. False if one does not die.</summary>
    public static bool EndAll(TimeProvider time) => ProcessTree.KillAll(time);

    /// <summary>The result while another process runs the script.</summary>
    public static ScriptRun.Failed AlreadyRunning() =>
        new(ScriptFailure.AlreadyRunning, "It is already running; nothing was started.", [], TimeSpan.Zero);

    /// <summary>Runs a locked script. Blocks until it and its children are gone.</summary>
    /// <remarks>The caller has read the folder (<see cref="ScriptFolder"/>), and so checked imports once for all scripts of a round.</remarks>
    /// <exception cref="IOException">The system is out of processes or descriptors.</exception>
    public ScriptRun Run(ScriptLock held, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(held);
        var script = held.Script;
        var modes = new StrictModes(home.Account);
        if (ScriptFolder.ObjectionToFile(home, script, modes) is { } objection)
        {
            return new ScriptRun.Failed(
                ScriptFailure.NotFound,
                $"{script} can't be run: {objection}.",
                [],
                TimeSpan.Zero
            );
        }

        var environment = ScriptEnvironment.For(home, CrontabVariables);
        if (ScriptEnvironment.FindPython(home, modes, environment["PATH"], out var problem) is not { } python)
        {
            return new ScriptRun.Failed(ScriptFailure.NotStarted, problem!, [], TimeSpan.Zero);
        }

        PythonPackage.AddTo(environment, modes, out var noPackage);
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
                limits,
                time,
                cancellation,
                output.Append
            );
            return Judge(script, ended, output, noPackage) with
            {
                ExitStatus = ended.ExitStatus,
                PeakMemory = ended.PeakMemory > 0 ? ended.PeakMemory : null,
            };
        }
        catch (ProcessNotStartedException e)
        {
            return new ScriptRun.Failed(ScriptFailure.NotStarted, e.Message, [], TimeSpan.Zero);
        }
    }

    /// <summary>An environment variable that marks one run and its children.</summary>
    internal static string NewMark() => $"{MarkName}={Guid.NewGuid():N}";

    private ScriptRun Judge(ScriptName script, EndedProcess process, ScriptOutput output, string? noPackage)
    {
        var errors = ErrorText(process.ErrorOutput.Span);
        var errorLines = LastLines(errors);
        var importsWrongFile = false;
        ScriptRun.Failed Failed(ScriptFailure reason, string summary)
        {
            var clash = reason is ScriptFailure.Failed or ScriptFailure.TimedOut or ScriptFailure.UnreadableOutput
                ? ModuleClash.Find(home, script, errors, out importsWrongFile)
                : null;
            var packageHint = errors.Contains($"No module named '{PythonPackage.Name}'", StringComparison.Ordinal)
                ? noPackage
                : null;
            return new(
                reason,
                string.Join(' ', new[] { summary, packageHint, clash }.Where(sentence => sentence is not null)),
                errorLines,
                process.Took
            );
        }

        var badEnd = process switch
        {
            { End: ProcessEnd.TimeLimit } => Failed(
                ScriptFailure.TimedOut,
                $"It ran longer than {limits.Time.TotalSeconds:0} s and was stopped."
            ),
            { End: ProcessEnd.MemoryLimit } => Failed(
                ScriptFailure.OutOfMemory,
                $"It used {RunLimits.MemoryText(process.PeakMemory)} of memory, more than its limit of {RunLimits.MemoryText(limits.Memory!.Value)}, and was stopped."
            ),
            { End: ProcessEnd.TooMuchOutput } => Failed(
                ScriptFailure.TooMuchOutput,
                $"It printed more than {ScriptProcess.MaxOutput >> 20} MiB and was stopped."
            ),
            { End: ProcessEnd.Interrupted } => Failed(
                ScriptFailure.Interrupted,
                "It was stopped, because the program that ran it was told to end."
            ),
            { Signal: { } signal } => Failed(ScriptFailure.Failed, $"It was ended by {SignalName(signal)}."),
            { ExitStatus: null } => Failed(ScriptFailure.Failed, "It is unknown how it ended."),
            { ExitStatus: not 0 } => Failed(ScriptFailure.Failed, $"It ended with exit status {process.ExitStatus}."),
            _ => null,
        };

        // After an interruption the next round runs the script again. A file imported in place of a module may have printed the result.
        if (badEnd is { Reason: ScriptFailure.Interrupted } || (badEnd is not null && importsWrongFile))
        {
            return badEnd;
        }

        if (output.End(process.Output.Span, endedBadly: badEnd is not null, out var error) is not { } result)
        {
            return badEnd ?? Failed(ScriptFailure.UnreadableOutput, error!);
        }

        var warnings = new List<string>(result.Warnings);
        string? noChart = null;
        var chart = result.ImagePath is { } path ? ChartFile.Read(path, out noChart) : null;
        if (noChart is not null)
        {
            warnings.Add($"No chart: {noChart}.");
        }

        var missing = new List<string>();
        var charts = new List<ChartFile>();
        foreach (var image in result.Images)
        {
            if (ChartFile.Read(image, out var problem) is { } read)
            {
                charts.Add(read);
            }
            else
            {
                missing.Add(ScriptRun.Finished.NoChartLine(problem!));
                warnings.Add($"No chart: {problem}.");
            }
        }

        var files = new List<ScriptFile>();
        foreach (var file in result.Files)
        {
            if (ScriptFile.Open(file, out var problem) is { } opened)
            {
                files.Add(opened);
            }
            else
            {
                missing.Add(ScriptRun.Finished.NoFileLine(problem!));
                warnings.Add($"No file: {problem}.");
            }
        }

        var missingLines = missing.Count > 0 ? string.Join('\n', missing) : null;

        // Leaves room for the lines below the message.
        var lines = ScriptRun.Finished.WithLine(
            ScriptRun.Finished.WithLine(noChart is null ? null : ScriptRun.Finished.NoChartLine(noChart), missingLines),
            badEnd is null ? null : ScriptRun.Finished.BadEndLine(badEnd)
        );
        var (title, message, data) = NotificationFit.Apply(result.Title, result.Message, result.Data, lines, warnings);
        return new ScriptRun.Finished(
            result with
            {
                Title = title,
                Message = message,
                Data = data,
                Table =
                    result.Table is { } table && NotificationFit.Fits(table.Json, title, message, data, warnings)
                        ? table
                        : null,
                Warnings = warnings,
            },
            chart,
            noChart,
            process.Took
        )
        {
            MoreCharts = charts,
            Files = files,
            MissingLines = missingLines,
            BadEnd = badEnd,
            LastErrorLines = errorLines,
        };
    }

    /// <summary>The end of stderr, enough for the shown lines. Earlier output is ignored.</summary>
    private static string ErrorText(ReadOnlySpan<byte> errors)
    {
        const int Enough = 64 * 1024;
        return Encoding.UTF8.GetString(errors.Length > Enough ? errors[^Enough..] : errors);
    }

    private static List<string> LastLines(string errors)
    {
        var lines = SafeText.Lines(errors).Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0);
        return [.. lines.TakeLast(ErrorLines).Select(line => SafeText.Line(line, MaxErrorLineLength))];
    }

    private static string SignalName(int signal) =>
        signal switch
        {
            6 => "signal 6 (it aborted)",
            7 => "signal 7 (bus error)",
            9 => "signal 9 (killed from outside, often because memory ran out)",
            11 => "signal 11 (it crashed)",
            15 => "signal 15 (terminated from outside)",
            _ => $"signal {signal}",
        };
}
