namespace Notify.Tables;

/// <summary>A table of a notification. Each row has a cell for each column.</summary>
/// <param name="Columns">The columns' names; at least one, and a name may be empty.</param>
/// <param name="Rows">The rows.</param>
public sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<TableCell>> Rows)
{
    /// <summary>Most cells, the names of the columns not among them. They bound the time of the layout.</summary>
    public const int MaxCells = 10_000;

    /// <summary>Longest cell in UTF-16 units: a spreadsheet's limit, and below the 131,072 that Python's csv module takes.</summary>
    public const int MaxCell = 32_767;
}
