using System.Globalization;
using System.Text;
using Notify.Text;

namespace Notify.Tables;

/// <summary>A table as a phone shows it: an aligned block if that is narrow enough, else each row as lines of <c>column: value</c>.</summary>
/// <param name="Text">Lines of at most <see cref="MaxWidth"/> columns, without a line end at the end.</param>
/// <param name="IsAligned">Whether it is a block that needs a monospace font.</param>
/// <param name="IsWhole">Whether it shows the whole table. If not, it shows the first rows, and its last line says so: the CSV file has all.</param>
public sealed record TableLayout(string Text, bool IsAligned, bool IsWhole)
{
    /// <summary>Columns of a monospace block that a phone shows without breaking its lines.</summary>
    public const int MaxWidth = 38;

    /// <summary>A table of more rows shows the first <see cref="FirstRows"/>.</summary>
    public const int MaxRows = 30;

    /// <summary>How many rows a longer table shows.</summary>
    public const int FirstRows = 20;

    /// <summary>Most UTF-16 units, about three messages. A table with longer cells shows fewer rows.</summary>
    public const int MaxText = 12_000;

    private const string Indent = "  ";

    /// <summary>Lays a table out. A table that is not shown whole belongs into a CSV file too.</summary>
    public static TableLayout Of(Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Of(table, table.Rows.Count <= MaxRows ? table.Rows.Count : FirstRows, MaxText, new HashSet<int>());
    }

    /// <summary>Lays out all rows of a table, whatever their number.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rightAligned">Columns to align to the right even if they hold no numbers.</param>
    internal static TableLayout OfAll(Table table, IReadOnlySet<int> rightAligned) =>
        Of(table, table.Rows.Count, int.MaxValue, rightAligned);

    private static TableLayout Of(Table table, int rows, int maxText, IReadOnlySet<int> rightAligned)
    {
        var columns = table.Columns.Select(Shown).ToArray();
        var cells = table.Rows.Take(rows).Select(row => row.Select(cell => Shown(cell.Text)).ToArray()).ToArray();
        if (Aligned(columns, cells, rightAligned) is { } lines)
        {
            var (text, shown) = Cut(lines, header: 2, maxText);
            return WithNote(text, isAligned: true, shown, table);
        }
        else
        {
            var (text, shown) = Cut(cells.Select(row => List(columns, row)), header: 0, maxText);
            return WithNote(text, isAligned: false, shown, table);
        }
    }

    /// <summary>The first items that fit, a line end between them, and how many of them are rows.</summary>
    private static (StringBuilder Text, int Rows) Cut(IEnumerable<string> items, int header, int maxText)
    {
        var text = new StringBuilder();
        var count = 0;
        foreach (var item in items)
        {
            if (text.Length + item.Length > maxText)
            {
                break;
            }

            text.Append(count++ > 0 ? "\n" : "").Append(item);
        }

        return (text, Math.Max(0, count - header));
    }

    private static TableLayout WithNote(StringBuilder text, bool isAligned, int shown, Table table)
    {
        var rows = table.Rows.Count;
        var isWhole = shown == rows && (text.Length > 0 || Names(table).Length <= MaxText);
        var note =
            shown < rows && shown > 0 ? $"{Number(shown)} of {Number(rows)} rows; all in the CSV file."
            : !isWhole ? $"{Quantity(rows, "row")} of {Quantity(table.Columns.Count, "column")}: see the CSV file."
            : rows > 0 ? null
            : isAligned ? "(no rows)"
            : $"(no rows) {Names(table)}";
        if (note is not null)
        {
            text.Append(text.Length > 0 ? "\n" : "");
            Wrap(text, note);
        }

        return new TableLayout(text.ToString().TrimEnd('\n'), isAligned, isWhole);
    }

    private static string Names(Table table) => string.Join(", ", table.Columns.Select(Shown));

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string Quantity(int count, string of) => $"{Number(count)} {of}{(count == 1 ? "" : "s")}";

    /// <summary>A cell on one line, without characters that move others.</summary>
    private static string Shown(string cell)
    {
        var line = SafeText.Message(cell);
        return line.Contains('\n', StringComparison.Ordinal) ? line.Replace('\n', ' ').Trim() : line.Trim();
    }

    /// <summary>The lines of an aligned block: names, a rule, rows. Null if it is too wide.</summary>
    private static List<string>? Aligned(string[] columns, string[][] rows, IReadOnlySet<int> rightAligned)
    {
        // Two spaces between columns, or one where two do not fit.
        if (columns.Length > (MaxWidth + 1) / 2)
        {
            return null;
        }

        var widths = columns.Select(name => DisplayWidth.Of(name)).ToArray();
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], DisplayWidth.Of(row[i]));
            }
        }

        var sum = widths.Sum();
        var gaps = widths.Length - 1;
        if (sum + gaps > MaxWidth)
        {
            return null;
        }

        var gap = sum + (2 * gaps) <= MaxWidth ? 2 : 1;
        var isRight = new bool[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var column = rows.Select(row => new TableCell(row[i])).Where(cell => cell.Text.Length > 0).ToArray();
            isRight[i] = rightAligned.Contains(i) || (column.Length > 0 && column.All(cell => cell.IsNumber));
        }

        var lines = new List<string>(rows.Length + 2)
        {
            Line(columns, widths, isRight, gap),
            new('-', Math.Max(1, sum + (gap * gaps))),
        };
        lines.AddRange(rows.Select(row => Line(row, widths, isRight, gap)));
        return lines;
    }

    private static string Line(string[] cells, int[] widths, bool[] isRight, int gap)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var padding = widths[i] - DisplayWidth.Of(cells[i]);
            line.Append(' ', i > 0 ? gap : 0)
                .Append(' ', isRight[i] ? padding : 0)
                .Append(cells[i])
                .Append(' ', isRight[i] ? 0 : padding);
        }

        return line.ToString().TrimEnd(' ');
    }

    /// <summary>A row as lines, with an empty line after them. Leaves out empty cells.</summary>
    private static string List(string[] columns, string[] row)
    {
        var text = new StringBuilder();
        for (var i = 0; i < row.Length; i++)
        {
            if (row[i].Length > 0)
            {
                Wrap(text, columns[i].Length > 0 ? $"{columns[i]}: {row[i]}" : row[i]);
                text.Append('\n');
            }
        }

        return text.Length > 0 ? text.ToString() : "(empty row)\n";
    }

    /// <summary>Appends a text in lines of at most <see cref="MaxWidth"/> columns: broken between words, and within a word that alone is too wide.</summary>
    private static void Wrap(StringBuilder to, string text)
    {
        var room = MaxWidth;
        var isLineStart = true;
        foreach (var range in text.AsSpan().Split(' '))
        {
            var word = text.AsSpan(range);
            if (word.IsEmpty)
            {
                continue;
            }

            var width = DisplayWidth.Of(word);
            if (!isLineStart)
            {
                if (width + 1 <= room)
                {
                    to.Append(' ');
                    room--;
                }
                else
                {
                    Break(to, out room);
                }
            }

            while (!word.IsEmpty)
            {
                var length = DisplayWidth.Next(word, out var columns);
                if (columns > room)
                {
                    Break(to, out room);
                }

                to.Append(word[..length]);
                room -= columns;
                word = word[length..];
            }

            isLineStart = false;
        }
    }

    private static void Break(StringBuilder to, out int room)
    {
        to.Append('\n').Append(Indent);
        room = MaxWidth - Indent.Length;
    }
}
