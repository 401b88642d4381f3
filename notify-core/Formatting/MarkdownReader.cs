using Notify.Tables;

namespace Notify.Formatting;

/// <summary>
/// Reads what scripts write: <see cref="LegacyMarkdown"/>, and tables of pipes as most Markdown has them (a line of names, a line such as <c>|---|--:|</c>, rows).
/// Such a table is shown as <see cref="TableLayout"/> lays it out. Takes any text, in time proportional to its length.
/// </summary>
public static class MarkdownReader
{
    private const string Fence = "```";

    /// <summary>Reads <paramref name="markdown"/>, which should have gone through <see cref="TelegramText.Clean"/>.</summary>
    public static FormattedText Parse(string markdown)
    {
        ArgumentNullException.ThrowIfNull(markdown);
        if (!markdown.Contains('|', StringComparison.Ordinal))
        {
            return LegacyMarkdown.Parse(markdown);
        }

        var lines = markdown.Split('\n');
        var parts = new FormattedParts();
        var text = 0;
        var isCode = false;
        for (var at = 0; at < lines.Length; at++)
        {
            if (CountFences(lines[at]) % 2 == 1)
            {
                isCode = !isCode;
            }

            if (isCode || at + 1 == lines.Length || ReadTable(lines, at, out var end) is not { } table)
            {
                continue;
            }

            if (text < at)
            {
                parts.Add(LegacyMarkdown.Parse(string.Join('\n', lines[text..at]))).Add("\n");
            }

            parts.Add(table);
            if (end < lines.Length)
            {
                parts.Add("\n");
            }

            text = end;
            at = end - 1;
        }

        return text == 0 ? LegacyMarkdown.Parse(markdown)
            : text == lines.Length ? parts.Join()
            : parts.Add(LegacyMarkdown.Parse(string.Join('\n', lines[text..]))).Join();
    }

    /// <summary>A table that a layout shows, as a monospace block if its columns are aligned.</summary>
    internal static FormattedText Shown(string table, bool isAligned) =>
        isAligned
            ? new FormattedText(table, [new TextEntity(EntityKind.Pre, 0, table.Length)])
            : FormattedText.Plain(table);

    private static FormattedText? ReadTable(string[] lines, int at, out int end)
    {
        end = at;
        var (name, rule) = (lines[at], lines[at + 1]);
        if (!name.Contains('|', StringComparison.Ordinal) || !IsRule(rule))
        {
            return null;
        }

        var columns = Cells(name);
        var alignments = Cells(rule);
        if (columns.Count != alignments.Count)
        {
            return null;
        }

        var rows = new List<IReadOnlyList<TableCell>>();
        for (end = at + 2; end < lines.Length && lines[end].Contains('|', StringComparison.Ordinal); end++)
        {
            rows.Add(Row(Cells(lines[end]), columns.Count));
        }

        var isRight = alignments
            .Index()
            .Where(cell => cell.Item.EndsWith(':') && !cell.Item.StartsWith(':'))
            .Select(cell => cell.Index)
            .ToHashSet();
        if (!columns.Exists(cell => TelegramText.HasVisible(cell)))
        {
            return null;
        }

        var layout = TableLayout.OfAll(new Table([.. columns.Select(Text)], rows), isRight);
        return Shown(layout.Text, layout.IsAligned);
    }

    /// <summary>A row of so many cells. What is too much belongs to the last cell, so no text is lost.</summary>
    private static TableCell[] Row(List<string> cells, int width)
    {
        var row = new TableCell[width];
        for (var i = 0; i < width; i++)
        {
            row[i] = new TableCell(
                i >= cells.Count ? ""
                : i == width - 1 && cells.Count > width ? string.Join(" | ", cells[i..].Select(Text))
                : Text(cells[i])
            );
        }

        return row;
    }

    /// <summary>A cell's text. A link keeps its address, because a monospace block has no links.</summary>
    private static string Text(string cell)
    {
        var read = LegacyMarkdown.Parse(cell);
        return read.Entities.Any(entity => entity.Kind == EntityKind.TextLink) ? cell : read.Text;
    }

    /// <summary>Whether a line has only cells such as <c>---</c>, <c>:--</c>, <c>--:</c>, and a pipe.</summary>
    private static bool IsRule(string line) =>
        line.Contains('|', StringComparison.Ordinal)
        && !line.AsSpan().ContainsAnyExcept("|-: ")
        && Cells(line)
            .TrueForAll(cell =>
                cell.AsSpan().TrimStart(':').TrimEnd(':') is { Length: > 0 } dashes && !dashes.ContainsAnyExcept('-')
            );

    /// <summary>The cells between a line's pipes, trimmed; the pipes at both ends are optional. <c>\|</c> is a pipe within a cell.</summary>
    private static List<string> Cells(string line)
    {
        var rest = line.AsSpan().Trim();
        rest = rest.StartsWith("|") ? rest[1..] : rest;
        rest = rest.EndsWith("|") && !rest.EndsWith(@"\|") ? rest[..^1] : rest;
        var cells = new List<string>();
        var start = 0;
        for (var i = 0; i <= rest.Length; i++)
        {
            if (i == rest.Length || (rest[i] == '|' && (i == 0 || rest[i - 1] != '\\')))
            {
                cells.Add(rest[start..i].Trim().ToString().Replace(@"\|", "|", StringComparison.Ordinal));
                start = i + 1;
            }
        }

        return cells;
    }

    private static int CountFences(string line)
    {
        var count = 0;
        for (var at = 0; (at = line.IndexOf(Fence, at, StringComparison.Ordinal)) >= 0; at += Fence.Length)
        {
            count++;
        }

        return count;
    }
}
