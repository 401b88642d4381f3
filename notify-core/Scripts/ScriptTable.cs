using System.Globalization;
using Notify.Contracts;
using Notify.Posix;

namespace Notify.Scripts;

/// <summary>Shows scripts as a table: framed on a terminal, in plain columns elsewhere.</summary>
public static class ScriptTable
{
    private static readonly string[] Headings =
    [
        "Script",
        "Last run",
        "Next run",
        "Last sent",
        "Cooldown left",
        "Last outcome",
    ];

    /// <summary>Prints the table to stdout.</summary>
    public static void Print(IReadOnlyList<ListedScript> scripts, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(scripts);
        string[][] rows = [Headings, .. scripts.Select(script => Row(script, now))];
        var widths = Headings.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var line in Terminal.IsOutput ? Framed(rows, widths) : rows.Select(row => Plain(row, widths)))
        {
            Console.WriteLine(line);
        }
    }

    private static string[] Row(ListedScript script, DateTimeOffset now) =>
        [
            script.Name,
            script.Running ? "running now"
            : script.LastRun is { } run ? run + (script.TookMs is { } took ? $" ({Took(took)})" : "")
            : Never(script),
            script.Next ?? "",
            script.LastSent is { } sent ? ScriptAge.Ago(now - sent) : Never(script),
            script.LastOutcome == ScriptOutcome.NotNoted ? Never(script)
            : script.CooldownEnds is { } ends ? ScriptAge.Span(ends - now)
            : "none",
            script.LastOutcome switch
            {
                ScriptOutcome.Delivered => "delivered",
                ScriptOutcome.Queued => "queued",
                ScriptOutcome.NoAlert => "no alert",
                ScriptOutcome.HeldByCooldown => "held by cooldown",
                ScriptOutcome.NotSent => "not sent",
                ScriptOutcome.Muted => "muted",
                ScriptOutcome.NotNoted => "not saved",
                ScriptOutcome.HandedOver => "run on request",
                ScriptOutcome.Error => "failing",
                _ => "",
            },
        ];

    /// <summary>A run's length: <c>0.4 s</c>, <c>12 s</c>, <c>3 min</c>.</summary>
    public static string Took(long milliseconds) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(milliseconds < 9_950 ? $"{milliseconds / 1000.0:0.0} s"
                : milliseconds < 120_000 ? $"{milliseconds / 1000} s"
                : $"{milliseconds / 60_000} min")}"
        );

    private static string Never(ListedScript script) =>
        script.LastOutcome == ScriptOutcome.NotNoted ? "unknown" : "never";

    private static string Plain(string[] row, int[] widths) => string.Join("  ", Padded(row, widths)).TrimEnd();

    /// <summary>With bold headings, and what went wrong in red.</summary>
    internal static IEnumerable<string> Framed(IReadOnlyList<string[]> rows, int[] widths)
    {
        yield return Border('╭', '┬', '╮');
        yield return Cells(rows[0], (_, cell) => $"\e[1m{cell}\e[0m");
        yield return Border('├', '┼', '┤');
        foreach (var row in rows.Skip(1))
        {
            yield return Cells(
                row,
                (column, cell) =>
                    column == row.Length - 1 && row[column] is "failing" or "not sent" or "not saved"
                        ? $"\e[31m{cell}\e[0m"
                        : cell
            );
        }

        yield return Border('╰', '┴', '╯');

        string Border(char left, char between, char right) =>
            left + string.Join(between, widths.Select(width => new string('─', width + 2))) + right;

        string Cells(string[] row, Func<int, string, string> style) =>
            $"│ {string.Join(" │ ", Padded(row, widths).Select((cell, column) => style(column, cell)))} │";
    }

    private static IEnumerable<string> Padded(string[] row, int[] widths) =>
        row.Select((cell, column) => cell.PadRight(widths[column]));
}
