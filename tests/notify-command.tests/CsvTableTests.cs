using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using Notify.Command;
using Xunit;

namespace Notify.Tests;

/// <summary>CSV files, as people and spreadsheets write them.</summary>
public sealed class CsvTableTests
{
    [Theory]
    [InlineData("a,b\n1,2\n", "a|b/1|2")]
    [InlineData("a;b\n1,5;2\n", "a|b/1,5|2")]
    [InlineData("a\tb\r\n1\t2\r\n", "a|b/1|2")]
    [InlineData("a,b\r1,2", "a|b/1|2")]
    [InlineData("sep=;\na;b,c\n1;2", "a|b,c/1|2")]
    [InlineData("\"a,1\";b\n1;2", "a,1|b/1|2")]
    [InlineData("a,b\n\"x\"\"y\",\" z \"\n", "a|b/x\"y| z ")]
    [InlineData("a,b\n\"1\n2\",3\n", "a|b/1\n2|3")]
    [InlineData("a,b,c\n1\n2,3\n", "a|b|c/1||/2|3|")]
    [InlineData("a,b\n\n\n1,2\n\n", "a|b/1|2")]
    [InlineData("only\n1\n", "only/1")]
    [InlineData("a,\n,2\n", "a|/|2")]
    [InlineData("a,b\n5\" pipe,2\n", "a|b/5\" pipe|2")]
    [InlineData("a,b", "a|b")]
    public void It_reads(string csv, string cells) => Assert.Equal(cells, Cells(csv));

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-8", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    public void A_byte_order_mark_is_no_part_of_the_first_name(string encoding, bool mark)
    {
        using var file = new TemporaryFile();
        var kind = Encoding.GetEncoding(encoding);
        File.WriteAllBytes(file.Path, [.. mark ? kind.GetPreamble() : [], .. kind.GetBytes("größe;b\n東京;2\n")]);

        var table = CsvTable.ReadFile(file.Path);

        Assert.Equal(["größe", "b"], table.Columns);
        Assert.Equal(["東京", "2"], Assert.Single(table.Rows));
    }

    [Theory]
    [InlineData("a,b\n1,2\n1,2,3\n", "line 3 has 3 cells, and the first line names 2 columns")]
    [InlineData("a,b\n\"1\n2\",3\n1,2,3\n", "line 4 has 3 cells")]
    [InlineData("a,b\n1,\"2\n3,4\n", "line 2 begins a cell with a quote that no other ends")]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    public void What_is_no_table_is_told_by_line(string csv, string sentence)
    {
        var wrong = Assert.Throws<InputException>(() => CsvTable.Parse(csv, "t.csv"));

        Assert.Contains(sentence, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_encoding_is_told_with_the_command_that_converts_it()
    {
        using var file = new TemporaryFile();
        File.WriteAllBytes(file.Path, [.. "gr"u8, 0xF6, 0xDF, .. "e;b\n1;2\n"u8]);

        var wrong = Assert.Throws<InputException>(() => CsvTable.ReadFile(file.Path));

        Assert.Contains("iconv -f WINDOWS-1252 -t UTF-8", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_cells_are_a_table_and_one_row_more_is_a_file()
    {
        var rows = string.Concat(Enumerable.Repeat("1,2\n", 5000));

        Assert.Equal(5000, CsvTable.Parse("a,b\n" + rows, "t.csv").Rows.Count);
        var wrong = Assert.Throws<InputException>(() => CsvTable.Parse("a,b\n" + rows + "1,2\n", "t.csv"));
        Assert.Contains("more than 10,000 cells. Send it as a file: --file", wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>Python's csv module writes the tables; they come out cell for cell.</summary>
    [Fact]
    public void It_reads_what_Python_writes()
    {
        var cell = Gen.Elements('a', 'Z', '9', ' ', ',', ';', '\t', '"', '\'', '\n', 'é', '東', '=', '-', '.')
            .ArrayOf()
            .Select(letters => new string(letters));
        var tables = Gen.Choose(1, 5)
            .SelectMany(width => cell.ArrayOf(width).NonEmptyListOf().Select(rows => rows.ToArray()))
            .Sample(300)
            .ToList();
        var written = Python(
            """
            import csv, io, json, sys
            out = []
            for i, rows in enumerate(json.load(sys.stdin)):
                text = io.StringIO()
                separator = ",;\t"[i % 3]
                csv.writer(text, delimiter=separator, lineterminator=("\r\n", "\n")[i % 2]).writerows(rows)
                out.append("sep=" + separator + "\n" + text.getvalue())
            json.dump(out, sys.stdout)
            """,
            JsonSerializer.Serialize(tables)
        );
        var texts = JsonSerializer.Deserialize<string[]>(written)!;

        for (var i = 0; i < tables.Count; i++)
        {
            var table = CsvTable.Parse(texts[i], "t.csv");
            Assert.Equal(tables[i], [table.Columns, .. table.Rows]);
        }
    }

    private static string Cells(string csv)
    {
        var table = CsvTable.Parse(csv, "t.csv");
        return string.Join('/', new[] { table.Columns }.Concat(table.Rows).Select(row => string.Join('|', row)));
    }

    private static string Python(string program, string input)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", program])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private sealed class TemporaryFile : IDisposable
    {
        internal string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
