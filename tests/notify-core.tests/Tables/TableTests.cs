using System.Globalization;
using System.Text;
using System.Text.Json;
using Notify.Tables;
using Notify.Text;
using Xunit;

namespace Notify.Tests.Tables;

public sealed class TableTests
{
    [Fact]
    public void A_narrow_table_is_an_aligned_block_with_numbers_to_the_right()
    {
        var layout = TableLayout.Of(
            Read(
                """{"columns":["product","orders","share"],"rows":[["shoes",12,"9.5 %"],["hats",1204,"-3 %"],["ties",null,"NaN"]]}"""
            )
        );
        Assert.True(layout.IsAligned);
        Assert.Equal(
            """
            product  orders  share
            ----------------------
            shoes        12  9.5 %
            hats       1204   -3 %
            ties               NaN
            """,
            layout.Text
        );
    }

    [Fact]
    public void Dates_stay_to_the_left_and_wide_letters_count_twice() =>
        Assert.Equal(
            """
            day         市     n
            --------------------
            2026-01-30  大阪   1
            2026-01-31  👩‍👩‍👧🇨🇿  20
            """,
            TableLayout
                .Of(
                    Read(
                        """{"columns":["day","市","n"],"rows":[["2026-01-30","大阪",1],["2026-01-31","👩‍👩‍👧🇨🇿",20]]}"""
                    )
                )
                .Text
        );

