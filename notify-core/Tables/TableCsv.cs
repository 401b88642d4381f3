using System.Buffers;
using System.Text;

namespace Notify.Tables;

/// <summary>Writes a table as CSV by RFC 4180: UTF-8, commas, CRLF, a line of names first. Python's <c>csv.reader</c> gives the same cells back.</summary>
/// <remarks>
/// A cell that begins with <c>=</c>, <c>+</c>, <c>-</c> or <c>@</c> stays as it is, although a spreadsheet may read it as a formula: the file holds data for programs, a minus is far more often a
/// number's sign, and the cells come from the reader's own script (docs/send-api.md). There is no byte order mark: it would become part of the first name.
/// </remarks>
public static class TableCsv
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    /// <summary>The file's content.</summary>
    public static byte[] Write(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        var text = new StringBuilder();
        Append(text, table.Columns);
        foreach (var row in table.Rows)
        {
            Append(text, row.Select(cell => cell.Text));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Append(StringBuilder text, IEnumerable<string> cells)
    {
        var start = text.Length;
        var count = 0;
        foreach (var cell in cells)
        {
            if (count++ > 0)
            {
                text.Append(',');
            }

            if (cell.AsSpan().ContainsAny(Quoted) || cell.StartsWith(' ') || cell.EndsWith(' '))
            {
                text.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            }
            else
            {
                text.Append(cell);
            }
        }

        // An empty line would be a row without cells.
        text.Append(text.Length == start ? "\"\"\r\n" : "\r\n");
    }
}
