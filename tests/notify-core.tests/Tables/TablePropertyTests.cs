using System.Globalization;
using System.Text.Json;
using FsCheck.Xunit;
using Notify.Tables;
using Notify.Testing;
using Xunit;

namespace Notify.Tests.Tables;

/// <summary>500 generated tables: names, numbers, dates, NaN, emoji, East Asian letters, line ends, none to 160 rows.</summary>
public sealed class TablePropertyTests
{
    [Property(MaxTest = 500, Arbitrary = [typeof(Grids)])]
    public void No_line_is_wider_than_a_phone(Grid grid) =>
        Assert.All(
            Layout(grid).Text.Split('\n'),
            line => Assert.True(Width(line) <= TableLayout.MaxWidth, $"{Width(line)} columns: {line}")
        );

    [Property(MaxTest = 500, Arbitrary = [typeof(Grids)])]
    public void No_text_of_a_shown_cell_is_lost(Grid grid)
    {
        var layout = Layout(grid);
        var left = Squeezed(layout.Text).AsSpan();
        var rows = layout.IsWhole ? grid.Rows : grid.Rows.Take(ShownRows(layout.Text));
        foreach (var cell in rows.SelectMany(row => row).Select(cell => Squeezed(Grid.Text(cell))))
        {
            // In the order of reading.
            var at = left.IndexOf(cell, StringComparison.Ordinal);
            Assert.True(at >= 0, $"{cell} is missing in\n{layout.Text}");
            left = left[(at + cell.Length)..];
        }
    }

    [Property(MaxTest = 500, Arbitrary = [typeof(Grids)])]
    public void A_table_of_more_than_thirty_rows_shows_the_first_twenty_at_most_and_says_so(Grid grid)
    {
        var layout = Layout(grid);
        if (grid.Rows.Count > 30)
        {
            Assert.False(layout.IsWhole);
            Assert.InRange(ShownRows(layout.Text), 1, 20);
        }

        Assert.Equal(layout.IsWhole, !layout.Text.Contains("CSV file", StringComparison.Ordinal));
        Assert.InRange(layout.Text.Length, 1, TableLayout.MaxText + 1000);
    }

    [Fact]
    public async Task Pythons_csv_reads_the_same_cells_back()
    {
        var folder = Directory.CreateTempSubdirectory("notify-csv");
        try
        {
            var tables = FsCheck
                .Fluent.Gen.Sample(Grids.Grid().Generator, 500)
                .Select(grid => new Dictionary<string, object>
                {
                    ["csv"] = TableCsv.Write(Read(grid)),
                    ["cells"] = grid.Rows.Select(row => row.Select(Grid.Text).ToArray()).Prepend(grid.Columns),
                });
            var file = Path.Combine(folder.FullName, "tables.json");
            await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(tables), Cancel);
            var (status, said) = await RunProgram.ToEndAsync(
                "/usr/bin/python3",
                ["-c", Check, file],
                new Dictionary<string, string>(),
                Cancel
            );
            Assert.Equal((0, "500 are the same\n"), (status, said));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private const string Check = """
        import base64, csv, io, json, sys
        tables = json.load(open(sys.argv[1], encoding="utf-8"))
        for table in tables:
            file = io.StringIO(base64.b64decode(table["csv"]).decode("utf-8"), newline="")
            read = list(csv.reader(file))
            if read != table["cells"]:
                sys.exit(f"{read!r} is not {table['cells']!r}")
        print(len(tables), "are the same")
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Table Read(Grid grid)
    {
        var table = TableReader.Read(grid.Json(), out var problem);
        Assert.Null(problem);
        return table!;
    }

    private static TableLayout Layout(Grid grid) => TableLayout.Of(Read(grid));

    /// <summary>The number of rows that the last line names.</summary>
    private static int ShownRows(string text) =>
        int.Parse(text[(text.LastIndexOf('\n') + 1)..].Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>Without the white space that a layout may change.</summary>
    private static string Squeezed(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    /// <summary>Counted with the pieces' widths, not with the code under test.</summary>
    private static int Width(string line)
    {
        var width = 0;
        var letters = StringInfo.GetTextElementEnumerator(line);
        while (letters.MoveNext())
        {
            width += Grid.Pieces.GetValueOrDefault(letters.GetTextElement(), 1);
        }

        return width;
    }
}