    [Fact]
    public void A_table_that_fits_with_one_space_between_columns_has_one()
    {
        var layout = TableLayout.Of(
            Read($$"""{"columns":["{{new string('a', 18)}}","{{new string('b', 19)}}"],"rows":[["1","x"]]}""")
        );
        Assert.True(layout.IsAligned);
        Assert.StartsWith($"{new string('a', 18)} {new string('b', 19)}\n", layout.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wide_table_lists_each_row_and_leaves_out_empty_cells() =>
        Assert.Equal(
            """
            table: warehouse.orders_by_country
            message: 4 of 120 partitions are
              missing since Tuesday
            rows: 12

            table: x
            """,
            TableLayout
                .Of(
                    Read(
                        """{"columns":["table","message","rows"],"rows":[["warehouse.orders_by_country","4 of 120 partitions are missing since Tuesday",12],["x",null,""]]}"""
                    )
                )
                .Text
        );

    [Theory]
    [InlineData(30, true)]
    [InlineData(31, false)]
    public void Over_thirty_rows_the_first_twenty_are_shown_and_the_rest_is_in_the_file(int rows, bool isWhole)
    {
        var layout = TableLayout.Of(Numbered(rows));
        Assert.Equal(isWhole, layout.IsWhole);
        Assert.EndsWith(
            isWhole ? "\n29\n30" : "\n19\n20\n20 of 31 rows; all in the CSV file.",
            layout.Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Ten_thousand_cells_are_shown_in_part_whatever_their_shape()
    {
        foreach (var (width, height) in ((int, int)[])[(1, 10_000), (10_000, 1), (100, 100), (2, 5000)])
        {
            var layout = TableLayout.Of(
                new Table(
                    [.. Enumerable.Repeat("name", width)],
                    [
                        .. Enumerable.Repeat(
                            (IReadOnlyList<TableCell>)[.. Enumerable.Repeat(new TableCell("value"), width)],
                            height
                        ),
                    ]
                )
            );
            Assert.False(layout.IsWhole);
            Assert.Contains("CSV", layout.Text, StringComparison.Ordinal);
            Assert.InRange(layout.Text.Length, 1, TableLayout.MaxText + 100);
            Assert.All(layout.Text.Split('\n'), line => Assert.InRange(DisplayWidth.Of(line), 0, 38));
        }
    }

    [Fact]
    public void A_table_without_rows_shows_its_columns()
    {
        Assert.Equal("a  b\n----\n(no rows)", TableLayout.Of(Read("""{"columns":["a","b"],"rows":[]}""")).Text);
        var wide = TableLayout.Of(
            Read($$"""{"columns":["{{new string('a', 30)}}","{{new string('b', 30)}}"],"rows":[]}""")
        );
        Assert.Equal($"(no rows)\n  {new string('a', 30)},\n  {new string('b', 30)}", wide.Text);
    }

    [Theory]
    [InlineData("[]", "is not a table")]
    [InlineData("""{"rows":[]}""", "has no list \"columns\"")]
    [InlineData("""{"columns":["a"]}""", "has no list \"columns\" or no list \"rows\"")]
    [InlineData("""{"columns":[],"rows":[]}""", "has no columns")]
    [InlineData("""{"columns":["a"],"rows":[1]}""", "has in row 1 something else than a list of cells")]
    [InlineData("""{"columns":["a"],"rows":[[1],[1,2]]}""", "has in row 2 2 cells, and there are 1 columns")]
    [InlineData("""{"columns":["a"],"rows":[[{}]]}""", "has in row 1 a list or an object as a cell")]
    [InlineData("""{"columns":[[]],"rows":[]}""", "has in column 1 a list or an object")]
    public void What_is_no_table_is_refused_with_the_place(string json, string problem)
    {
        Assert.Null(TableReader.Read(JsonDocument.Parse(json).RootElement, out var said));
        Assert.StartsWith(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_cells_are_the_limit()
    {
        static string Json(int rows) =>
            $$"""{"columns":["a","b"],"rows":[{{string.Join(',', Enumerable.Repeat("[1,2]", rows))}}]}""";
        Assert.NotNull(TableReader.Read(JsonDocument.Parse(Json(5000)).RootElement, out _));
        Assert.Null(TableReader.Read(JsonDocument.Parse(Json(5001)).RootElement, out var problem));
        Assert.Equal("has 5,001 rows of 2 columns, and 10,000 cells are the limit; send it as a file", problem);
    }

    [Fact]
    public void A_cell_is_as_long_as_a_spreadsheet_allows()
    {
        static string Json(int length) => $$"""{"columns":["a"],"rows":[["{{new string('x', length)}}"]]}""";
        Assert.NotNull(TableReader.Read(JsonDocument.Parse(Json(32_767)).RootElement, out _));
        Assert.Null(TableReader.Read(JsonDocument.Parse(Json(32_768)).RootElement, out _));
    }

    [Fact]
    public void A_csv_file_has_names_commas_and_quotes_where_they_are_needed() =>
        Assert.Equal(
            "a,\"b,c\"\r\n\"say \"\"hi\"\"\",=1+1\r\n,\"two\nlines\"\r\n",
            Encoding.UTF8.GetString(
                TableCsv.Write(Read("""{"columns":["a","b,c"],"rows":[["say \"hi\"","=1+1"],[null,"two\nlines"]]}"""))
            )
        );

    [Fact]
    public void A_row_of_one_empty_cell_is_no_empty_line() =>
        Assert.Equal(
            "a\r\n\"\"\r\n",
            Encoding.UTF8.GetString(TableCsv.Write(Read("""{"columns":["a"],"rows":[[""]]}""")))
        );

    [Theory]
    [InlineData("1", true)]
    [InlineData("-1,234.50", true)]
    [InlineData("1 234,5", true)]
    [InlineData("\u22125", true)]
    [InlineData("1e-7", true)]
    [InlineData("12 %", true)]
    [InlineData(".5", true)]
    [InlineData("NaN", true)]
    [InlineData("-inf", true)]
    [InlineData("2026-01-30", false)]
    [InlineData("12:30", false)]
    [InlineData("1e", false)]
    [InlineData("v1", false)]
    [InlineData("-", false)]
    [InlineData("%", false)]
    [InlineData("", false)]
    public void Numbers_are_told_from_texts(string text, bool isNumber) =>
        Assert.Equal(isNumber, new TableCell(text).IsNumber);

    private static Table Numbered(int rows) =>
        new(
            ["n"],
            [
                .. Enumerable
                    .Range(1, rows)
                    .Select(n => (IReadOnlyList<TableCell>)[new TableCell(n.ToString(CultureInfo.InvariantCulture))]),
            ]
        );

    private static Table Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var table = TableReader.Read(document.RootElement, out var problem);
        Assert.Null(problem);
        return table!;
    }
}
