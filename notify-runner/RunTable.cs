using System.Globalization;
using Notify.Contracts;
using Notify.Posix;
using Notify.Runs;
using Notify.Scripts;
using Notify.Text;

namespace Notify.Runner;

/// <summary>Shows runs as plain columns, with what failed under each.</summary>
internal static class RunTable
{
    private static readonly string[] Headings = ["Started", "Script", "By", "Took", "Peak", "Outcome"];

    internal static void Print(IReadOnlyList<(ScriptName Script, RunRecord Run)> runs)
    {
        string[][] rows = [Headings, .. runs.Select(one => Row(one.Script, one.Run))];
        var widths = Headings.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            Console.WriteLine(
                string.Join("  ", rows[i].Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()
            );
            if (i > 0 && runs[i - 1].Run.Error is { Length: > 0 } error)
            {
                Console.WriteLine($"    {SafeText.Line(error.Split('\n')[0], 200)}");
            }
        }
    }

    private static string[] Row(ScriptName script, RunRecord run) =>
        [
            Local(run.Started),
            script.Value,
            run.Trigger?.Word() ?? "",
            ScriptTable.Took(run.TookMs),
            run.PeakMb is { } peak ? $"{peak} MB" : "",
            (run.Outcome?.Word() ?? "").Replace('_', ' ')
                + (run.LateS is > 60 and var late ? $", {ScriptAge.Span(TimeSpan.FromSeconds(late))} late" : ""),
        ];

    /// <summary>A moment on the user's clock.</summary>
    private static string Local(DateTimeOffset moment) =>
        (moment.UtcDateTime + LocalClock.OffsetAt(moment)).ToString(
            "yyyy-MM-dd HH:mm:ss",
            CultureInfo.InvariantCulture
        );
}
