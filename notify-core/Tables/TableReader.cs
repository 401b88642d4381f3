using System.Globalization;
using System.Text.Json;

namespace Notify.Tables;

/// <summary>Reads a table from JSON: <c>{"columns": ["name", …], "rows": [["value", 1, true, null], …]}</c>.</summary>
public static class TableReader
{
    private const string Shape = "{\"columns\": [\"...\"], \"rows\": [[\"...\"]]}";

    /// <summary>Reads a table.</summary>
    /// <param name="value">The JSON.</param>
    /// <param name="problem">What is wrong, as the end of a sentence about the field; null if a table is returned.</param>
    public static Table? Read(JsonElement value, out string? problem)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problem = $"is not a table; a table is {Shape}";
            return null;
        }

        if (!TryList(value, "columns", out var names) || !TryList(value, "rows", out var lines))
        {
            problem = $"has no list \"columns\" or no list \"rows\"; a table is {Shape}";
            return null;
        }

        var width = names.GetArrayLength();
        if (width == 0)
        {
            problem = "has no columns";
            return null;
        }

        var height = lines.GetArrayLength();
        if (width > Table.MaxCells || (long)width * height > Table.MaxCells)
        {
            problem = string.Create(
                CultureInfo.InvariantCulture,
                $"has {height:N0} rows of {width:N0} columns, and {Table.MaxCells:N0} cells are the limit; send it as a file"
            );
            return null;
        }

        var columns = new List<string>(width);
        foreach (var name in names.EnumerateArray())
        {
            if (!TryCell(name, out var cell, out problem))
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"has in column {columns.Count + 1} {problem}");
                return null;
            }

            columns.Add(cell.Text);
        }

        var rows = new List<IReadOnlyList<TableCell>>(height);
        foreach (var line in lines.EnumerateArray())
        {
            if (ReadRow(line, columns, out problem) is not { } row)
            {
                problem = string.Create(CultureInfo.InvariantCulture, $"has in row {rows.Count + 1} {problem}");
                return null;
            }

            rows.Add(row);
        }

        problem = null;
        return new Table(columns, rows);
    }

    private static TableCell[]? ReadRow(JsonElement line, List<string> columns, out string? problem)
    {
        if (line.ValueKind != JsonValueKind.Array)
        {
            problem = "something else than a list of cells";
            return null;
        }

        if (line.GetArrayLength() is var length && length != columns.Count)
        {
            problem = string.Create(
                CultureInfo.InvariantCulture,
                $"{length} cells, and there are {columns.Count} columns"
            );
            return null;
        }

        var row = new TableCell[columns.Count];
        var at = 0;
        foreach (var value in line.EnumerateArray())
        {
            if (!TryCell(value, out row[at++], out problem))
            {
                return null;
            }
        }

        problem = null;
        return row;
    }

    private static bool TryList(JsonElement of, string name, out JsonElement list) =>
        of.TryGetProperty(name, out list) && list.ValueKind == JsonValueKind.Array;

    private static bool TryCell(JsonElement value, out TableCell cell, out string? problem)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Number => value.GetRawText(),
            // No reader of CSV files takes U+0000.
            JsonValueKind.String => value.GetString()!.Replace('\0', '\uFFFD'),
            _ => null,
        };
        problem =
            text is null ? "a list or an object as a cell; a cell is a text, a number, true, false or null"
            : text.Length > Table.MaxCell
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"a cell of {text.Length:N0} characters, and {Table.MaxCell:N0} are the limit"
                )
            : null;
        cell = new TableCell(text ?? "");
        return problem is null;
    }
}
