using System.Text.Json;
using Notify.Contracts;
using Notify.Runs;
using Notify.Scripts;
using Notify.Text;

namespace Notify.Runner;

/// <summary><c>notify-runner history</c>: the runs of the caller's scripts, newest first.</summary>
internal static class HistoryCommand
{
    private const int MaxLines = 1000;

    /// <param name="only">One script; null for all.</param>
    /// <param name="failedOnly">Only runs that failed.</param>
    /// <param name="since">How far back, such as <c>7d</c>; null for all.</param>
    /// <param name="json">One line of JSON a run, as the files have them, with the script's name.</param>
    internal static int Run(string? only, bool failedOnly, string? since, bool json) =>
        ScriptProgram.Run(
            RunnerProgram.Name,
            (home, _, _) =>
            {
                if (since is not null && Quantity.TryParseSpan(since) is null)
                {
                    Console.Error.WriteLine("--since takes a number and m, h or d, such as 7d.");
                    return WrongUse.Status;
                }

                var now = TimeProvider.System.GetUtcNow();
                var query = new RunQuery(
                    MaxLines,
                    Since: Quantity.TryParseSpan(since) is { } span ? now - span : null,
                    FailedOnly: failedOnly
                );
                var scripts = Scripts(home, only);
                if (only is not null && !scripts.Any(script => IsKnown(home, script)))
                {
                    Console.Error.WriteLine($"There is no script {SafeText.Quoted(only)}, and no runs of one.");
                    return ScriptProgram.Failed;
                }

                var runs = scripts
                    .SelectMany(script => Read(home, script, query).Select(run => (script, run)))
                    .OrderByDescending(one => one.run.Started)
                    .Take(MaxLines)
                    .ToList();
                if (json)
                {
                    runs.ForEach(one => Console.WriteLine(Line(one.script, one.run)));
                }
                else if (runs.Count == 0)
                {
                    Console.WriteLine("There are no such runs.");
                }
                else
                {
                    RunTable.Print(runs);
                }

                return ScriptProgram.Done;
            }
        );

    private static bool IsKnown(ScriptHome home, ScriptName script) =>
        File.Exists(Path.Combine(home.ScriptsFolder, script.Value)) || File.Exists(home.HistoryFile(script));

    private static IReadOnlyList<RunRecord> Read(ScriptHome home, ScriptName script, RunQuery query)
    {
        try
        {
            return RunHistory.Read(home, script, query);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine(SafeText.Lines(e.Message));
            return [];
        }
    }

    /// <summary>A run as JSON, with its script first.</summary>
    private static string Line(ScriptName script, RunRecord run)
    {
        var json = JsonSerializer.SerializeToNode(run, RunsContract.Json.RunRecord)!.AsObject();
        json.Insert(0, "script", script.Value);
        return json.ToJsonString(WireJson.NewOptions());
    }

    private static IReadOnlyList<ScriptName> Scripts(ScriptHome home, string? only) =>
        only is null ? RunHistory.Scripts(home)
        : ScriptName.TryParseTyped(only, out var name) ? [name]
        : [];
}
