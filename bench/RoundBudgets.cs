using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Notify.Contracts;
using Notify.Runs;
using Notify.Scripts;

namespace Notify.Bench;

/// <summary>What a round over many scripts costs beside the bare scripts, and what the history of runs adds to each run.</summary>
internal sealed class RoundBudgets(Scratch scratch)
{
    private const int Scripts = 50;
    private const int Rounds = 15;
    private const int IdleRounds = 41;

    /// <summary>A full history is replaced once in a hundred runs, so a block has one replacement.</summary>
    private const int AppendsInBlock = 100;
    private const int Blocks = 21;

    /// <summary>
    /// The runner before it had schedules and a history of runs (7a46e73) took 1.12 x the time of the bare scripts for the same round. A round
    /// may cost 1.2 x that. The aim is that what the runner adds to the bare scripts stays within 1.2 x.
    /// </summary>
    private const double MaxDue = 1.34;

    /// <inheritdoc cref="MaxDue"/>
    private const double AimDue = 1.14;

    /// <summary>A round that runs nothing reads the settings and states of its scripts and tells the bot. That is worth less than the start of two scripts.</summary>
    private const double MaxNotDue = 1.5;

    private const string Quiet = "import json\nprint(json.dumps({'notify': False}))\n";

    private readonly ScriptHome _home = ScriptHome.OfThisUser();

    private readonly List<string[]> _rows =
    [
        ["what", "measured", "must be under", "aim", ""],
    ];

    internal async Task MeasureAsync(TextWriter output)
    {
        // The end of each round is posted to it.
        var (bot, data) = scratch.StartBot();
        try
        {
            await Scratch.UntilOkAsync(data);
            var environment = scratch.CronEnvironment();
            environment["NOTIFY_BOT_SOCKET"] = Path.Combine(data, "bot.sock");
            MeasureDue(environment);
            MeasureNotDue(environment);
        }
        finally
        {
            bot.End();
        }

        MeasureHistory();
        await output.WriteLineAsync();
        await Columns.WriteAsync(output, _rows);
    }

    private void MeasureDue(Dictionary<string, string> environment)
    {
        var scripts = WriteScripts(Quiet);
        FillHistories();
        var (bare, round) = SideBySide.Medians(Rounds, () => RunBare(scripts, environment), () => Round(environment));
        scripts.ForEach(File.Delete);
        var (ratio, over) = (round / bare, (round - bare) / Scripts);
        Add(
            $"a round of {Scripts} scripts that are due, over {Scripts} bare python3",
            $"{Ms(round)} = {ratio:0.00} x {Ms(bare)}, +{Ms(over)} a script",
            Times(MaxDue),
            $"{Times(AimDue)}{(ratio <= AimDue ? ", reached" : "")}",
            ratio < MaxDue
        );
    }

    private void MeasureNotDue(Dictionary<string, string> environment)
    {
        var scripts = WriteScripts("# notify: every 30d\n" + Quiet);
        Round(environment);
        var (python, round) = SideBySide.Medians(
            IdleRounds,
            () => MeasuredProcess.Time(Scratch.Python, ["-c", "pass"], environment),
            () => Round(environment)
        );
        scripts.ForEach(File.Delete);
        Add(
            $"a round of {Scripts} scripts that are not due",
            $"{Ms(round)} = {round / python:0.00} x python3 -c pass",
            Times(MaxNotDue),
            "",
            round / python < MaxNotDue
        );
    }

    /// <summary>The history that a round's run gets, beside the same line appended by nothing but open, write and close.</summary>
    private void MeasureHistory()
    {
        var script = Name("history.py");
        FillHistory(script);
        var bareFile = Path.Combine(_home.HistoryFolder, "bare");
        var line = Line();
        var (bare, append) = SideBySide.Medians(
            Blocks,
            () => PerCall(() => File.AppendAllBytes(bareFile, line)),
            () =>
                PerCall(() =>
                {
                    if (RunHistory.Append(_home, script, Run()) is { } trouble)
                    {
                        throw new BenchException(trouble);
                    }
                })
        );
        Add(
            $"a run's line in a history of {RunHistory.MaxRuns} runs",
            $"{Ms(append)} beside {Ms(bare)} for a bare append",
            "0.3 ms",
            "",
            append < TimeSpan.FromMilliseconds(0.3)
        );
    }

    private static TimeSpan PerCall(Action call)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < AppendsInBlock; i++)
        {
            call();
        }

        return Stopwatch.GetElapsedTime(began) / AppendsInBlock;
    }

    private TimeSpan Round(Dictionary<string, string> environment) =>
        MeasuredProcess.Time(scratch.PathOf("notify-runner"), [], environment);

    /// <summary>The scripts by nothing but python3, as many side by side as the runner runs.</summary>
    private static TimeSpan RunBare(List<string> scripts, Dictionary<string, string> environment)
    {
        var began = Stopwatch.GetTimestamp();
        var next = -1;
        var threads = Enumerable
            .Range(0, Math.Max(4, Environment.ProcessorCount))
            .Select(_ => new Thread(() =>
            {
                while (Interlocked.Increment(ref next) is var i && i < scripts.Count)
                {
                    MeasuredProcess.Time(Scratch.Python, [scripts[i]], environment);
                }
            }))
            .ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return Stopwatch.GetElapsedTime(began);
    }

    private static List<string> WriteScripts(string content) =>
        [.. Names().Select(name => Scratch.WriteScript(name.Value, content))];

    private static IEnumerable<ScriptName> Names() =>
        Enumerable.Range(0, Scripts).Select(i => Name(string.Create(CultureInfo.InvariantCulture, $"quiet{i}.py")));

    private static ScriptName Name(string file) =>
        ScriptName.TryParse(file, out var name) ? name : throw new BenchException($"{file} is no script's name.");

    private void FillHistories()
    {
        foreach (var name in Names())
        {
            FillHistory(name);
        }
    }

    private void FillHistory(ScriptName script)
    {
        Directory.CreateDirectory(_home.HistoryFolder);
        var line = Line();
        using var file = File.Create(_home.HistoryFile(script));
        for (var i = 0; i < RunHistory.MaxRuns; i++)
        {
            file.Write(line);
        }
    }

    private static byte[] Line() =>
        [.. JsonSerializer.SerializeToUtf8Bytes(Run(), RunsContract.Json.RunRecord), (byte)'\n'];

    private static RunRecord Run() =>
        new()
        {
            Started = TimeProvider.System.GetUtcNow(),
            TookMs = 140,
            Trigger = RunTrigger.Round,
            Outcome = RecordedOutcome.NoAlert,
            Exit = 0,
            PeakMb = 12,
        };

    private void Add(string what, string measured, string mustBeUnder, string aim, bool isReached) =>
        _rows.Add([what, measured, mustBeUnder, aim, isReached ? "pass" : "FAIL"]);

    private static string Times(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} x");

    private static string Ms(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.00} ms");
}
