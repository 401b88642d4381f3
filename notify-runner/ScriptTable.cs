using Notify.Posix;
using Spectre.Console;

namespace Notify.Scripts;

/// <summary>Scripts as a table: drawn on a terminal, in plain columns elsewhere. Part of both programs that show scripts.</summary>
internal static class ScriptTable
{
    private static readonly string[] Headings = ["Script", "Last run", "Last sent", "Cooldown left", "Last outcome"];

    internal static void Print(IReadOnlyList<ListedScript> scripts, DateTimeOffset now)
    {
        var rows = scripts.Select(script => Row(script, now)).ToList();
        if (Terminal.IsOutput)
        {
            Draw(rows);
        }
        else
        {
            PrintColumns([Headings, .. rows]);
        }
    }

    private static string[] Row(ListedScript script, DateTimeOffset now) =>
        [
            script.Name,
            script.Running ? "running now" : script.LastRun ?? Never(script),
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
                ScriptOutcome.NotNoted => "can't be noted",
                ScriptOutcome.HandedOver => "run on request",
                ScriptOutcome.Error => "error",
                _ => "",
            },
        ];

    private static string Never(ListedScript script) =>
        script.LastOutcome == ScriptOutcome.NotNoted ? "not known" : "never";

    private static void Draw(List<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var heading in Headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in rows)
        {
            // As text: what a file is called is not markup.
            table.AddRow(
                row.Select(
                    (cell, column) =>
                        new Text(
                            cell,
                            column == row.Length - 1 && cell is "error" or "not sent" or "can't be noted"
                                ? new Style(Color.Red)
                                : Style.Plain
                        )
                )
            );
        }

        AnsiConsole.Write(table);
    }

    private static void PrintColumns(List<string[]> rows)
    {
        var widths = Enumerable
            .Range(0, Headings.Length)
            .Select(column => rows.Max(row => row[column].Length))
            .ToArray();
        foreach (var row in rows)
        {
            Console.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
