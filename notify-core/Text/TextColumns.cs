namespace Notify.Text;

/// <summary>Rows for a terminal, in columns as wide as their widest cell. Cells are untrusted.</summary>
public static class TextColumns
{
    /// <summary>The longest cell that is shown, in UTF-16 units; the last column is as long as it is.</summary>
    private const int MaxCell = 60;

    /// <summary>Lays rows out.</summary>
    /// <param name="headings">The first row.</param>
    /// <param name="rows">As many cells each as headings.</param>
    /// <returns>A line for each row.</returns>
    public static IEnumerable<string> Lines(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        ArgumentNullException.ThrowIfNull(headings);
        string[][] all =
        [
            [.. headings],
            .. rows.Select(row =>
                row.Select((cell, column) => SafeText.Line(cell, column == headings.Count - 1 ? int.MaxValue : MaxCell))
                    .ToArray()
            ),
        ];
        var widths = headings.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        return all.Select(row =>
            string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()
        );
    }
}
